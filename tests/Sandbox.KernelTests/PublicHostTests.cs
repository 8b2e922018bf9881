using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a program asks of this machine, and what the command runs jobs with.</summary>
public sealed class PublicHostTests : KernelTest
{
    [KernelFact]
    public async Task The_host_that_runs_jobs_is_reported_ready()
    {
        var report = await SandboxHost.ProbeAsync(cancellationToken: Cancellation);

        Assert.True(report.IsReady, string.Join(", ", report.Requirements.Where(requirement => requirement.State == RequirementState.Missing).Select(requirement => requirement.Name)));
        Assert.Equal((await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", Cancellation)).Trim(), report.Kernel);
        Assert.All(report.Requirements, requirement => Assert.Equal(requirement.Blocker is null, requirement.Fix is null));
    }

    [KernelFact]
    public async Task A_launcher_that_cannot_be_started_is_a_report_and_no_exception()
    {
        var report = await SandboxHost.ProbeAsync(new SandboxOptions { LauncherPath = Path.Combine(Directory, "nothing") }, Cancellation);

        Assert.False(report.IsReady);
        Assert.Contains(report.Requirements, requirement => requirement is { IsRequired: true, State: RequirementState.Missing, Detail: "ENOENT" });
    }

    [KernelFact]
    public async Task A_probe_that_was_given_up_ends()
    {
        var launcher = Path.Combine(Directory, "launcher");
        await File.WriteAllTextAsync(launcher, "#!/bin/sh\nexec sleep 60\n", Cancellation);
        File.SetUnixFileMode(launcher, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SandboxHost.ProbeAsync(new() { LauncherPath = launcher }, soon.Token).WaitAsync(TimeSpan.FromSeconds(20), Cancellation));
    }

    [KernelFact]
    public void Jobs_run_one_after_the_other_on_the_calling_thread()
    {
        using var runner = new OneShotRunner(new SandboxOptions());

        var first = runner.Run(new JobSpec { Command = ["sh", "-c", "echo one"] }, foreground: null, Cancellation);
        Assert.Equal((Verdict.Ok, "one\n"), (first.Verdict, Encoding.UTF8.GetString(first.Stdout.Content!.Value.Span)));
        var second = runner.Run(new JobSpec { Command = ["sh", "-c", "exit 3"] }, foreground: null, Cancellation);

        Assert.Equal((Verdict.ExitCode, 3), (second.Verdict, second.ExitCode));
        Assert.Throws<InvalidJobException>(() => runner.Run(new JobSpec { Command = [] }, foreground: null, Cancellation));
    }

    [KernelFact]
    public void A_signal_that_comes_before_the_start_is_kept_for_the_job()
    {
        using var runner = new OneShotRunner(new SandboxOptions());
        var foreground = new JobForeground();
        Assert.False(foreground.HasStarted);
        Assert.True(foreground.Signal(Signals.NumberOf("SIGTERM")));

        var result = runner.Run(new JobSpec { Command = ["sleep", "30"] }, foreground, Cancellation);

        Assert.Equal((Verdict.Signal, "SIGTERM", true), (result.Verdict, result.Signal, foreground.HasStarted));
        Assert.False(foreground.Signal(Signals.NumberOf("SIGTERM")));
    }

    [KernelFact]
    public void What_a_job_says_of_a_read_only_file_system_is_heard()
    {
        using var runner = new OneShotRunner(new SandboxOptions());
        var foreground = new JobForeground();

        _ = runner.Run(new JobSpec { Command = ["sh", "-c", "touch /usr/x"] }, foreground, Cancellation);

        Assert.Contains("ead-only file system", Assert.Single(foreground.ReadOnlyComplaints), StringComparison.Ordinal);
    }
}
