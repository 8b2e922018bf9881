using System.Buffers;
using System.Diagnostics;

namespace Sandbox.Execution.Streams;

/// <summary>The clock that all transcripts of a job share, and the last one that was written to.</summary>
internal sealed class TranscriptClock
{
    private readonly long _begun = Stopwatch.GetTimestamp();

    /// <summary>Whose piece is the latest.</summary>
    public PipeTranscript? Latest { get; set; }

    /// <summary>Since the pipes were made.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_begun);
}

/// <summary>What is kept of one pipe, up to its size.</summary>
/// <param name="most">Bytes that it may take, with what each piece costs.</param>
/// <param name="clock">Of the job.</param>
internal sealed class PipeTranscript(long most, TranscriptClock clock)
{
    // A writer of single bytes must not fill the memory with what is noted about each.
    private const int PieceBytes = 32;

    // What is written in many small pieces, such as by unbuffered output, is one to whoever reads the transcript, unless somebody else said something in between.
    private static readonly TimeSpan s_together = TimeSpan.FromMilliseconds(1);

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<(TimeSpan At, int Start)> _pieces = [];
    private long _used;

    /// <summary>There is room for another byte.</summary>
    public bool HasRoom => _used + PieceBytes < most;

    /// <summary>Bytes that are kept.</summary>
    public long Kept => _bytes.WrittenCount;

    /// <summary>The pieces, in order.</summary>
    public IReadOnlyList<PipePiece> Pieces =>
    [
        .. _pieces.Select((piece, index) => new PipePiece
        {
            At = piece.At,
            Content = _bytes.WrittenMemory[piece.Start..(index + 1 < _pieces.Count ? _pieces[index + 1].Start : _bytes.WrittenCount)],
        }),
    ];

    /// <summary>Keeps as much of them as there is room for.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (!HasRoom)
        {
            return;
        }

        var now = clock.Now;
        if (clock.Latest != this || now - _pieces[^1].At > s_together)
        {
            _pieces.Add((now, _bytes.WrittenCount));
            _used += PieceBytes;
            clock.Latest = this;
        }

        var kept = bytes[..(int)Math.Min(bytes.Length, most - _used)];
        _bytes.Write(kept);
        _used += kept.Length;
    }
}
