using Sandbox.Text;

namespace Sandbox;

/// <summary>Sizes and durations as job.json has them: a decimal number and a unit, without a space. What is read is exact or refused; nothing is rounded.</summary>
public static class Quantities
{
    /// <summary>Reads a size.</summary>
    /// <param name="text">Such as <c>64MiB</c> or <c>1.5GB</c>; B, KiB, MiB, GiB, TiB, KB, MB, GB and TB are known.</param>
    /// <returns>Bytes.</returns>
    /// <exception cref="FormatException">It is no size; the message goes on from "it …", and may end in "; did you mean …?".</exception>
    public static long ParseSize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Quantity.ParseSize(text, out var bytes, out var suggestion) is { } problem ? throw Refusal(problem, suggestion) : bytes;
    }

    /// <summary>Reads a duration.</summary>
    /// <param name="text">Such as <c>2s</c> or <c>1500ms</c>; ms, s, m and h are known.</param>
    /// <exception cref="FormatException">It is no duration; the message goes on from "it …", and may end in "; did you mean …?".</exception>
    public static TimeSpan ParseDuration(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Quantity.ParseDuration(text, out var duration, out var suggestion) is { } problem ? throw Refusal(problem, suggestion) : duration;
    }

    /// <summary>A size that reads back as the same number, such as <c>64MiB</c>.</summary>
    /// <param name="bytes">Not negative.</param>
    public static string FormatSize(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        return Quantity.SizeWord(bytes);
    }

    /// <summary>A duration that reads back as the same time, such as <c>1500ms</c>.</summary>
    /// <param name="duration">Not negative.</param>
    public static string FormatDuration(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        return Quantity.DurationWord(duration);
    }

    private static FormatException Refusal(string problem, string? suggestion) => new(suggestion is null ? problem : $"{problem}; did you mean {suggestion}?");
}
