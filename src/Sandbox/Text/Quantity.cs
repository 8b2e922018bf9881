using System.Globalization;

namespace Sandbox.Text;

/// <summary>
/// Sizes and durations as people write them: a decimal number and a unit without a space. The result is
/// exact or refused; nothing is rounded.
/// </summary>
internal static class Quantity
{
    // 10^24 times the largest unit still fits into 128 bits, and is far beyond every limit.
    private const int MaxDigits = 24;

    private static readonly Dictionary<string, string> s_durations = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sec"] = "s",
        ["secs"] = "s",
        ["second"] = "s",
        ["seconds"] = "s",
        ["msec"] = "ms",
        ["millis"] = "ms",
        ["milliseconds"] = "ms",
        ["min"] = "m",
        ["mins"] = "m",
        ["minute"] = "m",
        ["minutes"] = "m",
        ["hour"] = "h",
        ["hours"] = "h",
    };

    /// <summary>Reads a size such as <c>64MiB</c>; returns what is wrong, or null.</summary>
    public static string? ParseSize(string text, out long bytes, out string? suggestion) =>
        Parse(text, Kind.Size, out bytes, out suggestion);

    /// <summary>Reads a duration such as <c>1500ms</c>; returns what is wrong, or null.</summary>
    public static string? ParseDuration(string text, out TimeSpan duration, out string? suggestion)
    {
        var problem = Parse(text, Kind.Duration, out var ticks, out suggestion);
        duration = TimeSpan.FromTicks(ticks);
        return problem;
    }

    /// <summary>A size in the largest unit that shows it exactly, for messages.</summary>
    public static string SizeText(long bytes)
    {
        ReadOnlySpan<string> units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        while (unit < units.Length - 1 && bytes != 0 && bytes % 1024 == 0)
        {
            bytes /= 1024;
            unit++;
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + " " + units[unit];
    }

    /// <summary>A size as job.json has it, which reads back as the same number.</summary>
    public static string SizeWord(long bytes) => SizeText(bytes).Replace(" ", "", StringComparison.Ordinal);

    /// <summary>A duration as job.json has it, in the largest unit that shows it exactly without a fraction, or else in milliseconds.</summary>
    public static string DurationWord(TimeSpan duration)
    {
        ReadOnlySpan<string> units = ["h", "m", "s"];
        foreach (var unit in units)
        {
            var factor = DurationFactor(unit);
            if (duration.Ticks % factor == 0 && duration.Ticks != 0)
            {
                return (duration.Ticks / factor).ToString(CultureInfo.InvariantCulture) + unit;
            }
        }

        // A tick is 100 ns, so four decimals of a millisecond are exact.
        return ((decimal)duration.Ticks / TimeSpan.TicksPerMillisecond).ToString("0.####", CultureInfo.InvariantCulture) + "ms";
    }

    private static string? Parse(string text, Kind kind, out long value, out string? suggestion)
    {
        value = 0;
        suggestion = null;
        var unitStart = 0;
        while (unitStart < text.Length && (char.IsAsciiDigit(text[unitStart]) || text[unitStart] == '.'))
        {
            unitStart++;
        }

        if (text.StartsWith('-'))
        {
            return "must not be negative";
        }

        if (unitStart == 0)
        {
            return Shape(kind);
        }

        if (unitStart == text.Length)
        {
            return Shape(kind) + ": the unit is missing";
        }

        var factor = Factor(text.AsSpan(unitStart), kind);
        if (factor == 0)
        {
            suggestion = Respell(text, unitStart, kind);
            return $"has an unknown unit \"{text[unitStart..]}\": {Units(kind)}";
        }

        return Multiply(text.AsSpan(0, unitStart), factor, kind, out value);
    }

    private static string? Multiply(ReadOnlySpan<char> digits, long factor, Kind kind, out long value)
    {
        value = 0;
        var point = digits.IndexOf('.');
        var whole = (point < 0 ? digits : digits[..point]).TrimStart('0');
        var fraction = point < 0 ? [] : digits[(point + 1)..];
        if (point == 0 || point == digits.Length - 1 || fraction.Contains('.'))
        {
            return Shape(kind);
        }

        fraction = fraction.TrimEnd('0');
        if (whole.Length + fraction.Length > MaxDigits)
        {
            return fraction.Length == 0 ? "is too large" : "has too many digits";
        }

        var scale = UInt128.One;
        foreach (var _ in fraction)
        {
            scale *= 10;
        }

        var product = Digits(fraction, Digits(whole, 0)) * (UInt128)factor;
        if (product % scale != 0)
        {
            return kind == Kind.Size ? "is not a whole number of bytes" : "is finer than 100 ns";
        }

        product /= scale;
        value = product > long.MaxValue ? 0 : (long)product;
        return product > long.MaxValue ? "is too large" : null;
    }

    private static UInt128 Digits(ReadOnlySpan<char> digits, UInt128 number)
    {
        foreach (var digit in digits)
        {
            number = (number * 10) + (uint)(digit - '0');
        }

        return number;
    }

    private static string? Respell(string text, int unitStart, Kind kind)
    {
        var unit = text.AsSpan(unitStart).Trim();
        ReadOnlySpan<string> units = kind == Kind.Size
            ? ["B", "KiB", "MiB", "GiB", "TiB", "KB", "MB", "GB", "TB"]
            : ["ms", "s", "m", "h"];
        if (kind == Kind.Duration && s_durations.TryGetValue(unit.ToString(), out var spelt))
        {
            return text[..unitStart] + spelt;
        }

        foreach (var known in units)
        {
            // "64M" and "64Mi" are meant as binary units nearly everywhere.
            var abbreviated = kind == Kind.Size && unit.Length < known.Length && known.Length == 3;
            if (unit.Equals(abbreviated ? known.AsSpan(0, unit.Length) : known, StringComparison.OrdinalIgnoreCase) &&
                unit.Length > 0)
            {
                return text[..unitStart] + known;
            }
        }

        return null;
    }

    private static string Shape(Kind kind) => kind == Kind.Size
        ? "must be a size such as \"64MiB\", or whole bytes as a number"
        : "must be a duration such as \"2s\" or \"1500ms\"";

    private static string Units(Kind kind) =>
        kind == Kind.Size ? "B, KiB, MiB, GiB, TiB, KB, MB, GB and TB are known" : "ms, s, m and h are known";

    private static long Factor(ReadOnlySpan<char> unit, Kind kind) =>
        kind == Kind.Size ? SizeFactor(unit) : DurationFactor(unit);

    private static long SizeFactor(ReadOnlySpan<char> unit) => unit switch
    {
        "B" => 1,
        "KiB" => 1L << 10,
        "MiB" => 1L << 20,
        "GiB" => 1L << 30,
        "TiB" => 1L << 40,
        "KB" or "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        _ => 0,
    };

    private static long DurationFactor(ReadOnlySpan<char> unit) => unit switch
    {
        "ms" => TimeSpan.TicksPerMillisecond,
        "s" => TimeSpan.TicksPerSecond,
        "m" => TimeSpan.TicksPerMinute,
        "h" => TimeSpan.TicksPerHour,
        _ => 0,
    };

    private enum Kind
    {
        Size,
        Duration,
    }
}

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
