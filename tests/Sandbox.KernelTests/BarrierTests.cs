using System.Diagnostics;
using Microsoft.Win32.SafeHandles;
using Sandbox.Execution;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job with a barrier waits for the host's part of its set-up: with its namespaces there, and nothing of it running.</summary>
public sealed class BarrierTests : IDisposable
{
    private const byte Continue = (byte)'c';
    private const byte Kill = (byte)'k';
    private const byte Release = (byte)'r';
    private const int SigTerm = 15;
    private const int Network = 3;
    private const int DeadlineSetup = 2;

    private readonly Launcher _launcher = new(installedPath: null);

    // More than one: the second and third get a pid 1 that was made ahead, where there are such.
    [KernelFact]
    public void Nothing_of_the_job_runs_before_the_host_has_answered()
    {
        for (var round = 0; round < 3; round++)
        {
            using var job = new LaunchedJob(_launcher, Probe.Job("say", "here"));

            var waiting = job.Next(out var handles);
            var network = NameOf(Assert.Single(handles));
            var children = File.ReadAllText($"/proc/{waiting.Pid}/task/{waiting.Pid}/children");
            var early = job.Output();
            handles[0].Dispose();
            job.Say(Continue);
            var records = job.ToEnd();

            Assert.Equal((ReportKind.Barrier, job.Barrier, 1u), (waiting.Kind, waiting.Step, waiting.DescriptorMask));
            Assert.Equal(("", ""), (children, early));
            Assert.Equal([ReportKind.Started, ReportKind.Ended, ReportKind.Gone], records.Select(record => record.Kind));
            Assert.Equal((waiting.Pid, 0), (records[0].Pid, records[1].Status));
            Assert.Equal($"net:[{records[0].Namespaces[Network]}]", network);
            Assert.NotEqual(new FileInfo("/proc/self/ns/net").LinkTarget, network);
            Assert.Equal("here\n", job.Output());
        }
    }

    [KernelFact]
    public void The_network_that_is_handed_up_is_not_the_jobs_to_hold()
    {
        using var job = new LaunchedJob(_launcher, Probe.Job("list_fds"));
        job.Next(out var handles);
        job.Say(Continue);

        var records = job.ToEnd();
        handles[0].Dispose();

        Assert.Equal(ReportKind.Started, records[0].Kind);
        Assert.Equal("inherited 0\n", job.Output());
    }

    [KernelFact]
    public void The_hosts_own_network_is_not_handed_up()
    {
        using var job = new LaunchedJob(_launcher, Probe.Job("say", "here") with { Network = Sandbox.Network.Host });

        var waiting = job.Next(out var handles);
        job.Say(Continue);

        Assert.Equal((ReportKind.Barrier, 0u), (waiting.Kind, waiting.DescriptorMask));
        Assert.Empty(handles);
        Assert.Equal([ReportKind.Started, ReportKind.Ended, ReportKind.Gone], job.ToEnd().Select(record => record.Kind));
    }

    // Its maps come through the socket by which the answer comes.
    [KernelFact(Needs.SubIds)]
    public void A_job_of_several_ids_waits() => AssertWaitsAndRuns(Probe.Job("say", "here") with { SubIds = true }, mayHang: false);

    [KernelFact]
    public void A_job_whose_sources_may_hang_waits() => AssertWaitsAndRuns(Probe.Job("say", "here"), mayHang: true);

    [KernelFact]
    public void A_strict_job_waits() => AssertWaitsAndRuns(Probe.Job("say", "here") with { Isolation = IsolationLevel.Strict }, mayHang: false);

    [KernelFact]
    public void A_kill_reaches_a_job_that_waits()
    {
        using var job = Waiting(out _);

        job.Say(Kill);

        Assert.Equal([ReportKind.Gone], job.ToEnd().Select(record => record.Kind));
        Assert.Equal("", job.Output());
    }

