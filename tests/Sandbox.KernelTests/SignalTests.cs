using Sandbox.Execution;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A caller who stays with a job can send it signals: each arrives, none arrives elsewhere, and no limit is loosened by them.</summary>
public sealed class SignalTests : KernelTest
{
    private const int Interrupt = 2;
    private const int User1 = 10;
    private const int Terminate = 15;
    private const int Continue = 18;
    private const int TerminalStop = 20;

    [KernelTheory]
    [InlineData(1)]
    [InlineData(Interrupt)]
    [InlineData(3)]
    [InlineData(User1)]
    [InlineData(12)]
    [InlineData(Terminate)]
    [InlineData(Continue)]
    [InlineData(TerminalStop)]
    [InlineData(64)]
    public async Task A_signal_reaches_the_first_process(int signal)
    {
        var job = Start(Probe.Job("take_signals", "1"));
        await job.SaysAsync("ready");

        job.Attachment.Signal(signal);

        var (result, output) = await job.EndAsync();
        AssertVerdict(Verdict.Ok, result);
        Assert.Equal($"ready\n{signal} from 1\n", output);
    }

    [KernelFact]
    public async Task A_job_that_ends_by_it_was_not_killed_by_itself()
    {
        var job = Start(Probe.Tool("sh", "-c", "echo ready; exec sleep 60"));
        await job.SaysAsync("ready");

        job.Attachment.Signal(Terminate);

        var result = await job.Result;
        AssertVerdict(Verdict.Signal, result);
        Assert.Equal(("SIGTERM", null), (result.Signal, result.KilledBy));
        Assert.Equal("ended by SIGTERM (signal 15), which the caller passed on", result.Message);
    }

    [KernelFact]
    public async Task A_job_beside_it_hears_nothing()
    {
        using var runner = new SandboxRunner();
        var bystander = AttachedJob.Start(runner, Probe.Job("take_signals", "1"), Directory, Cancellation);
        var job = Start(Probe.Job("take_signals", "1"));
        await bystander.SaysAsync("ready");
        await job.SaysAsync("ready");

        job.Attachment.Signal(Terminate);
        AssertVerdict(Verdict.Ok, await job.Result);
        bystander.Attachment.Signal(User1);

        Assert.Equal("ready\n10 from 1\n", (await bystander.EndAsync()).Output);
    }

    [KernelFact]
    public async Task A_job_may_handle_it_and_end_as_it_likes()
    {
        var job = Start(Probe.Tool("sh", "-c", "trap 'echo cleaned; exit 7' TERM; echo ready; while :; do sleep 0.05; done"));
        await job.SaysAsync("ready");

        job.Attachment.Signal(Terminate);

        var (result, output) = await job.EndAsync();
        AssertVerdict(Verdict.ExitCode, result);
        Assert.Equal((7, "ready\ncleaned\n"), (result.ExitCode, output));
    }

    // Before execve pid 1 hears nothing, and the runner has not even started: the signal waits for the job.
    [KernelFact(Timeout = 60_000)]
    public async Task A_signal_before_the_start_is_not_lost()
    {
        for (var round = 0; round < 10; round++)
        {
            var attachment = new JobAttachment();
            attachment.Signal(Terminate);

            var job = AttachedJob.Start(Runner, Probe.Tool("sleep", "60"), Directory, attachment, TestContext.Current.CancellationToken);

            var result = await job.Result;
            AssertVerdict(Verdict.Signal, result);
            Assert.Equal("SIGTERM", result.Signal);
        }
    }

    [KernelFact(Timeout = 120_000)]
    public async Task A_signal_at_any_moment_of_the_start_is_not_lost()
    {
        for (var round = 0; round < 40; round++)
        {
            var attachment = new JobAttachment();
            var job = AttachedJob.Start(Runner, Probe.Tool("sleep", "60"), Directory, attachment, TestContext.Current.CancellationToken);
            await Task.Delay(TimeSpan.FromMicroseconds(round * 500), TestContext.Current.CancellationToken);

            attachment.Signal(Terminate);

            AssertVerdict(Verdict.Signal, await job.Result);
        }
    }

    [KernelFact]
    public async Task Signals_that_wait_come_once_each()
    {
        var attachment = new JobAttachment();
        foreach (var signal in (int[])[Terminate, User1, Terminate, Terminate, 64, User1])
        {
            attachment.Signal(signal);
        }

        var job = AttachedJob.Start(Runner, Probe.Job("take_signals", "1"), Directory, attachment, Cancellation);

        // Whether they find the probe's mask or the default action is a matter of time: the first default one ends it.
        var (result, output) = await job.EndAsync();
        Assert.True(result.Verdict is Verdict.Ok or Verdict.Signal, Describe(result));
        Assert.DoesNotContain("15 from 1\n15", output, StringComparison.Ordinal);
    }

