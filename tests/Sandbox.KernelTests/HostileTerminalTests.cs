using System.Text;
using Sandbox.Execution;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Whatever a job does to its terminal, it is its own: the host is not blocked, nobody else's is reached, every limit holds.</summary>
public sealed class HostileTerminalTests : KernelTest
{
    private const long Limit = 1L << 20;

    // Where a policy allows it, what is pushed is read by nobody but the job.
    [KernelTheory]
    [InlineData("default", "denied EPERM")]
    [InlineData("build", "denied EPERM")]
    public async Task Pushing_input_is_refused(string policy, string expected)
    {
        var result = await RunAsync(InTerminal("terminal_push") with { Seccomp = new NamedPolicy { Name = policy } });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(expected, Out(result).TrimEnd());
    }

    [KernelFact]
    public async Task Pushing_input_ends_a_judged_job() =>
        AssertVerdict(Verdict.PolicyViolation, await RunAsync(InTerminal("terminal_push") with { Seccomp = new NamedPolicy { Name = "judge" } }));

    [KernelFact]
    public async Task A_job_without_a_terminal_has_none_to_push_into() =>
        AssertDenied(await RunAsync(Probe.Job("terminal_push")));

    [KernelTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_job_cannot_use_up_the_terminals_of_others(bool hasTerminal)
    {
        var job = Probe.Job("terminal_many") with { Terminal = hasTerminal };
        job = job with { Limits = job.Limits with { OpenFiles = 1000 } };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal($"{(hasTerminal ? 63 : 64)} ENOSPC", Out(result).TrimEnd());
    }

    [KernelTheory]
    [InlineData("/dev/console")]
    [InlineData("/dev/tty0")]
    [InlineData("/dev/tty1")]
    [InlineData("/dev/vcs")]
    [InlineData("/dev/pts/1")]
    public async Task No_other_terminal_is_there(string path) =>
        AssertDenied(await RunAsync(InTerminal("open_file", path, "w")));

    [KernelFact]
    public async Task A_flood_is_ended_at_the_output_limit()
    {
        var result = await RunAsync(Flooding());

        AssertVerdict(Verdict.OutputLimit, result);
        Assert.Equal(Killer.Sandbox, result.KilledBy);
        Assert.True((result.Stdout.Content?.Length ?? 0) <= Limit, Describe(result));
    }

    [KernelFact]
    public async Task A_flood_can_be_truncated_instead()
    {
        var result = await RunAsync(Flooding($"{5 << 20}") with { OnOutputLimit = OutputLimitAction.Truncate });

        AssertVerdict(Verdict.Ok, result);
        Assert.True(result.Stdout.Truncated);
        Assert.Equal(5 << 20, result.Stdout.Bytes);
        Assert.Equal(Limit, result.Stdout.Content!.Value.Length);
    }

    [KernelFact]
    public async Task A_daemon_that_keeps_it_open_does_not_keep_the_result_back()
    {
        var result = await RunAsync(InTerminal("hold_output_open"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal("main is done\r\n", Out(result));
    }

    [KernelFact]
    public async Task A_job_that_never_reads_does_not_block_the_host()
    {
        var job = InTerminal("sleep_forever", "here") with { Stdin = Inline(new string('x', 99) + "\n", 100_000) };

        var result = await RunAsync(job with { Limits = job.Limits with { WallTime = TimeSpan.FromSeconds(1) * Requirements.Slowness } });

        AssertVerdict(Verdict.WallTimeLimit, result);
        Assert.Contains("here", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_job_that_ends_without_reading_does_not_block_the_host()
    {
        var result = await RunAsync(InTerminal("say", "not reading") with { Stdin = Inline(new string('x', 99) + "\n", 100_000) });

        AssertVerdict(Verdict.Ok, result);
        Assert.Contains("not reading", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_job_that_stops_its_own_output_is_held_to_its_limits()
    {
        var job = Probe.Tool("sh", "-c", "(sleep 30; echo) & exec /probes/flood 1 1") with { Terminal = true, Stdin = Inline("\u0013", 1) };
        job = job with { Limits = job.Limits with { WallTime = TimeSpan.FromSeconds(1) * Requirements.Slowness, OutputBytes = Limit } };

        var result = await RunAsync(job);

        Assert.True(result.Verdict is Verdict.WallTimeLimit or Verdict.OutputLimit, Describe(result));
    }

    [KernelFact]
    public async Task The_state_it_is_left_in_is_nobody_elses()
    {
        var left = await RunAsync(InTerminal("terminal_leave_raw"));

        var result = await RunAsync(InTerminal("terminal_state"));

        AssertVerdict(Verdict.Ok, left);
        Assert.Equal("left raw\n", Out(left));
        Assert.Contains("size 24 80\r\n", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Two_jobs_side_by_side_have_one_each_by_the_same_name()
    {
        var stay = AttachedJob.Start(Runner, InTerminal("terminal_resize"), Directory, Cancellation);
        await stay.SaysAsync("before 24 80");

        var result = await RunAsync(InTerminal("terminal_state"));
        stay.Attachment.Resize(new(10, 20));

        Assert.Contains("name /dev/pts/0", Out(result), StringComparison.Ordinal);
        Assert.Contains("size 24 80", Out(result), StringComparison.Ordinal);
        AssertVerdict(Verdict.Ok, await stay.Result);
        Assert.Contains("after 10 20", stay.Output, StringComparison.Ordinal);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_cancellation_does_not_wait_for_a_flood()
    {
        using var stop = new CancellationTokenSource();
        var job = InTerminal("flood", "1", "1") with { OnOutputLimit = OutputLimitAction.Truncate };
        var running = AttachedJob.Start(Runner, job, Directory, new JobAttachment(), stop.Token);
        await running.SaysAsync("x");

        await stop.CancelAsync();

        AssertVerdict(Verdict.Cancelled, await running.Result);
    }

    private static JobSpec InTerminal(string probe, params string[] arguments) => Probe.Job(probe, arguments) with { Terminal = true };

    private static JobSpec Flooding(params string[] most)
    {
        var job = InTerminal("flood", ["1", "1", .. most]);
        return job with { Limits = job.Limits with { OutputBytes = Limit } };
    }

    private static ContentStdin Inline(string text, int times) =>
        new() { Content = new InlineContent { Bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text, times))) } };
}
