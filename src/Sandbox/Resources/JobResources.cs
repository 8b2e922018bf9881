using Sandbox.Host;
using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Policies;
using Sandbox.Resources.Ids;
using Sandbox.Resources.Limits;
using Sandbox.Resources.Limits.Cgroups;
using Sandbox.Resources.Networks;
using Sandbox.Resources.Roots;
using Sandbox.Store;

namespace Sandbox.Resources;

/// <summary>What a job is given, and in which order: the one place to add a line for something new.</summary>
internal static class JobResources
{
    /// <summary>
    /// All of them. Each may use what those above it have left in the draft: limits are those of the whole job, its image's included; control groups take
    /// the cores; a directory on the disk belongs to the job's ids; the root is made of the image, and has the job's address in its /etc/hosts. They are given back from the last to the first.
    /// </summary>
    public static IReadOnlyList<Resource> InOrder { get; } =
    [
        IdPool.Acquire,
        ImageDefaults.Acquire,
        Ceilings,
        StoredFiles,
        JobVolumes.Acquire,
        Cores,
        CgroupLease.Acquire,
        UpperDisk.Acquire,
        JobNetwork.Acquire,
        JobPorts.Acquire,
        JobRoot.Acquire,
    ];

    /// <summary>The plan of a job for what the context says, acquiring nothing.</summary>
    public static SandboxPlan Compile(ValidJob job, CompiledPolicy policy, PlanContext context)
    {
        var draft = new JobDraft(job, context);
        draft.Take(JobRoot.Of(job.Spec, context));
        draft.Take(JobNetwork.Of(job.Spec));
        return PlanCompiler.Compile(job, policy, draft.Context);
    }

    // The host's hard limits are the caller's, and nobody has to give them back.
    private static Lease? Ceilings(JobDraft draft, HostResources host, CancellationToken cancellationToken)
    {
        draft.Job = draft.Job with { Spec = draft.Job.Spec with { Limits = draft.Context.Rlimits.Clamp(draft.Asked) } };
        return null;
    }

    private static Lease? StoredFiles(JobDraft draft, HostResources host, CancellationToken cancellationToken)
    {
        var names = StoredName.Of(draft.Job.Spec);
        if (names.Count == 0)
        {
            return null;
        }

        using var step = HostWatch.Enter(Operation.LeaseStoredFiles);
        var store = draft.Files ?? host.Store;
        var files = store.Lease(names, cancellationToken);
        draft.Context = draft.Context with { StoredFiles = store.ObjectsDirectory };
        draft.Reservations.Add(files);
        return new Lease(files);
    }

    private static Lease? Cores(JobDraft draft, HostResources host, CancellationToken cancellationToken)
    {
        if (host.LeaseCores(draft.Job.Spec.Limits, cancellationToken) is not { } cores)
        {
            return null;
        }

        draft.Context = draft.Context with { LeasedCpus = cores.Cpus };
        return new Lease(cores);
    }
}
