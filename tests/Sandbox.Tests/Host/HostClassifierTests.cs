using Sandbox.Doctor;
using Sandbox.Failures;
using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class HostClassifierTests
{
    private const int EPERM = 1;
    private const int EACCES = 13;
    private const int EBUSY = 16;
    private const int EINVAL = 22;
    private const int ENOSPC = 28;
    private const int EROFS = 30;
    private const int ENOSYS = 38;

    [Fact]
    public void A_host_where_everything_works_is_ready_and_asks_for_nothing()
    {
        var report = Hosts.Report(Hosts.Plain);

        Assert.True(report.IsReady);
        Assert.All(report.Requirements, requirement => Assert.Equal((RequirementState.Ok, null), (requirement.State, requirement.Remedy())));
        Assert.Equal("ABI 7", report.Requirement("Landlock").Detail);
    }

    [Theory]
    [InlineData(HostProbe.UidMap, EPERM)]
    [InlineData(HostProbe.UidMap, EACCES)]
    [InlineData(HostProbe.UserNamespace, EPERM)]
    [InlineData(HostProbe.Tmpfs, EACCES)]
    [InlineData(HostProbe.Loopback, EPERM)]
    internal void Ubuntus_AppArmor_restriction_is_named_wherever_it_strikes(HostProbe probe, int error)
    {
        var ubuntu = Hosts.Plain with { AppArmorRestrictsUserNamespaces = true, AppArmorProfile = "unconfined" };

        var report = Hosts.Report(ubuntu, (probe, error));

        Assert.Equal(UserNamespaceRemedies.AppArmorRestriction, report.Requirement(HostRequirementNeeds.Of(probe).Name).Remedy());
    }

    [Fact]
    public void AppArmor_is_not_blamed_for_what_root_is_refused()
    {
        var ubuntu = Hosts.Root with { AppArmorRestrictsUserNamespaces = true };

        var report = Hosts.Report(ubuntu, (HostProbe.UidMap, EPERM));

        Assert.Equal(UserNamespaceRemedies.Invisible, report.Requirement("uid map").Remedy());
        Assert.False(report.IsReady);
    }

    [Fact]
    public void A_root_without_ids_to_give_is_told_so()
    {
        var report = Hosts.Report(Hosts.Root with { HasRootRange = false }, (HostProbe.UidMap, EPERM));

        Assert.Equal(UserNamespaceRemedies.NoRootRange, report.Requirement("uid map").Remedy());
    }

    [Fact]
    public void Dockers_seccomp_profile_is_the_one_cause_of_all_refusals()
    {
        var report = Hosts.WithoutUserNamespaces(Hosts.Docker, EPERM);

        var causes = report.Requirements.Where(requirement => requirement.State == RequirementState.Missing && requirement.Remedy() is not null);
        var remedy = Assert.Single(causes).Remedy()!;
        Assert.Contains("seccomp profile of the container (Docker)", remedy.Blocker, StringComparison.Ordinal);
        Assert.Contains("docker run --security-opt seccomp=unconfined", remedy.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void What_needs_a_requirement_that_is_not_met_names_the_first_of_those()
    {
        var report = Hosts.WithoutUserNamespaces(Hosts.Docker, EPERM);

        Assert.Equal("EPERM, needs: user namespace", report.Requirement("pivot_root").Detail);
    }

    [Fact]
    public void Clone3_refused_alone_is_the_containers_filter_too()
    {
        var report = Hosts.Report(Hosts.Docker, (HostProbe.Clone3, ENOSYS));

        var remedy = report.Requirement("all namespaces at once (clone3)").Remedy();
        Assert.Contains("seccomp", remedy!.Blocker, StringComparison.Ordinal);
    }

    [Fact]
    public void A_masked_proc_is_told_from_a_refused_mount()
    {
        var report = Hosts.Report(Hosts.Docker with { Filtered = false }, (HostProbe.Proc, EPERM));

        var remedy = report.Requirement("fresh /proc").Remedy()!;
        Assert.Contains("/proc/acpi", remedy.Blocker, StringComparison.Ordinal);
        Assert.Contains("systempaths=unconfined", remedy.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Podman_is_told_its_own_option_for_a_masked_proc()
    {
        var podman = Hosts.Docker with { Container = ContainerKind.Podman };

        var report = Hosts.Report(podman, (HostProbe.Proc, EPERM));

        Assert.Contains("unmask=ALL", report.Requirement("fresh /proc").Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void Dockers_AppArmor_profile_is_named_when_mounting_is_refused()
    {
        var report = Hosts.Report(Hosts.Docker with { Filtered = false }, (HostProbe.Tmpfs, EACCES));

        Assert.Contains("docker-default", report.Requirement("tmpfs").Blocker, StringComparison.Ordinal);
    }

    [Fact]
    public void A_read_only_proc_sys_costs_one_of_two_means_and_no_more()
    {
        var report = Hosts.Report(Hosts.Docker, (HostProbe.UserSysctl, EROFS));

        var requirement = report.Requirement("namespace limits (/proc/sys/user)");
        Assert.Equal((RequirementState.Degraded, true), (requirement.State, report.IsReady));
        Assert.Contains("second of two means", requirement.Loses, StringComparison.Ordinal);
        Assert.Contains("/proc/sys", requirement.Blocker, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_of_no_user_namespaces_is_named_with_its_sysctl()
    {
        var report = Hosts.WithoutUserNamespaces(Hosts.Plain with { MaxUserNamespaces = 0 }, ENOSPC);

        Assert.Equal(UserNamespaceRemedies.NoneAllowed, report.Requirement("user namespace").Remedy());
    }

    [Fact]
    public void A_used_up_outer_limit_is_told_from_a_limit_of_zero_here()
    {
        var report = Hosts.WithoutUserNamespaces(Hosts.Plain, ENOSPC);

        Assert.Equal(UserNamespaceRemedies.UsedUp, report.Requirement("user namespace").Remedy());
    }

    [Fact]
    public void Debians_switch_for_unprivileged_namespaces_is_named()
    {
        var report = Hosts.WithoutUserNamespaces(Hosts.Plain with { UnprivilegedUsernsClone = 0 }, EPERM);

        Assert.Equal("sudo sysctl -w kernel.unprivileged_userns_clone=1", report.Requirement("user namespace").Fix);
    }

    [Fact]
    public void A_chroot_is_named()
    {
        var report = Hosts.WithoutUserNamespaces(Hosts.Plain with { Chroot = true }, EPERM);

        Assert.Equal(UserNamespaceRemedies.Chroot, report.Requirement("user namespace").Remedy());
    }

    [Fact]
    public void WSL_1_is_named_instead_of_any_single_call()
    {
        var report = Hosts.WithoutUserNamespaces(
            Hosts.Plain with { WslVersion = 1, KernelRelease = "4.4.0-19041-Microsoft" }, EINVAL);

        Assert.Equal(UserNamespaceRemedies.Wsl1, report.Requirement("user namespace").Remedy());
    }

    [Fact]
    public void An_old_WSL_2_kernel_is_updated_from_Windows()
    {
        var wsl = Hosts.Plain with { WslVersion = 2, KernelRelease = "5.10.102.1-microsoft-standard-WSL2" };

        var report = Hosts.Report(wsl, (HostProbe.ReadOnlyBind, ENOSYS));

        var remedy = report.Requirement("recursive read-only bind").Remedy()!;
        Assert.Equal(("Linux 5.10 is older than 5.12", "in Windows: wsl --update"), (remedy.Blocker, remedy.Fix));
    }

    [Fact]
    public void A_call_missing_from_a_new_kernel_is_not_blamed_on_its_age()
    {
        var report = Hosts.Report(Hosts.Plain, (HostProbe.ReadOnlyBind, ENOSYS));

        var blocker = report.Requirement("recursive read-only bind").Blocker;
        Assert.DoesNotContain("older", blocker, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_below_the_tested_range_is_no_reason_to_refuse()
    {
        var report = Hosts.Report(Hosts.Plain with { KernelRelease = "5.12.0" });

        Assert.Equal((RequirementState.Degraded, true), (report.Requirement("kernel").State, report.IsReady));
    }

    [Fact]
    public void An_outer_listener_is_named_when_ours_is_refused()
    {
        var report = Hosts.Report(Hosts.Plain, (HostProbe.SeccompNotify, EBUSY));

        var blocker = report.Requirement("seccomp user notification").Blocker;
        Assert.Contains("one listener only", blocker, StringComparison.Ordinal);
    }

    [Fact]
    public void A_forbidden_memory_file_names_the_sysctl()
    {
        var report = Hosts.Report(Hosts.Plain with { MemfdNoexec = 2 }, (HostProbe.MemfdExec, EACCES));

        Assert.Equal(FeatureRemedies.MemfdNoexec, report.Requirement("executable memory file").Remedy());
    }

    [Fact]
    public void A_strict_perf_setting_degrades_CPU_time_only()
    {
        var report = Hosts.Report(Hosts.Plain with { PerfEventParanoid = 4, Cgroup = new() }, (HostProbe.PerfTaskClock, EACCES));

        Assert.Equal(FeatureRemedies.PerfParanoid, report.Requirement("perf task clock").Remedy());
        Assert.True(report.IsReady);
    }

    [Fact]
    public void AppArmor_is_not_blamed_for_what_needs_no_namespace()
    {
        var ubuntu = Hosts.Plain with { AppArmorRestrictsUserNamespaces = true };

        var report = Hosts.Report(ubuntu, (HostProbe.Keyring, EPERM));

        Assert.Null(report.Requirement("session keyring").Remedy());
    }

    [Fact]
    public void A_probe_without_an_answer_is_missing()
    {
        var report = HostClassifier.Classify(Hosts.Plain, [], Hosts.Trial(Hosts.Plain));

        Assert.Equal((RequirementState.Missing, "not tried"), (report.Requirement("pivot_root").State, report.Requirement("pivot_root").Detail));
        Assert.False(report.IsReady);
    }

    [Fact]
    public void A_probe_killed_by_a_filter_points_to_the_filter()
    {
        var report = Hosts.Report(Hosts.Docker, (HostProbe.OpenAt2, -31));

        var requirement = report.Requirement("openat2");
        Assert.Equal("SIGSYS", requirement.Detail);
        Assert.Contains("seccomp", requirement.Blocker, StringComparison.Ordinal);
    }
}
