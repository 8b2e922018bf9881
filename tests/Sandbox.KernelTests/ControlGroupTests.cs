using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What control groups hold is held by the kernel, and what is said of them is what the kernel says.</summary>
[Trait("limits", "true")]
[Trait("limits", "scope")]
public sealed class ControlGroupTests : KernelTest
{
    private const long Memory = (40L << 20) + 100;

    [KernelFact]
    public async Task Limits_are_held_by_what_this_host_is_known_to_have()
    {
        var job = Probe.Job("say", "x");

        var result = await RunAsync(job with { Limits = job.Limits with { CpuTime = TimeSpan.FromSeconds(5) } });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(ControlGroup.Expected ?? result.Enforcement["memory"].By.Word(), result.Enforcement["memory"].By.Word());
        Assert.Equal(result.Enforcement["memory"].By.IsCgroup(), result.Enforcement["processes"].By.IsCgroup());
    }

    [KernelFact(Needs.ControlGroups)]
    public async Task What_is_required_is_granted()
    {
        var job = Probe.Job("say", "x");

        var result = await RunAsync(job with
        {
            Limits = job.Limits with { CpuTime = TimeSpan.FromSeconds(5) },
            Require = [RequiredLimit.Memory, RequiredLimit.CpuTime, RequiredLimit.Processes, RequiredLimit.Disk, RequiredLimit.WallTime],
        });

        AssertPrinted("x", result);
    }

    [KernelFact]
    public async Task What_is_required_is_refused_without_control_groups()
    {
        using var runner = new SandboxRunner(new SandboxOptions { Cgroup = "none" });

        var result = await runner.RunAsync(Probe.Job("say", "must not run") with { Require = [RequiredLimit.Memory] }, Cancellation);

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal("/require/0", result.Error!.Pointer);
        Assert.NotNull(result.Error.Hint);
    }

    [KernelFact]
    public async Task A_limit_that_nothing_holds_is_a_setup_error()
    {
        using var runner = new SandboxRunner(new SandboxOptions { Cgroup = "none" });
        var job = Probe.Job("say", "must not run");

        var result = await runner.RunAsync(job with { Limits = job.Limits with { Cpus = 0.5 } }, Cancellation);

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal("/limits/cpus", result.Error!.Pointer);
        Assert.Equal("/limits/cpuWeight", (await runner.RunAsync(job with { Limits = job.Limits with { CpuWeight = 50 } }, Cancellation)).Error!.Pointer);
    }

    [KernelFact]
    public async Task A_directory_that_is_no_control_group_is_a_setup_error()
    {
        using var runner = new SandboxRunner(new SandboxOptions { Cgroup = Directory });

        var result = await runner.RunAsync(Probe.Job("say", "must not run"), Cancellation);

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal(Directory, result.Error!.Path);
    }

    [KernelFact(Needs.ControlGroups)]
    public async Task The_kernel_says_of_a_running_job_what_its_result_says()
    {
        var mark = $"mark-{Guid.NewGuid():N}";
        var job = Probe.Job("sleep_forever", mark);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = Runner.RunAsync(job with { Limits = job.Limits with { MemoryBytes = Memory, Processes = 9 } }, stop.Token);
        var pid = await PidOfAsync(mark);

        var memory = ControlGroup.Read(pid, "memory.max", "memory.limit_in_bytes");
        var tasks = ControlGroup.Read(pid, "pids.max");
        var swap = ControlGroup.Read(pid, "memory.swap.max", "memory.memsw.limit_in_bytes");
        await stop.CancelAsync();
        var result = await running;

        Assert.Equal(result.Enforcement["memory"].Effective, double.Parse(memory!, CultureInfo.InvariantCulture));
        Assert.Equal(40L << 20, result.Enforcement["memory"].Effective);
        Assert.Equal(result.Enforcement["processes"].Effective, double.Parse(tasks!, CultureInfo.InvariantCulture));
        Assert.Contains(swap, new[] { null, "0", $"{40L << 20}" });
    }

    [KernelFact(Needs.ControlGroups)]
    public async Task A_child_that_the_kernel_killed_makes_the_job_memory_limit()
    {
        var job = Probe.Job("eat_memory_in_child", $"{400 << 20}");

        var result = await RunAsync(job with { Limits = job.Limits with { MemoryBytes = Memory } });

        AssertVerdict(Verdict.MemoryLimit, result);
        Assert.Contains("memory", result.LimitsHit);
        Assert.InRange(result.Memory.OomKills, 1, 2);
        Assert.False(result.Memory.Sampled);
    }

    [KernelFact(Needs.ControlGroups)]
    public async Task A_job_that_the_kernel_killed_is_told_from_one_that_killed_itself()
    {
        var eater = Probe.Job("eat_memory", $"{400 << 20}");

        var eaten = await RunAsync(eater with { Limits = eater.Limits with { MemoryBytes = Memory } });
        var suicide = await RunAsync(Probe.Job("self_signal", "9"));

        AssertVerdict(Verdict.MemoryLimit, eaten);
        Assert.Equal(("SIGKILL", Killer.KernelOom), (eaten.Signal, eaten.KilledBy));
        AssertVerdict(Verdict.Signal, suicide);
        Assert.Equal(("SIGKILL", Killer.Job), (suicide.Signal, suicide.KilledBy));
    }

