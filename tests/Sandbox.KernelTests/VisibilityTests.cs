using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a job can look at tells it nothing of the host.</summary>
public sealed class VisibilityTests : KernelTest
{
    [KernelFact]
    public async Task Only_its_own_processes_are_visible()
    {
        var result = await RunAsync(Probe.Job("list_pids"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Subset(new HashSet<string> { "1", "2" }, Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet());
    }

    [KernelFact]
    public async Task A_proc_of_processes_only_has_nothing_else()
    {
        var result = await RunAsync(Probe.Tool("sh", "-c", "cat /proc/self/comm; ls /proc | grep -v '^[0-9]'") with { Proc = ProcView.Pid });

        Assert.Equal("cat\nself\nthread-self\n", Out(result));
    }

    [KernelFact]
    public async Task A_job_is_the_first_to_go_when_the_host_runs_out_of_memory()
    {
        var result = await RunAsync(Probe.Tool("cat", "/proc/self/oom_score_adj"));

        Assert.Equal("1000\n", Out(result));
    }

    [KernelFact]
    public async Task The_host_name_is_the_jobs()
    {
        var job = Probe.Tool("sh", "-c", "uname -n; cat /proc/sys/kernel/hostname /etc/hostname") with { Hostname = "box-7" };

        var result = await RunAsync(job);

        Assert.All(Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Equal("box-7", line));
        Assert.DoesNotContain(Environment.MachineName, Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task The_hosts_environment_is_not_there()
    {
        Environment.SetEnvironmentVariable("SANDBOX_SECRET", "very-secret");

        var result = await RunAsync(Probe.Job("look", "very-secret", "/proc/self/environ", "/proc/1/environ"));

        AssertPrinted("nothing", result);
    }

    [KernelFact]
    public async Task Mount_sources_do_not_name_directories_of_the_host()
    {
        var result = await RunAsync(Probe.Job("look", "sandbox-test-", "/proc/self/mountinfo", "/proc/self/mounts", "/proc/self/maps") with
        {
            Mounts = [Probe.Mount, new TmpfsMount { Target = "/scratch", SizeBytes = 1 << 20 }],
        });

        AssertPrinted("nothing", result);
    }

    [KernelTheory]
    [InlineData("/proc/kcore")]
    [InlineData("/proc/kmsg")]
    [InlineData("/proc/keys")]
    [InlineData("/proc/key-users")]
    [InlineData("/proc/timer_list")]
    [InlineData("/proc/sched_debug")]
    [InlineData("/proc/cmdline")]
    [InlineData("/dev/kmsg")]
    [InlineData("/dev/mem")]
    [InlineData("/dev/vda")]
    [InlineData("/dev/sda")]
    [InlineData("/dev/fuse")]
    [InlineData("/dev/net/tun")]
    [InlineData("/dev/kvm")]
    [InlineData("/etc/shadow")]
    [InlineData("/etc/machine-id")]
    [InlineData("/root/.bashrc")]
    [InlineData("/sys/kernel/notes")]
    [InlineData("/sys/class/dmi/id/product_name")]
    [InlineData("/var/log/dpkg.log")]
    [InlineData("/var/lib/dpkg/status")]
    [InlineData("/etc/maven/settings.xml")]
    [InlineData("/etc/R/Renviron.site")]
    [InlineData("/run/utmp")]
    public async Task A_file_of_the_host_is_not_readable(string path)
    {
        var result = await RunAsync(Probe.Tool("/probes/open_file", path));

        AssertVerdict(Verdict.Ok, result);
        Assert.False(Out(result).StartsWith("escaped", StringComparison.Ordinal) && !Out(result).EndsWith($"read {path}: \n", StringComparison.Ordinal), Describe(result));
    }

    // Of what is the host's: those that are made for the job are the job's own.
    [KernelFact]
    public async Task Of_etc_and_var_there_are_only_files_that_everybody_may_read()
    {
        const string Script = "find /etc /var -mindepth 1 ! -type d ! -type l '(' ! -type f -o ! -perm -004 -o -user $(id -u) ')' 2>&1 | sort; find $(ls -d /etc /var 2>/dev/null) -type d ! -perm -005";
        string[] made = ["group", "host.conf", "hostname", "hosts", "nsswitch.conf", "passwd", "resolv.conf"];

        var result = await RunAsync(Probe.Tool("sh", "-c", Script));

        AssertVerdict(Verdict.Ok, result);
        Assert.Empty(Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries).Except([.. made.Select(name => "/etc/" + name), "find: ‘/var’: No such file or directory"]));
    }

    [KernelFact]
    public async Task No_file_of_etc_and_var_sets_a_password()
    {
        // nsswitch.conf names a table "passwd", and OpenSSL's settings come with an example.
        const string Script = "grep -rIliE '^([^#;%*]*[^#;%*a-z_])?(password|passwd|secret|api_?key|connectionstring)[a-z_.]* *[=:] *[^ ]' /etc /var --exclude-dir=certs --exclude=nsswitch.conf --exclude=openssl.cnf 2>/dev/null; true";

        AssertPrinted("", await RunAsync(Probe.Tool("sh", "-c", Script)));
    }

    [KernelTheory]
    [InlineData("/proc/sysrq-trigger")]
    [InlineData("/proc/sys/kernel/core_pattern")]
    [InlineData("/proc/sys/kernel/hostname")]
    [InlineData("/proc/sys/vm/drop_caches")]
    [InlineData("/proc/sys/user/max_user_namespaces")]
    [InlineData("/proc/irq/default_smp_affinity")]
    [InlineData("/proc/sys/kernel/ns_last_pid")]
    [InlineData("/proc/mtrr")]
    public async Task A_switch_of_the_kernel_cannot_be_opened_for_writing(string path)
    {
        var result = await RunAsync(Probe.Job("open_file", path, "w"));

        AssertDenied(result);
    }

    [KernelFact]
    public async Task Sys_is_absent_or_empty()
    {
        var result = await RunAsync(Probe.Tool("/probes/list", "/sys"));

        Assert.True(Out(result) is "" or "denied ENOENT\n", Describe(result));
    }

    // Not the number of devices of others either, which the links of a directory would tell.
    [KernelTheory]
    [InlineData("none")]
    [InlineData("loopback")]
    public async Task Sys_shows_the_devices_of_the_jobs_own_network_and_nothing_else(string network)
    {
        var result = await RunAsync(Probe.Tool("sh", "-c", """
            find /sys -not -path '/sys/devices/virtual/net/lo/*' | sort | tr '\n' ' '; ls /sys/class/net; cat /sys/class/net/lo/mtu; stat -c %h /sys/devices/virtual/net
            for file in /sys/class/net/lo/mtu /sys/class/net/lo/flags /sys/made; do echo 1 2>&- > $file && echo escaped; done; ls /sys/class/net/lo/subsystem
            """) with { Network = Network.Parse(network), Sys = SysView.Network });

        if (result is { Verdict: Verdict.SetupError, Error: { Step: "sysfs", Errno: "EPERM" } })
        {
            return; // parts of this machine's own /sys are covered
        }

        AssertPrinted("/sys /sys/class /sys/class/net /sys/class/net/lo /sys/devices /sys/devices/virtual /sys/devices/virtual/net /sys/devices/virtual/net/lo lo\n65536\n3\nlo", result);
    }

    [KernelFact]
    public async Task Dev_holds_only_harmless_devices()
    {
        var harmless = new HashSet<string>(["console", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero", "mqueue", "core"]);

        var result = await RunAsync(Probe.Job("list", "/dev"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Subset(harmless, Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet());
        Assert.Contains("null\n", Out(result), StringComparison.Ordinal);
    }

    [KernelTheory]
    [Trait("limits", "true")]
    [InlineData(ProcView.Full)]
    [InlineData(ProcView.Pid)]
    public async Task The_cgroup_path_of_the_host_is_hidden(ProcView view)
    {
        var files = new[] { "/proc/self/cgroup", "/proc/self/cpuset", "/proc/1/cgroup", "/proc/1/cpuset", "/proc/1/task/1/cgroup", "/proc/1/task/1/cpuset", "/proc/cgroups" };

        var result = await RunAsync(Probe.Job("look", ["/", .. files]) with { Proc = view });

        AssertVerdict(Verdict.Ok, result);
        Assert.All(Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches("^found in /proc/self/(cgroup: [0-9]+:[^/]*:/|cpuset: /)$", line));
    }

    [KernelFact]
    public async Task The_users_of_the_host_are_not_listed()
    {
        var result = await RunAsync(Probe.Tool("/probes/look", "sandbox-test", "/etc/passwd", "/etc/group", "/etc/hosts"));

        AssertPrinted("nothing", result);
    }

    [KernelFact]
    public async Task The_jobs_user_has_a_name()
    {
        var result = await RunAsync(Probe.Tool("sh", "-c", "test -n \"$(id -un)\" && test \"$(id -u)\" = 1000 && cd ~ && pwd"));

        AssertPrinted("/work", result);
    }

    [KernelFact]
    public async Task Home_directories_of_the_host_are_absent()
    {
        var result = await RunAsync(Probe.Tool("/probes/list", "/"));

        var names = Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.DoesNotContain("home", names);
        Assert.DoesNotContain("root", names);
        Assert.DoesNotContain("run", names);
    }

    [KernelFact]
    public async Task Of_var_there_is_only_the_data_of_toolchains()
    {
        var result = await RunAsync(Probe.Tool("sh", "-c", "ls -A /var /var/lib 2>/dev/null; true"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Empty(Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries).Except(["/var:", "/var/lib:", "lib", "chicken", "gems", "ghc", "ghostscript", "texmf"]));
    }

    [KernelFact]
    public async Task Nothing_is_left_of_the_old_root()
    {
        var result = await RunAsync(Probe.Job("look", "ext4", "/proc/self/mountinfo") with { Mounts = [Probe.Mount] });

        AssertVerdict(Verdict.Ok, result);
        Assert.All(Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries), line =>
            Assert.True(line == "nothing" || line.Contains(" /probes ", StringComparison.Ordinal), line));
    }
}
