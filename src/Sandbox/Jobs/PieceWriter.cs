using System.Buffers;

namespace Sandbox.Jobs;

/// <summary>Takes some bytes on their way out; 0, or a negated errno.</summary>
internal delegate int PieceAction(ReadOnlySpan<byte> piece);

/// <summary>
/// Hands on what is written to it as soon as there is a piece of it, so that a result takes no more memory than what it is about.
/// After an error the rest is dropped.
/// </summary>
internal sealed class PieceWriter(PieceAction action) : IBufferWriter<byte>
{
    private const int PieceBytes = 64 << 10;

    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(PieceBytes);
    private int _count;
    private int _error;

    /// <inheritdoc/>
    public void Advance(int count) => _count += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_count);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Hands on what is left; 0, or the first error.</summary>
    public int Finish()
    {
        HandOn();
        return _error;
    }

    private void MakeRoom(int bytes)
    {
        if (_buffer.Length - _count >= bytes)
        {
            return;
        }

        HandOn();
        if (_buffer.Length < bytes)
        {
            _buffer = new byte[bytes];
        }
    }

    private void HandOn()
    {
        if (_count > 0 && _error == 0)
        {
            _error = action(_buffer.AsSpan(0, _count));
        }

        _count = 0;
    }
}
