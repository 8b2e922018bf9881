using Sandbox.Interop.Generated;
using Sandbox.Jobs;
using Sandbox.Planning.Steps;
using Sandbox.Policies;
using Sandbox.Text;

namespace Sandbox.Planning;

/// <summary>
/// Turns a valid job into the complete list of what the launcher does for it. The plan is a function of
/// the job, its policy and what the context answers; nothing is started or changed here.
/// </summary>
internal static class PlanCompiler
{
    private const ulong OwnNamespaces = (ulong)KernelAbi.CLONE_NEWUSER | KernelAbi.CLONE_NEWPID | KernelAbi.CLONE_NEWNS |
        KernelAbi.CLONE_NEWIPC | KernelAbi.CLONE_NEWUTS;

    // plan.h, PLAN_MAX_STEPS
    private const int MaxSteps = 4096;

    /// <summary>The launcher has this long to bring a job from the plan to its first instruction.</summary>
    public static readonly TimeSpan SetupTime = TimeSpan.FromSeconds(30);

    // What else is to be done before it waits, on a busy machine.
    private static readonly TimeSpan s_beforeWaiting = TimeSpan.FromSeconds(5);

    // Within the year that the launcher takes.
    private static readonly TimeSpan s_longestSetup = TimeSpan.FromDays(300);

    /// <summary>Compiles a job; <see cref="InvalidJobException"/> for what only shows when all mounts are known.</summary>
    public static SandboxPlan Compile(ValidJob job, CompiledPolicy policy, PlanContext context)
    {
        var problems = new List<JobProblem>();
        var root = new RootDraft(job.Spec, context, problems);
        var limits = new LimitSteps(job.Spec, context.Rlimits, context.Cgroup);
        var steps = new List<PlanStep>(128) { new IdentityStep(context.HostUid, context.HostGid, context.SubIds) };
        root.AddTo(steps, problems);
        if (problems.Count > 0)
        {
            throw new InvalidJobException(problems);
        }

        JoinNetwork(steps, root.ExtraFiles.Count, context);
        AddHost(steps, job.Spec, context);
        steps.Add(new CgroupStep(context.Cgroup, root.ExtraFiles.Count));
        AddPrivileges(steps, job, context, limits, root.ExtraFiles.Count);
        AddConfinement(steps, job.Spec, root);
        steps.Add(new SeccompStep(policy.Name, policy.Program));
        steps.Add(Proxies.Told(new(job.Spec.Command, job.Environment) { HereFirst = job.Spec.Start.LooksInWorkingDirectory, AsGiven = job.Spec.Start.ExecutesAsGiven }, job.Spec, steps));
        CheckCount(steps, root);
        var plan = Seal(steps, root, job.Spec, context);
        CheckDiff(job.Spec, plan);
        PlanOrder.Check(plan);
        return plan;
    }

    /// <summary>How long the launcher has for this job: where it waits for the other end of a FIFO, as long as a job may that waits for it after its start.</summary>
    public static TimeSpan SetupTimeOf(JobSpec spec) =>
        !spec.Start.Opened.Any(static file => file.Redirected) ? SetupTime
            : spec.Limits.WallTime is not { } wall || wall > s_longestSetup ? s_longestSetup
            : wall + s_beforeWaiting;

    // Before pid 1 is made, and right after it is said who that is.
    private static void JoinNetwork(List<PlanStep> steps, int files, PlanContext context)
    {
        if (context.Given.OfType<JoinNetworkStep>().FirstOrDefault() is { } join)
        {
            steps.Insert(1, join with { First = FirstOfNetwork(steps, files, context) });
        }
    }

    private static int FirstOfNetwork(List<PlanStep> steps, int files, PlanContext context) =>
        files + context.Cgroup.Descriptors + (steps.Exists(static step => step is UppersStep) ? UppersStep.Descriptors : 0);

    private static void CheckCount(List<PlanStep> steps, RootDraft root)
    {
        if (steps.Count <= MaxSteps)
        {
            return;
        }

        throw new InvalidJobException(
        [
            new JobProblem
            {
                Pointer = root.HasMoreFilesThanMounts ? "/files" : "/mounts",
                Message = $"too many: the plan has {steps.Count} steps, and the launcher takes {MaxSteps}; bind a directory instead",
            },
        ]);
    }

    // Nothing else keeps what was there before beside what is there afterwards.
    private static void CheckDiff(JobSpec spec, SandboxPlan plan)
    {
        if (spec.Diff is not null && OverlayUpper.AllOf(plan).Count == 0)
        {
            throw new InvalidJobException([new JobProblem { Pointer = "/diff", Message = "there is nothing to compare: the job has neither a mount of type \"overlay\" nor a writable root" }]);
        }
    }

