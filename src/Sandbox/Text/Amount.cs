using System.Globalization;

namespace Sandbox.Text;

/// <summary>Sizes and times in the words of messages.</summary>
internal static class Amount
{
    private static readonly string[] s_units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

    /// <summary>Bytes in the largest binary unit that needs at most one decimal, such as <c>256 MiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        var unit = 0;
        double value = bytes;
        while (value >= 1024 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        var number = value.ToString("0.#", CultureInfo.InvariantCulture);
        return unit == 0 && bytes == 1 ? "1 byte" : $"{number} {s_units[unit]}";
    }

    /// <summary>A time in seconds with at most three decimals, such as <c>2 s</c> or <c>0.306 s</c>.</summary>
    /// <remarks>Less than a millisecond is told in microseconds: nothing but nothing is <c>0 s</c>.</remarks>
    public static string Seconds(TimeSpan time) => time != TimeSpan.Zero && time.Duration() < TimeSpan.FromMilliseconds(1)
        ? time.TotalMicroseconds.ToString("0.#", CultureInfo.InvariantCulture) + " µs"
        : time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + " s";
}
