using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Images;

/// <summary>An open file from where it is, such as a pipe; the first bytes can be put back once.</summary>
internal sealed class DescriptorStream(SafeFileHandle file, ImageOrigin origin) : Stream
{
    private byte[] _again = [];

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The next read gives these bytes.</summary>
    public void PutBack(ReadOnlySpan<byte> bytes) => _again = bytes.ToArray();

    public override int Read(Span<byte> buffer)
    {
        HostWatch.Advance();
        if (_again.Length > 0)
        {
            var again = Math.Min(_again.Length, buffer.Length);
            _again.AsSpan(0, again).CopyTo(buffer);
            _again = _again[again..];
            return again;
        }

        int count;
        // Standard input may have been made not to block by whoever else has it.
        while ((count = Libc.Read(file, buffer)) == -Errno.EAGAIN)
        {
            Span<PollEntry> wanted = [new() { Descriptor = file.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable }];
            _ = Libc.Poll(wanted, null);
        }

        return count >= 0 ? count : throw StoreFailure.Of("the image cannot be read", origin.Path, -count);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
