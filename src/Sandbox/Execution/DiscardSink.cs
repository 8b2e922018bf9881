namespace Sandbox.Execution;

/// <summary>Drops the bytes; they are counted against the limit all the same.</summary>
internal sealed class DiscardSink : IOutputSink
{
    public int BlockedOn => -1;

    public ReadOnlyMemory<byte>? Content => null;

    public void Write(ReadOnlySpan<byte> bytes)
    {
    }

    public void Flush()
    {
    }

    public void Dispose()
    {
    }
}