    // As for docker's first process: a stop that nobody handles is none, because its process group is orphaned.
    [KernelFact]
    public async Task A_terminal_stop_stops_no_job()
    {
        var job = Start(Probe.Tool("sh", "-c", "echo ready; while [ ! -e /tmp/never ]; do sleep 0.05; echo on; done"));
        await job.SaysAsync("ready");

        job.Attachment.Signal(TerminalStop);

        var before = job.Output.Length;
        await job.SaysAsync(string.Concat(Enumerable.Repeat("on\n", (before / 3) + 4)));
        job.Attachment.Signal(Terminate);
        Assert.Equal("SIGTERM", (await job.Result).Signal);
    }

    [KernelFact]
    public async Task A_stopped_job_is_held_to_its_wall_time()
    {
        var spec = Probe.Job("stop_self");
        var job = Start(spec with { Limits = spec.Limits with { WallTime = TimeSpan.FromMilliseconds(500) * Requirements.Slowness } });

        job.Attachment.Signal(Continue);
        job.Attachment.Signal(Terminate);

        var result = await job.Result;
        Assert.True(result.Verdict is Verdict.WallTimeLimit or Verdict.Signal, Describe(result));
    }

    [KernelFact]
    public async Task A_job_that_ignores_signals_is_held_to_its_wall_time()
    {
        var spec = Probe.Job("sleep_forever", "ready");
        var job = Start(spec with { Limits = spec.Limits with { WallTime = TimeSpan.FromMilliseconds(600) * Requirements.Slowness } });
        await job.SaysAsync("ready");

        job.Attachment.Signal(Interrupt);
        job.Attachment.Signal(Terminate);

        var result = await job.Result;
        AssertVerdict(Verdict.WallTimeLimit, result);
        Assert.Equal(Killer.Sandbox, result.KilledBy);
    }

    // The channel holds a few hundred words: the one that kills must always find room.
    [KernelFact(Needs.NativeKernel)]
    public async Task A_flood_of_signals_does_not_keep_a_cancellation_out()
    {
        using var stop = new CancellationTokenSource();
        var job = AttachedJob.Start(Runner, Probe.Job("sleep_forever", "ready"), Directory, new JobAttachment(), stop.Token);
        await job.SaysAsync("ready");

        for (var count = 0; count < 20_000; count++)
        {
            job.Attachment.Signal(1 + (count % 8));
        }

        await stop.CancelAsync();

        var result = await job.Result;
        AssertVerdict(Verdict.Cancelled, result);
        Assert.Equal(Killer.Sandbox, result.KilledBy);
    }

    [KernelFact]
    public async Task A_signal_after_the_end_has_nobody_to_reach()
    {
        var job = Start(Probe.Job("say", "x"));
        await job.Result;

        job.Attachment.Signal(Terminate);

        AssertPrinted("y", await RunAsync(Probe.Job("say", "y")));
    }

    [KernelTheory]
    [InlineData(9)]
    [InlineData(19)]
    public async Task What_no_process_can_handle_is_refused(int signal)
    {
        var job = Start(Probe.Job("take_signals", "1"));
        await job.SaysAsync("ready");

        Assert.Throws<ArgumentOutOfRangeException>(() => job.Attachment.Signal(signal));

        job.Attachment.Signal(User1);
        AssertVerdict(Verdict.Ok, await job.Result);
    }

    [KernelFact]
    public async Task Outputs_are_collected_after_an_end_by_signal()
    {
        var spec = Probe.Tool("sh", "-c", "echo kept > /work/kept; echo ready; exec sleep 60");
        var job = Start(spec with { Outputs = [new OutputSpec { Path = "/work/kept", To = Path.Combine(Directory, "kept") }] });
        await job.SaysAsync("ready");

        job.Attachment.Signal(Terminate);
        job.Attachment.Signal(Terminate);

        AssertVerdict(Verdict.Signal, await job.Result);
        Assert.Equal("kept\n", await File.ReadAllTextAsync(Path.Combine(Directory, "kept"), Cancellation));
    }

    private AttachedJob Start(JobSpec spec) => AttachedJob.Start(Runner, spec, Directory, Cancellation);
}
