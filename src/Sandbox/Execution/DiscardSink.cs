namespace Sandbox.Execution;

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
