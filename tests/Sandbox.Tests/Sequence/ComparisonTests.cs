using System.Text;
using Sandbox.Sequence;
using Xunit;

namespace Sandbox.Tests.Sequence;

public sealed class ComparisonTests
{
    [Theory]
    [InlineData("exact", "a\n", "a\n", null)]
    [InlineData("exact", "a", "a\n", "it ends after 1 bytes, and the answer does not")]
    [InlineData("exact", "a\n\n", "a\n", "it goes on after the 2 bytes of the answer")]
    [InlineData("exact", "a\0", "a\0", null)]
    [InlineData("exact", "ab", "aB", "byte 2 differs")]
    [InlineData("lines", "a \t\r\nb\n\n\n", "a\nb", null)]
    [InlineData("lines", "", "\n \n", null)]
    [InlineData("lines", "a  b", "a b", "line 1 differs")]
    [InlineData("lines", " a", "a", "line 1 differs")]
    [InlineData("lines", "a\n\nb", "a\nb", "line 2 differs")]
    [InlineData("lines", "a\n", "a\nb\n", "line 2 differs")]
    [InlineData("lines", "a", "a\nb\n", "it ends after line 1, and the answer does not")]
    [InlineData("lines", "a\n\nb", "a", "it goes on after line 1, the last of the answer")]
    [InlineData("lines", "a b ", "a b c", "line 1 differs")]
    [InlineData("tokens", " a\v\fb\r\n", "a b", null)]
    [InlineData("tokens", "a b c", "a b", "it goes on after the 2 words of the answer")]
    [InlineData("tokens", "a", "a b", "it ends after 1 words, and the answer does not")]
    [InlineData("tokens", "a bc", "a bd", "word 2: \"bc\" instead of \"bd\"")]
    [InlineData("tokens", "ab", "a b", "word 1: \"ab\" instead of \"a\"")]
    [InlineData("tokens", "1.0", "1", "word 1: \"1.0\" instead of \"1\"")]
    [InlineData("tokens", "", " \n", null)]
    [InlineData("floats", "1.0", "1", null)]
    [InlineData("floats", "1.0000005", "1", null)]
    [InlineData("floats", "1.00001", "1", "word 1: \"1.00001\" instead of \"1\"")]
    [InlineData("floats", "1000000.5", "1000000", null)]
    [InlineData("floats", "-0", "0", null)]
    [InlineData("floats", "1e300", "1e300", null)]
    [InlineData("floats", "nan", "1", "word 1: \"nan\" instead of \"1\"")]
    [InlineData("floats", "nan", "nan", null)]
    [InlineData("floats", "inf", "1e308", "word 1: \"inf\" instead of \"1e308\"")]
    [InlineData("floats", "1e999", "1e308", "word 1: \"1e999\" instead of \"1e308\"")]
    [InlineData("floats", "0x1", "1", "word 1: \"0x1\" instead of \"1\"")]
    [InlineData("floats", "1,5", "1.5", "word 1: \"1,5\" instead of \"1.5\"")]
    [InlineData("floats", "yes", "yes", null)]
    [InlineData("floats", "1.5 x", "1.5 y", "word 2: \"x\" instead of \"y\"")]
    public void Outputs_are_compared(string check, string output, string answer, string? difference) =>
        Assert.Equal(difference, Comparison.Difference(Check(check), Bytes(output), Bytes(answer)));

    [Fact]
    public void A_word_too_long_for_a_number_is_compared_to_its_end()
    {
        var word = new string('1', 5000);

        Assert.Null(Comparison.Difference(Check("floats"), Bytes(word), Bytes(word)));
        Assert.NotNull(Comparison.Difference(Check("floats"), Bytes(word + "0"), Bytes(word + "1")));
        Assert.NotNull(Comparison.Difference(Check("tokens"), Bytes(word + "0 a"), Bytes(word + " a")));
    }

    [Fact]
    public void Memory_does_not_depend_on_the_size()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Null(Comparison.Difference(Check("lines"), new Repeated(64 << 20, (byte)' '), new Repeated(1 << 10, (byte)' ')));
        Assert.Null(Comparison.Difference(Check("tokens"), new Repeated(64 << 20, (byte)'x'), new Repeated(64 << 20, (byte)'x')));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static ComparisonCheck Check(string name) => (ComparisonCheck)(name switch
    {
        "exact" => OutputCheck.Exact,
        "lines" => OutputCheck.Lines,
        "tokens" => OutputCheck.Tokens,
        _ => OutputCheck.Floats(1e-6),
    });

    private static MemoryStream Bytes(string text) => new(Encoding.Latin1.GetBytes(text));

    private sealed class Repeated(long size, byte value) : Stream
    {
        private long _left = size;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            var part = (int)Math.Min(buffer.Length, _left);
            buffer[..part].Fill(value);
            _left -= part;
            return part;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
