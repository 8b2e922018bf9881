using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Execution.Streams;

/// <summary>Where the bytes of a stream go once they are within its limit.</summary>
internal interface IOutputSink : IDisposable
{
    /// <summary>Descriptor that must become writable before more bytes are taken; -1 while the sink takes any.</summary>
    int BlockedOn { get; }

    /// <summary>Nobody takes any bytes any more: the consumer went away, or a write failed.</summary>
    bool IsLost { get; }

    /// <summary>Negated errno of the first failed write; 0 for none. A consumer that went away is no error.</summary>
    int Error { get; }

    /// <summary>Takes the bytes, or keeps them until <see cref="Flush"/>.</summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Writes what was kept, after <see cref="BlockedOn"/> became writable.</summary>
    void Flush();

    /// <summary>Gives up what was kept for the consumer; how many bytes that was.</summary>
    int Drop();

    /// <summary>The captured bytes; null for a sink that keeps none.</summary>
    ReadOnlyMemory<byte>? Content { get; }
}

/// <summary>Keeps the bytes for the result, until it is disposed of.</summary>
internal sealed class CaptureSink : IOutputSink
{
    private readonly NativeBytes _bytes = new();

    public int BlockedOn => -1;

    public bool IsLost => false;

    public int Error => 0;

    public ReadOnlyMemory<byte>? Content => _bytes.Memory;

    public void Write(ReadOnlySpan<byte> bytes) => _bytes.Append(bytes);

    public void Flush()
    {
    }

    public int Drop() => 0;

    public void Dispose() => ((IDisposable)_bytes).Dispose();
}

/// <summary>Drops the bytes.</summary>
internal sealed class DiscardSink : IOutputSink
{
    public int BlockedOn => -1;

    public bool IsLost => false;

    public int Error => 0;

    public ReadOnlyMemory<byte>? Content => null;

    public void Write(ReadOnlySpan<byte> bytes)
    {
    }

    public void Flush()
    {
    }

    public int Drop() => 0;

    public void Dispose()
    {
    }
}

/// <summary>Relays the bytes to a file of the host, or to a descriptor that the caller inherited.</summary>
/// <remarks>
/// An inherited pipe may be slow or never read, and its blocking mode is shared with other processes: at most PIPE_BUF
/// bytes are written after poll said that they fit (pipe(7)), so that the supervisor never hangs on a consumer.
/// </remarks>
internal sealed class DescriptorSink(SafeFileHandle target, bool mayBlock) : IOutputSink
{
    private const int PipeBuf = 4096;

    private byte[] _kept = [];
    private int _from;

    public bool IsLost { get; private set; }

    public int Error { get; private set; }

    public int BlockedOn => _from < _kept.Length && !IsLost ? target.DangerousGetHandle().ToInt32() : -1;

    public ReadOnlyMemory<byte>? Content => null;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (IsLost)
        {
            return;
        }

        if (mayBlock)
        {
            _kept = bytes.ToArray();
            _from = 0;
            return;
        }

        using var step = HostWatch.Enter(Operation.WriteStream);
        Lose(Libc.WriteAll(target, bytes));
    }

    public void Flush()
    {
        var size = Math.Min(PipeBuf, _kept.Length - _from);
        Lose(Libc.WriteAll(target, _kept.AsSpan(_from, size)));
        _from += size;
    }

    public int Drop()
    {
        var count = IsLost ? 0 : _kept.Length - _from;
        _from = _kept.Length;
        return count;
    }

    public void Dispose() => target.Dispose();

    private void Lose(int error)
    {
        if (error == 0)
        {
            return;
        }

        IsLost = true;
        if (error != -Errno.EPIPE)
        {
            Error = error;
        }
    }
}
