using System.Diagnostics;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>When the supervising process is killed, whenever that is, its job is dead at once and nothing is left.</summary>
[Trait("limits", "true")]
public sealed class LifelineTests : KernelTest
{
    private const int Rounds = 40;

    [KernelFact(Timeout = 120_000)]
    public async Task A_killed_supervisor_takes_its_job_along()
    {
        var mark = $"mark-{Guid.NewGuid():N}";
        var job = JobFiles.Write(Directory, ["/probes/sleep_forever", mark]);
        var random = new Random(11);
        var times = new List<double>();

        for (var round = 0; round < Rounds; round++)
        {
            times.Add(await KillAfterAsync(job, mark, TimeSpan.FromMilliseconds(random.Next(0, 60)), TestContext.Current.CancellationToken));
        }

        Assert.True(times.Order().ElementAt(Rounds / 2) < 100 * Requirements.Slowness, $"median of {string.Join(' ', times)} ms");
        Assert.True(times.Max() < 1000 * Requirements.Slowness, $"longest of {string.Join(' ', times)} ms");
    }

    [KernelFact(Needs.Unprivileged, Timeout = 60_000)]
    public async Task A_killed_supervisor_leaves_no_process_mount_or_file()
    {
        var job = JobFiles.Write(Directory, ["/probes/sleep_forever", "left"]);
        var mounts = await File.ReadAllTextAsync("/proc/self/mountinfo", Cancellation);
        var files = System.IO.Directory.EnumerateFileSystemEntries(Path.GetTempPath()).Order().ToList();
        var processes = HostProcesses.OfThisUser();

        for (var delay = 0; delay < 40; delay += 4)
        {
            await KillAfterAsync(job, "sleep_forever", TimeSpan.FromMilliseconds(delay), TestContext.Current.CancellationToken);
        }

        await WaitUntilAsync(() => HostProcesses.OfThisUser().Except(processes).Any() == false, TimeSpan.FromSeconds(2));
        Assert.Equal([], HostProcesses.OfThisUser().Except(processes).Select(HostProcesses.Describe));
        Assert.Equal(mounts, await File.ReadAllTextAsync("/proc/self/mountinfo", Cancellation));
        Assert.Equal(files, System.IO.Directory.EnumerateFileSystemEntries(Path.GetTempPath()).Order());
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_terminated_supervisor_says_cancelled()
    {
        var job = JobFiles.Write(Directory, ["/probes/sleep_forever"]);

        var run = await CommandRun.ShellAsync("\"$SANDBOX\" exec \"$JOB\" & pid=$!; sleep 0.5; kill -TERM $pid; wait $pid", job, Cancellation);

        Assert.True(run.ExitStatus == 1, run.ToString());
        Assert.Equal("cancelled", run.Verdict);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_cancellation_does_not_wait_for_a_consumer_that_reads_nothing()
    {
        var job = JobFiles.Write(Directory, ["/probes/flood", "1", "1"], "\"stdout\": \"inherit\"");

        var run = await CommandRun.ShellAsync(
            $"{{ \"$SANDBOX\" exec \"$JOB\" --result {Directory}/result.json & pid=$!; sleep 0.3; kill -s TERM $pid; wait $pid; echo \"$? $(cat {Directory}/gone)\" >{Directory}/status; }} | {{ sleep 3; echo late >{Directory}/gone; }}; cat {Directory}/result.json",
            job,
            Cancellation);

        Assert.Equal("1 \n", await File.ReadAllTextAsync(Path.Combine(Directory, "status"), Cancellation));
        Assert.Equal("cancelled", run.Verdict);
    }

    // As Ctrl-C does: the launcher and pid 1 must outlive it to say how the job ended.
    [KernelFact(Needs.NativeKernel, Timeout = 60_000)]
    public async Task A_signal_to_the_whole_process_group_cancels()
    {
        var job = JobFiles.Write(Directory, ["/probes/sleep_forever"]);

        for (var round = 0; round < 20; round++)
        {
            var run = await CommandRun.ShellAsync(
                "setsid \"$SANDBOX\" exec \"$JOB\" & pid=$!; sleep 0.1; kill -s TERM -- -$pid; wait $pid", job, TestContext.Current.CancellationToken);

            Assert.True(run.ExitStatus == 1, run.ToString());
            Assert.Equal("cancelled", run.Verdict);
        }
    }

    [KernelTheory]
    [InlineData("")]
    [InlineData("-")]
    public async Task A_stopped_supervisor_does_not_stop_the_wall_clock(string wholeGroup)
    {
        var mark = $"mark-{Guid.NewGuid():N}";
        var job = JobFiles.Write(Directory, ["/probes/sleep_forever", mark], $"\"limits\": {{ \"wallTime\": \"{600 * Requirements.Slowness}ms\" }}");
        using var supervisor = Process.Start(Silent(job, "setsid "))!;
        await WaitUntilAsync(() => HostProcesses.WithArgument(mark).Count > 0, TimeSpan.FromSeconds(2));
        var started = HostProcesses.WithArgument(mark).Count;
        Signal(supervisor.Id, "STOP", wholeGroup);

        await WaitUntilAsync(() => HostProcesses.WithArgument(mark).Count == 0, TimeSpan.FromSeconds(3));
        var left = HostProcesses.WithArgument(mark).Count;
        Signal(supervisor.Id, "KILL");
        await supervisor.WaitForExitAsync(Cancellation);

        Assert.NotEqual(0, started);
        Assert.Equal(0, left);
    }

    [KernelTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_killed_process_of_the_sandbox_is_an_internal_error(int generation)
    {
        var mark = $"mark-{Guid.NewGuid():N}";
        var job = JobFiles.Write(Directory, ["/probes/sleep_forever", mark]);
        using var supervisor = Process.Start(Silent(job))!;
        await WaitUntilAsync(() => HostProcesses.WithArgument(mark).Count > 0, TimeSpan.FromSeconds(2));
        var victim = Enumerable.Range(0, generation).Aggregate(supervisor.Id, (pid, _) => HostProcesses.ChildrenOf(pid).Single());

        Signal(victim, "KILL");
        await supervisor.WaitForExitAsync(Cancellation);
        await WaitUntilAsync(() => HostProcesses.WithArgument(mark).Count == 0, TimeSpan.FromSeconds(2));

        Assert.Equal(3, supervisor.ExitCode);
        Assert.Empty(HostProcesses.WithArgument(mark));
    }

    private static async Task<double> KillAfterAsync(string job, string mark, TimeSpan delay, CancellationToken cancellation)
    {
        using var supervisor = Process.Start(Silent(job))!;
        await Task.Delay(delay, cancellation);
        supervisor.Kill();
        var clock = Stopwatch.StartNew();
        await supervisor.WaitForExitAsync(cancellation);
        await WaitUntilAsync(() => HostProcesses.WithArgument(mark).Count == 0, TimeSpan.FromSeconds(2));
        return clock.Elapsed.TotalMilliseconds;
    }

    private static ProcessStartInfo Silent(string job, string by = "") => new("/bin/sh", ["-c", $"exec {by}'{Probe.CommandLine}' exec '{job}' </dev/null >/dev/null 2>&1"]);

    private static void Signal(int pid, string name, string wholeGroup = "") =>
        Process.Start("/bin/sh", ["-c", $"kill -s {name} -- {wholeGroup}{pid}"]).WaitForExit();

    private static async Task WaitUntilAsync(Func<bool> condition, TimeSpan atMost)
    {
        var clock = Stopwatch.StartNew();
        while (!condition() && clock.Elapsed < atMost * Requirements.Slowness)
        {
            await Task.Delay(2, Cancellation);
        }
    }
}
