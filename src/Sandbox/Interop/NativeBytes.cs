using System.Buffers;
using System.Runtime.InteropServices;

namespace Sandbox.Interop;

/// <summary>
/// Bytes that grow without being copied, in pages of their own (mmap(2), mremap(2)). What a job prints does not go through the
/// managed heap: there every size on the way would be kept until a collection, and where address space is limited (ulimit -v)
/// .NET 10 dies by SIGSEGV once its range of regions is used up.
/// </summary>
/// <remarks>Nothing frees them but <see cref="IDisposable.Dispose"/>; until then the memory is valid.</remarks>
internal sealed unsafe partial class NativeBytes : MemoryManager<byte>
{
    private const int ReadWrite = 3; // PROT_READ | PROT_WRITE
    private const int PrivateAnonymous = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS
    private const int MayMove = 1; // MREMAP_MAYMOVE
    private const long Smallest = 64 << 10;

    private byte* _start;
    private long _capacity;
    private int _count;

    /// <summary>Adds bytes at the end.</summary>
    /// <exception cref="InsufficientMemoryException">There is no room.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        var needed = (long)_count + bytes.Length;
        if (needed > _capacity)
        {
            Grow(needed);
        }

        bytes.CopyTo(new Span<byte>(_start + _count, bytes.Length));
        _count = (int)needed;
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(_start, _count);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_start is not null)
        {
            _ = munmap(_start, (nuint)_capacity);
        }

        _start = null;
        _capacity = _count = 0;
    }

    // By half, so that little address space is taken for nothing; pages take memory when they are first written to.
    private void Grow(long needed)
    {
        var larger = Math.Min(Array.MaxLength, Math.Max(Math.Max(needed, Smallest), _capacity + (_capacity / 2)));
        var start = needed > Array.MaxLength ? Failed
            : _start is null ? mmap(null, (nuint)larger, ReadWrite, PrivateAnonymous, -1, 0)
            : mremap(_start, (nuint)_capacity, (nuint)larger, MayMove);
        if (start == Failed)
        {
            throw new InsufficientMemoryException();
        }

        _start = start;
        _capacity = larger;
    }

    private static byte* Failed => (byte*)-1; // MAP_FAILED

    [LibraryImport("libc")]
    private static partial byte* mmap(byte* address, nuint length, int protection, int flags, int file, nint offset);

    // Variadic in C, for an argument that only MREMAP_FIXED has.
    [LibraryImport("libc")]
    private static partial byte* mremap(byte* old, nuint oldLength, nuint newLength, int flags);

    [LibraryImport("libc")]
    private static partial int munmap(byte* address, nuint length);
}
