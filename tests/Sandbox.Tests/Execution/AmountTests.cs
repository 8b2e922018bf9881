using Sandbox.Text;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class AmountTests
{
    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1, "1 byte")]
    [InlineData(1023, "1023 bytes")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(256L << 20, "256 MiB")]
    [InlineData(1L << 40, "1 TiB")]
    public void Bytes_come_in_the_largest_binary_unit(long bytes, string text) => Assert.Equal(text, Amount.Bytes(bytes));

    [Theory]
    [InlineData(2000, "2 s")]
    [InlineData(306.4, "0.306 s")]
    [InlineData(0.25, "250 µs")]
    [InlineData(0.0001, "0.1 µs")]
    [InlineData(0, "0 s")]
    public void Times_come_in_seconds(double milliseconds, string text) =>
        Assert.Equal(text, Amount.Seconds(TimeSpan.FromMilliseconds(milliseconds)));
}
