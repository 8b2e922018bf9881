using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Resources.Cores;

/// <summary>Measures what disturbs a job, from its creation on.</summary>
/// <param name="files">Where <c>/proc/stat</c> is.</param>
/// <param name="cpus">
/// The CPUs the job is placed on. Null where it may run on any: the steal of all of them says little of it, and
/// <c>/proc/stat</c> costs a millisecond and more where there are many.
/// </param>
internal sealed class NoiseMeter(HostFiles files, CpuSet? cpus)
{
    private readonly TimeSpan? _stealBefore = Steal(files, cpus);

    /// <summary>What disturbed the job up to now.</summary>
    public RunQuality Read(NoiseCounts counts)
    {
        var quality = new RunQuality
        {
            Cpus = counts.Placed?.ToString(),
            ForcedSwitches = counts.ForcedSwitches,
            Throttled = counts.Throttled,
            CpuPressure = counts.CpuPressure,
            Steal = Growth(_stealBefore, Steal(files, cpus)),
        };
        return quality with { Note = QualityNote.Of(quality, counts.Wall) };
    }

    // The kernel's counter has been seen to go back a little after a live migration of the machine.
    private static TimeSpan? Growth(TimeSpan? before, TimeSpan? after) => after < before ? TimeSpan.Zero : after - before;

    private static TimeSpan? Steal(HostFiles files, CpuSet? cpus) => cpus is null ? null : StealTime.Of(files.Text("/proc/stat"), cpus);
}
