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

    /// <summary>The phases from <paramref name="origin"/> (both in ns of CLOCK_MONOTONIC) to the job's start, or as far as they came.</summary>
    public static List<PhaseTiming> Phases(ReportRecord.StampArray stamps, long origin)
    {
        var phases = new List<PhaseTiming>(17);
        var phase = JobPhase.Prepare;
        var start = origin;
        for (var stamp = Received; stamp <= Started; stamp++)
        {
            var at = (long)stamps[stamp];
            if (at == 0)
            {
                continue;
            }

            if (PhaseAfter(stamp) is not { } next)
            {
                continue;
            }

            phases.Add(Phase(phase, origin, start, at));
            (phase, start) = (next, at);
        }

        return phases;
    }

    /// <summary>One phase.</summary>
    public static PhaseTiming Phase(JobPhase phase, long origin, long start, long end) => new()
    {
        Phase = phase,
        StartMicroseconds = (start - origin) / 1000,
        Microseconds = Math.Max(0, end - start) / 1000,
    };

    private static JobPhase? PhaseAfter(int stamp) => stamp switch
    {
        Received => JobPhase.Clone,
        >= FirstPhase and <= LastPhase => JobPhase.Identity + (stamp - FirstPhase),
        Started => JobPhase.Run,
        _ => null,
    };
}
