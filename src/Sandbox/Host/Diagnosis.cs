namespace Sandbox.Host;

/// <summary>
/// From what failed and what the host is to who blocks it. Pure, and the same for <c>doctor</c> and for the
/// hints of errors, so that both always say the same.
/// </summary>
internal static class Diagnosis
{
    /// <summary>The remedy; null if nothing known explains the failure.</summary>
    public static Remedy? For(HostProbe probe, string errno, HostFacts facts)
    {
        if (facts.WslVersion == 1)
        {
            return UserNamespaceRemedies.Wsl1;
        }

        return TooOld(probe, errno, facts) ?? Specific(probe, errno, facts) ?? General(probe, errno, facts);
    }

    // Before its version the kernel says ENOSYS to a call, EINVAL to a flag and EPERM or ENODEV to a mount.
    private static Remedy? TooOld(HostProbe probe, string errno, HostFacts facts)
    {
        var since = HostRequirementNeeds.Of(probe).Since;
        return since is not null && facts.KernelVersion < since && errno is "ENOSYS" or "EINVAL" or "EPERM" or "ENODEV"
            ? FeatureRemedies.OldKernel(facts, since!)
            : null;
    }

    private static Remedy? Specific(HostProbe probe, string errno, HostFacts facts) => probe switch
    {
        HostProbe.UserNamespace or HostProbe.Clone3 or HostProbe.InnerUserNamespace =>
            UserNamespaceRemedies.For(errno, facts),
        HostProbe.UidMap or HostProbe.GidMap when facts.RealRoot && !facts.HasRootRange =>
            UserNamespaceRemedies.NoRootRange,
        HostProbe.UidMap or HostProbe.GidMap or HostProbe.Securebits when errno is "EPERM" or "EACCES" =>
            UserNamespaceRemedies.Refused(facts),
        HostProbe.Proc when errno is "EPERM" && facts.CoveredProcPaths.Count > 0 => ContainerRemedies.MaskedProc(facts),
        HostProbe.UserSysctl when errno is "EROFS" => ContainerRemedies.ReadOnlySysctls(facts),
        HostProbe.PivotRoot when errno is "EINVAL" && facts.RootIsInitramfs => FeatureRemedies.Initramfs,
        HostProbe.SeccompNotify when errno is "EBUSY" => ContainerRemedies.Listener(facts),
        HostProbe.MemfdExec when facts.MemfdNoexec == 2 => FeatureRemedies.MemfdNoexec,
        HostProbe.PerfTaskClock when facts.PerfEventParanoid > 2 => FeatureRemedies.PerfParanoid,
        HostProbe.Keyring when errno is "EDQUOT" => FeatureRemedies.KeyQuota,
        HostProbe.Landlock when errno is "EOPNOTSUPP" => new Remedy
        {
            Blocker = "Landlock is built in but not switched on",
            Fix = "add landlock to the lsm= list of the kernel's command line",
        },
        HostProbe.OverlayDirectories when errno is "EXDEV" => FeatureRemedies.Uppers(facts),
        HostProbe.Redirect when errno is "EPROTONOSUPPORT" or "EINVAL" or "EOPNOTSUPP" or "ENOENT" => FeatureRemedies.NoRedirect,
        HostProbe.Overlay when errno is "ENODEV" => new Remedy
        {
            Blocker = "the overlay file system is not loaded",
            Fix = "sudo modprobe overlay",
        },
        _ => null,
    };

    private static Remedy? General(HostProbe probe, string errno, HostFacts facts) => errno switch
    {
        "SIGSYS" => ContainerRemedies.AnyFilter(facts),
        "ENOSYS" => ContainerRemedies.Filter(facts) ?? FeatureRemedies.NotBuilt("this call"),
        "EPERM" or "EACCES" when HostRequirementNeeds.NeedsUserNamespace(probe) => UserNamespaceRemedies.Refused(facts),
        "EPERM" or "EACCES" => ContainerRemedies.Filter(facts) ?? ContainerRemedies.AppArmor(facts),
        _ => null,
    };
}