    [KernelFact(Needs.ControlGroups)]
    public async Task The_second_of_two_jobs_is_told_only_its_own_figures()
    {
        var first = await RunAsync(Probe.Job("eat_memory", $"{24 << 20}"));

        var second = await RunAsync(Probe.Job("say", "small"));

        Assert.True(first.Memory.PeakBytes > 24 << 20, Describe(first));
        AssertPrinted("small", second);
        Assert.InRange(second.Memory.PeakBytes, 1, 8L << 20);
        Assert.True(second.Time.Cpu < first.Time.Cpu, $"{second.Time.Cpu} after {first.Time.Cpu}");
    }

    [KernelFact(Needs.ControlGroups)]
    public async Task A_refused_fork_is_counted()
    {
        var job = Probe.Job("fork_bomb", "100");

        var result = await RunAsync(job with { Limits = job.Limits with { Processes = 10 } });

        Assert.StartsWith("denied EAGAIN after 9", Out(result), StringComparison.Ordinal);
        Assert.Equal(["processes"], result.LimitsHit);
        Assert.True(result.ProcessesRefused > 0, Describe(result));
        Assert.Equal(10, result.ProcessesPeak);
    }

    [KernelFact(Needs.ControlGroups)]
    public async Task Address_space_that_is_only_reserved_costs_nothing()
    {
        var job = Probe.Job("big_bss");

        var result = await RunAsync(job with { Limits = job.Limits with { MemoryBytes = 64 << 20 } });

        AssertVerdict(Verdict.Ok, result);
        Assert.InRange(result.Memory.PeakBytes, 0, 64L << 20);
    }

    [KernelFact(Needs.ControlGroups)]
    public async Task Bandwidth_slows_a_job_down()
    {
        var job = Probe.Job("burn_user") with
        {
            Limits = new ResourceLimits { Cpus = 0.2, WallTime = TimeSpan.FromSeconds(2) },
        };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.WallTimeLimit, result);
        Assert.Equal(0.2, result.Enforcement["cpus"].Effective);
        Assert.InRange(result.Time.Cpu.TotalSeconds, 0.1, 0.7);
        Assert.True(result.Quality!.Throttled > TimeSpan.FromSeconds(0.5), result.Quality.ToString());
    }

    // Of version 1 the kernel has shares, of which 1024 are 100.
    [KernelFact(Needs.ControlGroups)]
    public async Task A_share_of_the_processors_is_what_was_asked_for()
    {
        var job = Probe.Job("say", "ran");

        foreach (var weight in (int[])[1, 25, 10_000])
        {
            var result = await RunAsync(job with { Limits = job.Limits with { CpuWeight = weight } });

            AssertPrinted("ran", result);
            Assert.Equal((weight, weight), ((int)result.Enforcement["cpuWeight"].Requested!, (int)result.Enforcement["cpuWeight"].Effective!));
        }
    }

    [KernelFact]
    public async Task A_job_runs_on_the_processors_it_is_given()
    {
        var result = await RunAsync(Probe.Tool("grep", "Cpus_allowed_list", "/proc/self/status") with { Cpuset = "0" });

        AssertPrinted("Cpus_allowed_list:\t0", result);
        Assert.Equal(1, result.Enforcement["cpuset"].Effective);
        Assert.Equal("0", result.Quality!.Cpus);
    }

    [KernelFact]
    public async Task A_leased_core_is_one_jobs_at_a_time()
    {
        using var runner = new SandboxRunner(new SandboxOptions { LeasedCpus = "0" });
        var clock = Stopwatch.StartNew();

        var results = await Task.WhenAll(
            runner.RunAsync(Probe.Job("measure_wall", "400"), Cancellation), runner.RunAsync(Probe.Job("measure_wall", "400"), Cancellation));

        Assert.All(results, result => AssertVerdict(Verdict.Ok, result));
        Assert.All(results, result => Assert.Equal("0", result.Quality!.Cpus));
        Assert.True(clock.Elapsed >= TimeSpan.FromMilliseconds(800), $"both within {clock.Elapsed}");
    }

    [KernelFact]
    public async Task More_cores_than_there_are_to_lease_is_a_setup_error()
    {
        using var runner = new SandboxRunner(new SandboxOptions { LeasedCpus = "0", Cgroup = "none" });
        var job = Probe.Job("say", "must not run");

        var result = await runner.RunAsync(job with { Limits = job.Limits with { Cpus = 2 } }, Cancellation);

        AssertVerdict(Verdict.SetupError, result);
    }

    [KernelFact]
    public async Task A_processor_that_does_not_exist_is_a_setup_error()
    {
        var result = await RunAsync(Probe.Job("say", "must not run") with { Cpuset = "4000" });

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal("/cpuset", result.Error!.Pointer);
    }

    [KernelFact(Needs.ControlGroups)]
    public async Task A_full_page_cache_is_no_excess()
    {
        var job = Probe.Tool("/probes/stream_beside_cache", "3", "/usr/lib/os-release", "/usr/bin/perl", "/usr/bin/python3", "/usr/bin/gdb", "/usr/bin/git");

        var result = await RunAsync(job with { Network = Network.Loopback, Limits = job.Limits with { MemoryBytes = 16 << 20 } });

        // Whether the kernel finds enough to reclaim is its own affair; a job that it left alone was within its limit.
        Assert.True(result.Verdict == Verdict.Ok || result.Memory.OomKills > 0, Describe(result));
    }

    private static async Task<int> PidOfAsync(string mark)
    {
        while (HostProcesses.WithArgument(mark).Count == 0)
        {
            await Task.Delay(5, Cancellation);
        }

        return HostProcesses.WithArgument(mark)[0];
    }
}
