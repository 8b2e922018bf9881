using Microsoft.Win32.SafeHandles;
using Sandbox.Destinations;
using Sandbox.Hashing;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Execution.Collect;

// Read and written through one buffer: every byte has to pass by for its digest, so that nothing is gained where the kernel
// could copy by itself. A mapping would not be faster and would end the host with SIGBUS if the file became shorter.

/// <summary>Copies one open regular file of the job to a place on the host.</summary>
internal sealed class OutputCopy(SafeFileHandle file, FileStatus status, long maxBytes, CollectBudget budget, CancellationToken cancellationToken)
{
    private const int BufferBytes = 128 << 10;

    // Smaller holes are filled: a job can have one in every other page, and the copy would be in as many pieces.
    private const long SmallestHole = 1 << 20;

    private const int Enxio = 6;
    private const int AnyExecute = 0x49; // 0111
    private const int Plain = 0x1a4;     // 0644
    private const int Executable = 0x1ed; // 0755

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly ContentDigest _digest = new(status.Size);
    private long _bytes;

    /// <summary>Writes the copy in one step: it appears whole or not at all. Null, or why the file is refused.</summary>
    /// <exception cref="SandboxException">The destination cannot be written.</exception>
    public string? To(OutputPlace place, Func<HostDirectory, string, bool> reserve, out (long Bytes, string Sha256) copied)
    {
        copied = default;
        if (status.Size > maxBytes)
        {
            return TooLarge($"it has {Amount.Bytes(status.Size)}");
        }

        if (budget.Room(status.Size) is { } over)
        {
            return over;
        }

        if (OutputDestination.Create(place, Mode, reserve, out var created) is { } refusal)
        {
            return refusal;
        }

        using var destination = created!;
        if ((CopyAll(destination) ?? destination.Commit()) is { } error)
        {
            return error;
        }

        copied = (_bytes, _digest.Finish());
        return null;
    }

    private int Mode => (status.Mode & AnyExecute) != 0 ? Executable : Plain;

    // The size was true a moment ago; what counts is what comes.
    private string? CopyAll(OutputDestination destination)
    {
        if (status.AllocatedBytes + SmallestHole <= status.Size && CopySparse(destination) is { } error)
        {
            return error;
        }

        return CopyData(destination, long.MaxValue);
    }

    // Up to the size the file had; a file system that tells of no holes says that all is data (lseek(2)).
    private string? CopySparse(OutputDestination destination)
    {
        while (_bytes < status.Size)
        {
            var data = Libc.SeekData(file, _bytes);
            if (data < 0 && data != -Enxio)
            {
                return Rewind();
            }

            var hole = (data < 0 ? status.Size : Math.Min(data, status.Size)) - _bytes;
            if (hole >= SmallestHole && SkipHole(destination, hole) is { } refusal)
            {
                return refusal;
            }

            // A small hole is read as zeros, with the data behind it.
            var end = data < 0 ? status.Size : Math.Min(Libc.FindHole(file, data), status.Size);
            if ((Rewind() ?? CopyData(destination, end - _bytes)) is { } error)
            {
                return error;
            }

            if (_bytes < end || end < 0)
            {
                return null;
            }
        }

        return null;
    }

    private string? Rewind() => Libc.Seek(file, _bytes) is var error && error < 0 ? $"cannot be read ({Errno.Name(-error)})" : null;

    private string? SkipHole(OutputDestination destination, long length)
    {
        if (Account(length) is { } refusal)
        {
            return refusal;
        }

        destination.Skip(length);
        Array.Clear(_buffer);
        for (; length > 0; length -= BufferBytes)
        {
            _digest.Add(_buffer.AsSpan(0, (int)Math.Min(length, BufferBytes)));
        }

        return null;
    }

    private string? CopyData(OutputDestination destination, long most)
    {
        while (most > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = Libc.Read(file, _buffer.AsSpan(0, (int)Math.Min(most, BufferBytes)));
            if (count < 0)
            {
                return $"cannot be read ({Errno.Name(-count)})";
            }

            if (count == 0)
            {
                return null;
            }

            if (Account(count) is { } refusal)
            {
                return refusal;
            }

            destination.Write(_buffer.AsSpan(0, count));
            _digest.Add(_buffer.AsSpan(0, count));
            most -= count;
        }

        return null;
    }

    private string? Account(long count)
    {
        _bytes += count;
        return _bytes > maxBytes ? TooLarge("it grew while it was read") : budget.Take(count);
    }

    private string TooLarge(string found) => $"larger than its maxSize of {Amount.Bytes(maxBytes)}: {found}";
}
