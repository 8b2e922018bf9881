using System.Globalization;

namespace Sandbox.KernelTests;

/// <summary>What the probe <c>account</c> measured of itself in the run that a result tells of.</summary>
internal sealed record Account
{
    public required TimeSpan Cpu { get; init; }

    public required TimeSpan Wall { get; init; }

    /// <summary>What it held at once.</summary>
    public required long Bytes { get; init; }

    /// <summary>CPU time by getrusage(2): its own and that of the children it waited for.</summary>
    public required TimeSpan WaitedCpu { get; init; }

    /// <summary>The largest resident set of one of its processes.</summary>
    public required long LargestResidentBytes { get; init; }

    public static Account Parse(string line)
    {
        long[] words = [.. line.Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
        return new()
        {
            Cpu = TimeSpan.FromMicroseconds(words[0] / 1000),
            Wall = TimeSpan.FromMicroseconds(words[1] / 1000),
            Bytes = words[2],
            WaitedCpu = TimeSpan.FromMicroseconds(words[3] / 1000),
            LargestResidentBytes = words[4],
        };
    }
}
