using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Every verdict needs evidence: what the job does to itself is never blamed on a limit or a policy.</summary>
[Trait("limits", "true")]
public sealed class VerdictTests : KernelTest
{
    [KernelFact]
    public async Task A_job_that_exits_zero_is_ok()
    {
        var result = await RunAsync(Probe.Job("say", "hello world"));

        AssertPrinted("hello world", result);
        Assert.Equal(0, result.ExitCode);
        Assert.Null(result.Signal);
        Assert.Null(result.KilledBy);
    }

    [KernelTheory]
    [InlineData(1)]
    [InlineData(42)]
    [InlineData(255)]
    public async Task An_exit_status_is_passed_on(int status)
    {
        var result = await RunAsync(Probe.Job("exit_with", $"{status}"));

        AssertVerdict(Verdict.ExitCode, result);
        Assert.Equal(status, result.ExitCode);
        Assert.Null(result.KilledBy);
    }

    [KernelTheory]
    [InlineData(9, "SIGKILL")]
    [InlineData(24, "SIGXCPU")]
    [InlineData(31, "SIGSYS")]
    [InlineData(10, "SIGUSR1")]
    [InlineData(11, "SIGSEGV")]
    [InlineData(6, "SIGABRT")]
    public async Task A_signal_to_itself_is_the_jobs_own_doing(int number, string name)
    {
        var result = await RunAsync(Probe.Job("self_signal", $"{number}"));

        AssertVerdict(Verdict.Signal, result);
        Assert.Equal(name, result.Signal);
        Assert.Equal(Killer.Job, result.KilledBy);
        Assert.Null(result.ExitCode);
        Assert.Empty(result.LimitsHit);
        Assert.Empty(result.Violations);
    }

    [KernelFact]
    public async Task A_missing_command_is_exec_failed()
    {
        var result = await RunAsync(Probe.Job("no-such-probe"));

        AssertVerdict(Verdict.ExecFailed, result);
        Assert.Contains("not found", result.Message, StringComparison.OrdinalIgnoreCase);
    }

    [KernelFact]
    public async Task A_command_missing_from_PATH_is_exec_failed()
    {
        var result = await RunAsync(Probe.Tool("no-such-command-anywhere"));

        AssertVerdict(Verdict.ExecFailed, result);
        Assert.Contains("no-such-command-anywhere", result.Message, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_file_without_the_execute_bit_is_exec_failed()
    {
        var job = Probe.Job("say") with { Command = ["/work/script"], Files = [Text("/work/script", "#!/bin/sh\n", "0644")] };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.ExecFailed, result);
        Assert.Contains("execut", result.Message, StringComparison.OrdinalIgnoreCase);
    }

    [KernelFact]
    public async Task A_script_whose_interpreter_is_missing_is_exec_failed()
    {
        var job = Probe.Job("say") with { Command = ["/work/script"], Files = [Text("/work/script", "#!/no/such/interpreter\n", "0755")] };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.ExecFailed, result);
        Assert.Contains("interpreter", result.Message, StringComparison.OrdinalIgnoreCase);
    }

    [KernelFact]
    public async Task Text_that_is_no_program_is_exec_failed()
    {
        var job = Probe.Job("say") with { Command = ["/work/script"], Files = [Text("/work/script", "just words\n", "0755")] };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.ExecFailed, result);
    }

    [KernelFact]
    public async Task A_directory_is_no_command()
    {
        var result = await RunAsync(Probe.Job("say") with { Command = ["/probes"] });

        AssertVerdict(Verdict.ExecFailed, result);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_cancelled_job_is_cancelled_at_once()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = Runner.RunAsync(Probe.Job("sleep_forever"), cancel.Token);
        cancel.CancelAfter(TimeSpan.FromMilliseconds(300));

        var result = await running;

        AssertVerdict(Verdict.Cancelled, result);
        Assert.InRange(result.Time.Wall, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(2));
    }

    [KernelFact]
    public async Task The_job_ends_when_its_first_process_ends()
    {
        var result = await RunAsync(Probe.Job("hold_output_open"));

        AssertPrinted("main is done", result);
        Assert.InRange(result.Time.Wall, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [KernelFact]
    public async Task The_second_run_reports_only_its_own_figures()
    {
        await RunAsync(Probe.Job("eat_memory", $"{200 << 20}"));

        var result = await RunAsync(Probe.Job("say", "small"));

        AssertPrinted("small", result);
        Assert.InRange(result.Memory.PeakBytes, 0, 32L << 20);
        Assert.InRange(result.Time.Cpu, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));
    }

    internal static InjectedFile Text(string path, string text, string mode = "0644") => new()
    {
        Path = path,
        Mode = Convert.ToInt32(mode, 8),
        Content = new InlineContent { Bytes = System.Text.Encoding.UTF8.GetBytes(text) },
    };
}
