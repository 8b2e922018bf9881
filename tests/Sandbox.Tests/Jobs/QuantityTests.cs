using Sandbox.Text;
using Xunit;

namespace Sandbox.Tests.Jobs;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("10B", 10)]
    [InlineData("0B", 0)]
    [InlineData("1KiB", 1024)]
    [InlineData("512KiB", 524288)]
    [InlineData("64MiB", 67108864)]
    [InlineData("1GiB", 1073741824)]
    [InlineData("2TiB", 2199023255552)]
    [InlineData("1KB", 1000)]
    [InlineData("1kB", 1000)]
    [InlineData("1MB", 1000000)]
    [InlineData("1GB", 1000000000)]
    [InlineData("1TB", 1000000000000)]
    [InlineData("1.5GiB", 1610612736)]
    [InlineData("0.5KiB", 512)]
    [InlineData("1.500MB", 1500000)]
    [InlineData("0.000001MB", 1)]
    [InlineData("9223372036854775807B", long.MaxValue)]
    public void A_size_is_exact(string text, long expected)
    {
        var problem = Quantity.ParseSize(text, out var bytes, out _);

        Assert.Null(problem);
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("2s", 2000)]
    [InlineData("1500ms", 1500)]
    [InlineData("2m", 120000)]
    [InlineData("1h", 3600000)]
    [InlineData("1.5s", 1500)]
    [InlineData("0.25m", 15000)]
    [InlineData("0s", 0)]
    public void A_duration_is_exact(string text, double milliseconds)
    {
        var problem = Quantity.ParseDuration(text, out var duration, out _);

        Assert.Null(problem);
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("", "must be a size")]
    [InlineData("MiB", "must be a size")]
    [InlineData("64", "the unit is missing")]
    [InlineData("-1MiB", "must not be negative")]
    [InlineData("+1MiB", "must be a size")]
    [InlineData(".5MiB", "must be a size")]
    [InlineData("5.MiB", "must be a size")]
    [InlineData("1.2.3MiB", "must be a size")]
    [InlineData("1e3MiB", "has an unknown unit")]
    [InlineData("1s", "has an unknown unit")]
    [InlineData("0.1KiB", "is not a whole number of bytes")]
    [InlineData("0.5B", "is not a whole number of bytes")]
    [InlineData("8388608TiB", "is too large")]
    [InlineData("9223372036854775808B", "is too large")]
    [InlineData("99999999999999999999999999B", "is too large")]
    [InlineData("0.1234567890123456789012345MB", "has too many digits")]
    [InlineData("١KiB", "must be a size")]
    public void A_size_that_is_none_says_why(string text, string expected)
    {
        var problem = Quantity.ParseSize(text, out var bytes, out _);

        Assert.Contains(expected, problem, StringComparison.Ordinal);
        Assert.Equal(0, bytes);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("2 s")]
    [InlineData("2sec")]
    [InlineData("1h30m")]
    [InlineData("0.00000001s")]
    [InlineData("99999999999h")]
    public void A_duration_that_is_none_is_refused(string text)
    {
        var problem = Quantity.ParseDuration(text, out var duration, out _);

        Assert.NotNull(problem);
        Assert.Equal(TimeSpan.Zero, duration);
    }

    [Theory]
    [InlineData("64mib", "64MiB")]
    [InlineData("64m", "64MiB")]
    [InlineData("64M", "64MiB")]
    [InlineData("64 MiB", "64MiB")]
    [InlineData("1Gi", "1GiB")]
    [InlineData("1gb", "1GB")]
    [InlineData("1XB", null)]
    public void A_size_in_another_spelling_is_suggested(string text, string? expected)
    {
        Quantity.ParseSize(text, out _, out var suggestion);

        Assert.Equal(expected, suggestion);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1000, "1000 B")]
    [InlineData(1024, "1 KiB")]
    [InlineData(268435456, "256 MiB")]
    public void A_size_is_shown_in_its_largest_exact_unit(long bytes, string expected)
    {
        var text = Quantity.SizeText(bytes);

        Assert.Equal(expected, text);
    }
}
