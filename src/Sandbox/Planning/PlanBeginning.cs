using Sandbox.Interop.Generated;
using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>
/// The steps at the beginning of a plan that depend on no job: the launcher may carry them out for the next one, before there is a plan of it. No byte of
/// a file, no path of the host that a user named, no argument and no variable is among them.
/// </summary>
/// <remarks>Which steps these are native/launcher/steps.c says too (<c>step_is_speculative</c>), and believes no one else.</remarks>
internal static class PlanBeginning
{
    /// <summary>The most that the launcher reads, in bytes (native/launcher/beginning.c).</summary>
    public const int MaxBytes = 64 << 10;

    // native/launcher/template.h
    private const ulong UsualNamespaces = (ulong)KernelAbi.CLONE_NEWUSER | KernelAbi.CLONE_NEWPID | KernelAbi.CLONE_NEWNS |
        KernelAbi.CLONE_NEWNET | KernelAbi.CLONE_NEWIPC | KernelAbi.CLONE_NEWUTS;

    /// <summary>The beginning as a file; null for a job for which nothing may be, or can be, made ahead.</summary>
    public static byte[]? Of(SandboxPlan plan)
    {
        if (plan.Namespaces != UsualNamespaces || (plan.Flags & (PlanFlags.Strict | PlanFlags.ForeignIds | PlanFlags.SubIds)) != 0 || plan.NetworkDescriptors > 0)
        {
            return null;
        }

        // Nothing in it may differ between two jobs for which the same is made, or each of them would write it anew.
        var beginning = PlanWriter.Write(plan with
        {
            Steps = [.. plan.Steps.TakeWhile(IsOfNoJob), new PivotStep()],
            ExtraFiles = [],
            CgroupDescriptors = 0,
            Flags = PlanFlags.None,
            WallTime = null,
            SetupTime = PlanCompiler.SetupTime,
        });
        return beginning.Length <= MaxBytes ? beginning : null;
    }

    private static bool IsOfNoJob(PlanStep step) =>
        step is IdentityStep or RootStep or ScratchStep or SymlinkStep or DevicesStep or ProcStep or MaskStep or DirectoryStep or TmpfsStep or CommonSysctlStep or BindStep { OfSystem: true };
}
