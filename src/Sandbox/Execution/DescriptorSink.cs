using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Execution;

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
            return;
        if (mayBlock)
        {
            _kept = bytes.ToArray();
            _from = 0;
            return;
        }

        using var step = HostWatch.Enter("write a stream");
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
            return;
        IsLost = true;
        if (error != -Errno.EPIPE)
            Error = error;
    }
}
