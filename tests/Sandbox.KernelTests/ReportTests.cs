using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The result says what really held the job, as read back from the kernel.</summary>
[Trait("limits", "true")]
[Trait("limits", "scope")]
public sealed class ReportTests : KernelTest
{
    [KernelFact]
    public async Task The_namespaces_reported_are_those_of_the_job()
    {
        var result = await RunAsync(Probe.Job("own_namespace_ids", "mnt"));

        AssertPrinted($"mnt:[{result.Isolation!.Namespaces["mnt"]}]", result);
    }

    [KernelFact]
    public async Task The_inner_user_namespace_is_the_one_reported()
    {
        var result = await RunAsync(Probe.Job("own_namespace_ids", "user"));

        AssertPrinted($"user:[{result.Isolation!.Namespaces["user"]}]", result);
    }

    [KernelFact]
    public async Task The_isolation_is_complete()
    {
        var result = await RunAsync(Probe.Job("say", "x"));

        var isolation = result.Isolation!;
        Assert.Equal(["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"], isolation.Namespaces.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("0000000000000000", isolation.Capabilities);
        Assert.True(isolation.NoNewPrivs);
        Assert.Equal("default", isolation.SeccompPolicy);
        Assert.Equal(64, isolation.SeccompSha256.Length);
    }

    [KernelFact(Needs.Landlock)]
    public async Task Landlock_is_used_where_the_kernel_has_it()
    {
        var result = await RunAsync(Probe.Job("say", "x"));

        Assert.Equal(Requirements.LandlockAbi, result.Isolation!.Landlock);
    }

    [KernelFact]
    public async Task Every_limit_that_was_asked_for_is_in_the_enforcement()
    {
        var job = Probe.Job("say", "x") with
        {
            Limits = new ResourceLimits
            {
                CpuTime = TimeSpan.FromSeconds(1),
                IdleTime = TimeSpan.FromSeconds(5),
                StackBytes = 16 << 20,
            },
        };

        var result = await RunAsync(job);

        string[] expected = ["cpuTime", "disk", "fileSize", "idleTime", "memory", "openFiles", "output", "processes", "stack", "wallTime"];
        Assert.Subset(result.Enforcement.Keys.ToHashSet(), expected.ToHashSet());
        Assert.All(expected, name => Assert.NotEqual(Mechanism.None, result.Enforcement[name].By));
    }

    [KernelFact]
    public async Task A_limit_above_the_hosts_hard_limit_is_clamped_and_said()
    {
        var job = Probe.Job("state", "nofile");

        var result = await RunAsync(job with { Limits = job.Limits with { OpenFiles = 2_000_000_000 } });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(double.Parse(Out(result).Split(' ')[0], null), result.Enforcement["openFiles"].Effective);
    }

    [KernelFact]
    public async Task Phases_come_in_order_and_include_the_run()
    {
        var result = await RunAsync(Probe.Job("measure_wall", "100"));

        var starts = result.Phases.Select(phase => phase.StartMicroseconds).ToList();
        Assert.Equal(starts.Order(), starts);
        Assert.InRange(result.Phases.Single(phase => phase.Phase == JobPhase.Run).Microseconds, 95_000, 400_000);
    }

    [KernelFact]
    public async Task What_is_required_but_cannot_be_held_is_a_setup_error()
    {
        var job = Probe.Job("say", "must not run") with { Require = [RequiredLimit.Memory] };
        Verdict verdict;

        try
        {
            var result = await RunAsync(job);
            verdict = result.Enforcement.TryGetValue("memory", out var memory) && memory.By.IsCgroup()
                ? Verdict.SetupError
                : result.Verdict;
        }
        catch (SandboxException)
        {
            verdict = Verdict.SetupError;
        }

        Assert.Equal(Verdict.SetupError, verdict);
    }

    [KernelFact]
    public async Task The_wall_time_of_a_job_is_measured_to_a_few_milliseconds()
    {
        var result = await RunAsync(Probe.Job("measure_wall", "250"));

        Assert.InRange(result.Time.Wall, TimeSpan.FromMilliseconds(249), TimeSpan.FromMilliseconds(320));
    }
}