    private static SandboxPlan Seal(List<PlanStep> steps, RootDraft root, JobSpec spec, PlanContext context) =>
        new()
        {
            Steps = steps,
            ExtraFiles = root.ExtraFiles,
            CgroupDescriptors = context.Cgroup.Descriptors,
            Namespaces = OwnNamespaces | context.Namespaces,
            Flags = (spec.Outputs.Count > 0 || spec.Diff is not null ? PlanFlags.Hold : PlanFlags.None) |
                (context.ForeignIds ? PlanFlags.ForeignIds : PlanFlags.None) |
                (context.SourcesMayHang ? PlanFlags.Apart : PlanFlags.None) |
                (context.SubIds is null ? PlanFlags.None : PlanFlags.SubIds) |
                (spec.Isolation == IsolationLevel.Strict || spec.Start.Inherited.Count > 0 ? PlanFlags.Strict : PlanFlags.None),
            WallTime = spec.Limits.WallTime,
            SetupTime = SetupTimeOf(spec),
            HostUid = context.HostUid,
            HostGid = context.HostGid,
            SkippedMounts = root.SkippedMounts,
        };

    private static void AddHost(List<PlanStep> steps, JobSpec spec, PlanContext context)
    {
        steps.Add(new HostnameStep(spec.Hostname, spec.Domainname));
        if (spec.Isolation == IsolationLevel.Strict)
        {
            steps.Add(new ClocksStep());
        }

        foreach (var step in context.Given)
        {
            if (step.Phase == PlanPhase.Host)
            {
                steps.Add(step);
            }
        }

        SysctlSteps.AddTo(steps, spec.Limits, context.PageBytes, spec.Ipc.Container is null);
        foreach (var (name, value) in spec.Sysctls)
        {
            steps.Add(new SysctlStep(SysctlNames.PathOf(name), value, "/sysctls/" + JsonPointer.Escape(name)) { Optional = false });
        }
    }

    // RLIMIT_NPROC counts the job's tasks alone because it is set within the inner user namespace
    // (user_namespaces(7)); the securebits can be locked only while the payload is still uid 0.
    private static void AddPrivileges(List<PlanStep> steps, ValidJob job, PlanContext context, LimitSteps limits, int files)
    {
        var spec = job.Spec;
        steps.Add(new SessionStep(spec.Terminal ? context.Terminal : null)
        {
            Pipes = [.. spec.Descriptors.Select(static pipe => pipe.Number).Concat(spec.Start.Inherited).Order()],
            IsInherited = spec.Start.Inherited.Count > 0,
            EndsStopped = spec.Start.EndsWhenStopped,
            OomScoreAdj = spec.OomScoreAdj,
            FirstPipe = FirstOfNetwork(steps, files, context) + (steps.OfType<JoinNetworkStep>().FirstOrDefault()?.Descriptors ?? 0),
        });
        steps.Add(new InnerUsernsStep(spec.Ids.Uid, spec.Ids.Gid, context.SubIds is not null));
        var granted = spec.Capabilities;
        steps.Add(new LockPrivilegeStep(granted));
        steps.Add(new CredentialsStep(spec.Ids.Uid, spec.Ids.Gid));
        limits.AddTo(steps);
        AddAffinity(steps, job, context);
        steps.Add(new DropCapabilitiesStep(granted));
        steps.Add(new NoNewPrivsStep());
        if (!context.Cgroup.CountsCpuTime)
        {
            AddCpuClock(steps, spec.Limits);
        }
    }

    // Beside a cpuset of the control group, where there is one: it holds whatever the job does, this one is always to be had.
    private static void AddAffinity(List<PlanStep> steps, ValidJob job, PlanContext context)
    {
        if ((context.LeasedCpus ?? job.Cpuset) is { } cpus)
        {
            steps.Add(new AffinityStep(cpus.ToString(), cpus.ToMask(), job.Cpuset is null ? "" : "/cpuset"));
        }
    }

    // The first clock on a host switches accounting on in its scheduler, which waits for every CPU to pass a
    // quiescent state (10 to 25 ms): only where a limit depends on it.
    private static void AddCpuClock(List<PlanStep> steps, ResourceLimits limits)
    {
        if (limits.CpuTime is not null)
        {
            steps.Add(new CpuClockStep("/limits/cpuTime"));
        }
        else if (limits.IdleTime is not null)
        {
            steps.Add(new CpuClockStep("/limits/idleTime"));
        }
    }

    private static void AddConfinement(List<PlanStep> steps, JobSpec spec, RootDraft root)
    {
        steps.Add(new WorkingDirectoryStep(spec.Directory) { MustExist = spec.Start.DirectoryMustExist });
        steps.AddRange(spec.Start.Opened.Select(static file => new OpenStep(file)));
        foreach (var place in root.WritablePlaces)
        {
            steps.Add(new LandlockWritableStep(place.Target, place.Origin));
        }

        steps.Add(new LandlockStep());
    }
}
