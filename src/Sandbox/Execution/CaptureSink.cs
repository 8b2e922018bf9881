namespace Sandbox.Execution;

/// <summary>Keeps the bytes for the result.</summary>
internal sealed class CaptureSink : IOutputSink
{
    private byte[] _bytes = [];
    private int _count;

    public int BlockedOn => -1;

    public bool IsLost => false;

    public int Error => 0;

    public ReadOnlyMemory<byte>? Content => _bytes.AsMemory(0, _count);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _bytes.Length - _count)
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max((long)_count + bytes.Length, 2L * _bytes.Length)));
        bytes.CopyTo(_bytes.AsSpan(_count));
        _count += bytes.Length;
    }

    public void Flush()
    {
    }

    public int Drop() => 0;

    public void Dispose()
    {
    }
}
