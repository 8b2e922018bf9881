using Sandbox.Interop;

namespace Sandbox.Execution;

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
