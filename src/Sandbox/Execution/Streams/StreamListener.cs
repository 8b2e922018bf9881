using System.Text;

namespace Sandbox.Execution.Streams;

/// <summary>
/// Hears a job say that a file system is read-only (EROFS), in the words of strerror(3) that every language passes on. The kernel tells
/// nobody but the job of a refused write, so what it says of it is all the evidence there is.
/// </summary>
internal sealed class StreamListener
{
    private const int MaxLines = 16;
    private const int MaxKept = 512;

    private readonly HashSet<string> _lines = new(StringComparer.Ordinal);

    // One tail for each stream: they are cut anywhere.
    private readonly Dictionary<object, byte[]> _tails = [];

    /// <summary>The lines in which it was said, or what was read of them.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    private static ReadOnlySpan<byte> Phrase => "ead-only file system"u8;

    /// <summary>Listens to the next bytes of a stream.</summary>
    /// <param name="stream">Which one.</param>
    /// <param name="bytes">What the job wrote.</param>
    public void Hear(object stream, ReadOnlySpan<byte> bytes)
    {
        if (_lines.Count == MaxLines)
        {
            return;
        }

        var tail = _tails.GetValueOrDefault(stream) ?? [];
        byte[] heard = [.. tail, .. bytes];
        for (var from = 0; heard.AsSpan(from).IndexOf(Phrase) is var found and >= 0 && _lines.Count < MaxLines;)
        {
            var at = from + found;
            var start = heard.AsSpan(0, at).LastIndexOf((byte)'\n') + 1;
            from = at + Phrase.Length;
            var end = heard.AsSpan(from).IndexOf((byte)'\n') is var left and >= 0 ? from + left : heard.Length;
            start = Math.Max(start, at - MaxKept);
            _lines.Add(Encoding.UTF8.GetString(heard.AsSpan(start, Math.Min(end, from + MaxKept) - start)));
        }

        _tails[stream] = heard[Math.Max(0, heard.Length - MaxKept)..];
    }
}

/// <summary>A sink whose bytes are listened to on their way.</summary>
internal sealed class HeardSink(IOutputSink sink, StreamListener listener) : IOutputSink
{
    public int BlockedOn => sink.BlockedOn;

    public bool IsLost => sink.IsLost;

    public int Error => sink.Error;

    public ReadOnlyMemory<byte>? Content => sink.Content;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        listener.Hear(this, bytes);
        sink.Write(bytes);
    }

    public void Flush() => sink.Flush();

    public int Drop() => sink.Drop();

    public void Dispose() => sink.Dispose();
}

/// <summary>A sink whose bytes the caller's observer hears on their way.</summary>
internal sealed class ObservedSink(IOutputSink sink, int descriptor, OutputObserver observer) : IOutputSink
{
    public int BlockedOn => sink.BlockedOn;

    public bool IsLost => sink.IsLost;

    public int Error => sink.Error;

    public ReadOnlyMemory<byte>? Content => sink.Content;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        sink.Write(bytes);
        observer(descriptor, bytes);
    }

    public void Flush() => sink.Flush();

    public int Drop() => sink.Drop();

    public void Dispose() => sink.Dispose();
}
