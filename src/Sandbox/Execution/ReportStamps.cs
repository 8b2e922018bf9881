using Sandbox.Interop;

namespace Sandbox.Execution;

/// <summary>The clock stamps of a record (<c>enum stamp</c> of native/launcher/plan.h), as phases of the result.</summary>
internal static class ReportStamps
{
    public const int Received = 0;
    public const int Cloned = 1;
    public const int FirstPhase = 3;
    public const int LastPhase = 12;
    public const int Started = 14;

    private static readonly string[] s_names =
        ["identity", "root", "mounts", "files", "pivot", "host", "session", "privileges", "confine", "filter"];

    /// <summary>The phases from <paramref name="origin"/> (both in ns of CLOCK_MONOTONIC) to the job's start, or as far as they came.</summary>
    public static List<PhaseTiming> Phases(ReportRecord.StampArray stamps, long origin)
    {
        var phases = new List<PhaseTiming>(17);
        var name = "prepare";
        var start = origin;
        for (var stamp = Received; stamp <= Started; stamp++)
        {
            var at = (long)stamps[stamp];
            if (at == 0)
            {
                continue;
            }

            if (NameAfter(stamp) is not { } next)
            {
                continue;
            }

            phases.Add(Phase(name, origin, start, at));
            (name, start) = (next, at);
        }

        return phases;
    }

    /// <summary>One phase.</summary>
    public static PhaseTiming Phase(string name, long origin, long start, long end) => new()
    {
        Name = name,
        StartMicroseconds = (start - origin) / 1000,
        Microseconds = Math.Max(0, end - start) / 1000,
    };

    private static string? NameAfter(int stamp) => stamp switch
    {
        Received => "clone",
        >= FirstPhase and <= LastPhase => s_names[stamp - FirstPhase],
        Started => "run",
        _ => null,
    };
}