    [KernelFact]
    public void A_signal_waits_for_the_job()
    {
        using var job = new LaunchedJob(_launcher, Probe.Tool("sleep", "60"));
        Assert.Equal(ReportKind.Barrier, job.Next().Kind);

        job.Say(0x80 | SigTerm);
        job.Say(Continue);

        var records = job.ToEnd();
        Assert.Equal([ReportKind.Started, ReportKind.Ended, ReportKind.Gone], records.Select(record => record.Kind));
        Assert.Equal((SigTerm, 0u), (records[1].Status, records[1].Killed));
    }

    [KernelFact]
    public async Task A_host_that_is_gone_takes_a_job_along_that_waits_for_it()
    {
        using var job = Waiting(out var pid);

        job.Leave();

        await WaitForEndAsync(pid);
    }

    [KernelFact]
    public async Task A_launcher_that_is_gone_takes_a_job_along_that_waits()
    {
        using var job = Waiting(out var pid);

        _launcher.Kill();

        await WaitForEndAsync(pid);
        Assert.ThrowsAny<InvalidOperationException>(() => job.Next());
    }

    [KernelFact]
    public void Who_waits_for_ever_is_ended_when_the_time_for_setting_up_is_over()
    {
        using var job = new LaunchedJob(_launcher, Probe.Job("say", "here"), setupTime: TimeSpan.FromSeconds(1));
        Assert.Equal(ReportKind.Barrier, job.Next().Kind);

        var records = job.ToEnd();

        Assert.Equal([ReportKind.Deadline, ReportKind.Gone], records.Select(record => record.Kind));
        Assert.Equal((DeadlineSetup, (uint)job.Barrier), (records[0].Step, records[0].Detail));
        Assert.Equal("", job.Output());
    }

    [KernelFact]
    public void Another_word_than_the_answer_fails_the_set_up()
    {
        using var job = Waiting(out _);

        job.Say(Release);

        var records = job.ToEnd();
        Assert.Equal([ReportKind.Failed, ReportKind.Gone], records.Select(record => record.Kind));
        Assert.Equal((job.Barrier, "ECANCELED"), (records[0].Step, Errno.Name(records[0].Error)));
    }

    [KernelFact]
    public void An_answer_that_nobody_asked_for_ends_the_job()
    {
        using var job = new LaunchedJob(_launcher, Probe.Job("sleep_forever"), waits: false);

        job.Say(Continue);

        var records = job.ToEnd();
        Assert.DoesNotContain(records, record => record.Kind == ReportKind.Ended && record.Killed == 0);
    }

    /// <inheritdoc />
    public void Dispose() => _launcher.Dispose();

    private void AssertWaitsAndRuns(JobSpec spec, bool mayHang)
    {
        using var job = new LaunchedJob(_launcher, spec, mayHang: mayHang);
        var waiting = job.Next(out var handles);
        var early = job.Output();
        Assert.Single(handles).Dispose();

        job.Say(Continue);

        Assert.Equal((ReportKind.Barrier, ""), (waiting.Kind, early));
        Assert.Equal([ReportKind.Started, ReportKind.Ended, ReportKind.Gone], job.ToEnd().Select(record => record.Kind));
        Assert.Equal("here\n", job.Output());
    }

    private LaunchedJob Waiting(out int pid)
    {
        var job = new LaunchedJob(_launcher, Probe.Job("say", "here"));
        var waiting = job.Next(out var handles);
        foreach (var handle in handles)
        {
            handle.Dispose();
        }

        Assert.Equal(ReportKind.Barrier, waiting.Kind);
        pid = waiting.Pid;
        return job;
    }

    private static string? NameOf(SafeFileHandle file) => new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget;

    private static async Task WaitForEndAsync(int pid)
    {
        var since = Stopwatch.GetTimestamp();
        while (Directory.Exists($"/proc/{pid}"))
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(10) * Requirements.Slowness, $"process {pid} is still there");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }
}
