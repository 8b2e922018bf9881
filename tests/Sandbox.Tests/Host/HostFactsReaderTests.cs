using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class HostFactsReaderTests
{
    private const string Status =
        "Name:\tx\nUid:\t1000\t1000\t1000\t1000\nGroups:\t27 998 1000\nCapEff:\t00000000a80425fb\nSeccomp:\t2\n";

    private const string DockerMounts =
        """
        1 0 0:50 / / rw,relatime master:3 - overlay overlay rw,lowerdir=/x
        2 1 0:52 / /proc rw,nosuid - proc proc rw
        3 2 0:52 /sys /proc/sys ro,nosuid - proc proc rw
        4 2 0:60 / /proc/acpi ro,relatime - tmpfs tmpfs ro
        5 2 0:61 / /proc/sys/fs/binfmt_misc rw,relatime - binfmt_misc binfmt_misc rw
        """;

    [Fact]
    public void The_process_tells_who_it_is()
    {
        using var host = new FakeHost().With("proc/self/status", Status)
            .With("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n")
            .With("etc/group", "sudo:x:27:ann\ndocker:x:998:\ndisk:x:6:\nann:x:1000:\n");

        var facts = host.Read();

        Assert.Equal((1000, "ann", true, 0xa80425fbUL), (facts.Uid, facts.UserName, facts.Filtered, facts.Capabilities));
        Assert.Equal(["sudo", "docker"], facts.DangerousGroups);
    }

    [Theory]
    [InlineData("0 0 4294967295\n", true)]
    [InlineData("0 1000 1\n1 100000 65536\n", false)]
    public void Root_of_a_containers_user_namespace_is_not_real_root(string map, bool expected)
    {
        using var host = new FakeHost().With("proc/self/uid_map", map)
            .With("proc/self/status", "Uid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\n");

        var facts = host.Read();

        Assert.Equal((expected, expected), (facts.RealRoot, facts.Privileged));
    }

    [Fact]
    public void Covered_parts_of_proc_are_found_and_harmless_ones_left_out()
    {
        using var host = new FakeHost().With("proc/self/mountinfo", DockerMounts).With(".dockerenv", "");

        var facts = host.Read();

        Assert.Equal(["/proc/sys", "/proc/acpi"], facts.CoveredProcPaths);
        Assert.True(facts.ProcSysReadOnly);
        Assert.Equal(ContainerKind.Docker, facts.Container);
    }

    [Fact]
    public void A_virtual_machine_made_from_an_image_is_no_container()
    {
        using var host = new FakeHost().With(".dockerenv", "")
            .With("proc/self/mountinfo", "1 0 254:0 / / rw - ext4 /dev/root rw\n");

        Assert.Equal(ContainerKind.None, host.Read().Container);
    }

    [Theory]
    [InlineData("4.4.0-19041-Microsoft", 1)]
    [InlineData("5.15.153.1-microsoft-standard-WSL2", 2)]
    [InlineData("6.8.0-45-generic", 0)]
    public void WSL_is_known_by_the_kernels_release(string release, int version)
    {
        using var host = new FakeHost().With("proc/sys/kernel/osrelease", release + "\n");

        var facts = host.Read();

        Assert.Equal(version, facts.WslVersion);
    }

    [Fact]
    public void Sysctls_are_read_and_their_absence_is_no_zero()
    {
        using var host = new FakeHost().With("proc/sys/user/max_user_namespaces", "0\n")
            .With("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n");

        var facts = host.Read();

        Assert.Equal((0L, true), (facts.MaxUserNamespaces, facts.AppArmorRestrictsUserNamespaces));
        Assert.Null(facts.UnprivilegedUsernsClone);
        Assert.Null(facts.MemfdNoexec);
    }

    [Fact]
    public void A_version_2_group_is_found_below_its_mount()
    {
        using var host = new FakeHost().With("proc/self/cgroup", "0::/user.slice/app.scope\n")
            .With("proc/self/mountinfo", "1 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
            .With("sys/fs/cgroup/user.slice/app.scope/cgroup.controllers", "cpu memory pids\n")
            .With("sys/fs/cgroup/user.slice/app.scope/cgroup.procs", "");

        var cgroup = host.Read().Cgroup;

        Assert.Equal("/sys/fs/cgroup/user.slice/app.scope", cgroup.Version2Directory);
        Assert.Equal(["cpu", "memory", "pids"], cgroup.Version2[0].Controllers);
        Assert.True(cgroup.Version2[0].Writable);
    }

    [Fact]
    public void Version_1_groups_are_found_below_a_partly_mounted_hierarchy()
    {
        using var host = new FakeHost()
            .With("proc/self/cgroup", "5:cpu,cpuacct:/lxc/a/me\n4:memory:/me\n1:name=systemd:/\n")
            .With("proc/self/mountinfo",
                "1 0 0:1 /lxc/a /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
                + "2 0 0:2 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n")
            .With("sys/fs/cgroup/cpu/me/cgroup.procs", "");

        var cgroup = host.Read().Cgroup;

        Assert.Equal(["/sys/fs/cgroup/cpu/me", "/sys/fs/cgroup/memory/me"], cgroup.Version1.Select(group => group.Directory));
        Assert.Equal(["cpu", "cpuacct"], cgroup.Version1.Where(group => group.Writable).SelectMany(group => group.Controllers));
    }

    [Theory]
    [InlineData("ann:100000:65536\n", true)]
    [InlineData("1000:100000:65536\n", true)]
    [InlineData("anna:100000:65536\n", false)]
    public void Subordinate_ids_are_looked_up_by_name_and_by_number(string subuid, bool expected)
    {
        using var host = new FakeHost().With("proc/self/status", Status).With("etc/subuid", subuid)
            .With("etc/passwd", "ann:x:1000:1000::/home/ann:/bin/sh\n");

        var facts = host.Read();

        Assert.Equal(expected, facts.HasSubuid);
    }

    [Fact]
    public void A_host_without_any_file_is_read_without_failing()
    {
        using var host = new FakeHost();

        var facts = host.Read();

        Assert.Equal(("", new Version(0, 0)), (facts.KernelRelease, facts.KernelVersion));
    }
}
