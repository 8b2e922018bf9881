using System.Buffers;

namespace Sandbox.Server.Jobs;

/// <summary>
/// A result as bytes, in one array of just its size. A buffer that grows leaves four times the result behind, and arrays of that size are collected with everything
/// else only: a server whose jobs print a megabyte would hold tens of them for nothing.
/// </summary>
internal static class ResultText
{
    // Below, what is left behind is collected with what is young, and to write it twice would cost more.
    private const int LargeBytes = 32 << 10;

    /// <summary>The result as JSON.</summary>
    /// <param name="result">The result.</param>
    /// <param name="pretty">Indented; otherwise on one line.</param>
    /// <param name="before">How many bytes are left free before it.</param>
    /// <param name="withLineEnd">A line end follows.</param>
    public static byte[] Of(DocumentResult result, bool pretty, int before, bool withLineEnd)
    {
        if (result.CapturedBytes() < LargeBytes)
        {
            return OfSmall(result, pretty, before, withLineEnd);
        }

        using var count = new CountingStream();
        Write(count, result, pretty, withLineEnd);
        var bytes = new byte[before + count.Length];
        using var filled = new MemoryStream(bytes, before, bytes.Length - before);
        Write(filled, result, pretty, withLineEnd);
        return bytes;
    }

    private static byte[] OfSmall(DocumentResult result, bool pretty, int before, bool withLineEnd)
    {
        var buffer = new ArrayBufferWriter<byte>(4 << 10);
        buffer.GetSpan(before)[..before].Clear();
        buffer.Advance(before);
        ResultFile.Write(buffer, result, pretty);
        if (withLineEnd)
        {
            buffer.Write("\n"u8);
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Stream to, DocumentResult result, bool pretty, bool withLineEnd)
    {
        if (withLineEnd)
        {
            ResultFile.WriteLine(to, result, pretty);
            return;
        }

        ResultFile.Write(to, result, pretty);
    }

    // Counts what is written, and drops it.
    private sealed class CountingStream : Stream
    {
        private long _length;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _length;

        public override long Position
        {
            get => _length;
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer) => _length += buffer.Length;

        public override void Write(byte[] buffer, int offset, int count) => _length += count;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
