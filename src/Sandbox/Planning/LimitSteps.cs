using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>The limits the kernel holds on each process: those of the job, and those no job needs more of.</summary>
internal sealed class LimitSteps(ResourceLimits limits, HardLimits hard, CgroupPlacement cgroup)
{
    // With 0 the kernel still pipes a core to the handler of the host, such as apport or systemd-coredump;
    // only 1 stops that as well, and is too little for any core file (core(5), "Piping core dumps to a program").
    private const ulong CoreBytes = 1;

    // Enough for glibc's locked pages of secrets, too little for io_uring rings and pinned memory.
    private const ulong MemlockBytes = 64 << 10;

    // The kernel's default (mq_overview(7)): queues are memory that belongs to no process.
    private const ulong MsgqueueBytes = 819_200;

    private const ulong Sigpending = 1024;

    /// <summary>RLIMIT_DATA of the job's processes: the host's.</summary>
    /// <remarks>
    /// It counts what is reserved, and so does RLIMIT_AS. Many programs reserve far more than they use (sanitizers, Java, SBCL, stacks
    /// of threads): neither can stand in for a limit on memory, which counts what is touched.
    /// </remarks>
    public ulong DataBytes { get; } = hard.Of(Rlimit.Data);

    // fork(2) asks the rlimit first: were it as low as pids.max, the group would never see what it refuses.
    private int TasksToSpare => cgroup.HoldsProcesses ? 8 : 0;

    public void AddTo(List<PlanStep> steps)
    {
        AddOwn(steps, Rlimit.Nproc, limits.Processes + TasksToSpare, "/limits/processes");
        AddOwn(steps, Rlimit.Nofile, limits.OpenFiles, "/limits/openFiles");
        AddOwn(steps, Rlimit.Fsize, limits.FileSizeBytes, "/limits/fileSize");
        if (limits.StackBytes is { } stack)
        {
            AddOwn(steps, Rlimit.Stack, stack, "/limits/stack");
        }

        steps.Add(new RlimitStep(Rlimit.Data, DataBytes, ""));
        AddFixed(steps, Rlimit.Core, CoreBytes);
        AddFixed(steps, Rlimit.Memlock, MemlockBytes);
        AddFixed(steps, Rlimit.Msgqueue, MsgqueueBytes);
        AddFixed(steps, Rlimit.Sigpending, Sigpending);
        AddFixed(steps, Rlimit.Nice, 0);
        AddFixed(steps, Rlimit.Rtprio, 0);
    }

    // A lifted limit is the host's, and no limit is more than that (setrlimit(2): raising the hard one needs CAP_SYS_RESOURCE).
    private void AddOwn(List<PlanStep> steps, Rlimit resource, long? asked, string origin)
    {
        var most = hard.Of(resource);
        steps.Add(new RlimitStep(resource, asked is { } value ? Math.Min((ulong)value, most) : most, origin));
    }

    private void AddFixed(List<PlanStep> steps, Rlimit resource, ulong value) =>
        steps.Add(new RlimitStep(resource, Math.Min(value, hard.Of(resource)), ""));
}
