using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandbox.Execution;
using Sandbox.Interop;
using Sandbox.Jobs;
using Sandbox.Resources;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A resource has the host do its part of the set-up, between the job's namespaces and its first instruction.</summary>
public sealed class BarrierPartTests : KernelTest
{
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET
    private const string Name = "wire the network";

    [KernelFact]
    public void The_hosts_part_sees_the_jobs_network_and_the_job_what_was_done()
    {
        string? seen = null;
        var note = Path.Combine(Directory, "note");
        var job = Probe.Tool("cat", "/note/note") with { Mounts = [new BindMount { Source = Directory, Target = "/note" }] };

        var result = Run(job, (given, _) =>
        {
            var network = given.Network!;
            seen = new FileInfo($"/proc/self/fd/{network.DangerousGetHandle()}").LinkTarget;

            // Whoever is not root may not enter it by itself: the user namespace that owns it comes first (setns(2)).
            var isRoot = Libc.EffectiveUid() == 0;
            Assert.Equal(isRoot ? 0 : -1, setns(network, NewNetwork));
            Assert.Equal(isRoot, new FileInfo("/proc/thread-self/ns/net").LinkTarget == seen);
            File.WriteAllText(note, "wired\n");
        });

        AssertPrinted("wired", result);
        Assert.Equal($"net:[{result.Isolation!.Namespaces["net"]}]", seen);
        Assert.NotEqual(new FileInfo("/proc/self/ns/net").LinkTarget, seen);
    }

    [KernelFact]
    public void A_job_with_the_hosts_network_hands_none_up()
    {
        var isNull = false;

        var result = Run(Probe.Job("say", "here") with { Network = Network.Host }, (given, _) => isNull = given.Network is null);

        AssertPrinted("here", result);
        Assert.True(isNull);
    }

    [KernelFact]
    public void Parts_are_done_in_the_order_of_their_resources()
    {
        var done = new List<int>();
        using var host = new JobHost(new SandboxOptions())
        {
            Given = [.. JobResources.InOrder, Asking((_, _) => done.Add(1)), Asking((_, _) => done.Add(2))],
        };

        AssertPrinted("here", Run(host, Probe.Job("say", "here"), Cancellation));

        Assert.Equal([1, 2], done);
    }

    [KernelFact]
    public void A_part_that_fails_is_a_setup_error_of_the_resource_that_asked()
    {
        var marker = Path.Combine(Directory, "ran");
        var job = Probe.Tool("touch", "/out/ran") with { Mounts = [new BindMount { Source = Directory, Target = "/out", Writable = true }] };

        var result = Run(job, static (_, _) => throw new InvalidOperationException("no such device"));

        AssertFailed(result, errno: null);
        Assert.Contains("no such device", result.Error!.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(marker));
    }

    [KernelFact]
    public void What_a_part_says_of_its_failure_is_told_as_it_is()
    {
        var result = Run(Probe.Job("say", "here"), static (_, _) => throw new SandboxException("pasta is not there") { Phase = JobPhase.Prepare, Step = "start pasta", Errno = "ENOENT" });

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal(((JobPhase?)JobPhase.Prepare, "start pasta", "ENOENT", "/network"), (result.Error!.Phase, result.Error.Step, result.Error.Errno, result.Error.Pointer));
    }

    [KernelFact(Timeout = 60_000)]
    public void A_part_that_never_returns_is_given_up_in_its_time()
    {
        using var never = new ManualResetEventSlim();
        var since = Stopwatch.GetTimestamp();

        var result = Run(Probe.Job("say", "here"), (_, _) => never.Wait(CancellationToken.None), time: TimeSpan.FromMilliseconds(200));

        AssertFailed(result, "ETIMEDOUT");
        Assert.Equal(0, result.Stdout.Bytes);
        Assert.InRange(Stopwatch.GetElapsedTime(since), TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(10) * Requirements.Slowness);
        never.Set();
    }

    [KernelFact(Timeout = 60_000)]
    public async Task A_job_is_cancelled_while_its_host_does_its_part()
    {
        using var never = new ManualResetEventSlim();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var heeded = false;
        var run = Task.Run(() => Run(Probe.Job("say", "here"), (_, token) =>
        {
            waiting.SetResult();
            heeded = token.WaitHandle.WaitOne(TimeSpan.FromSeconds(20));
            never.Wait(CancellationToken.None);
        }, cancellationToken: cancel.Token), Cancellation);
        await waiting.Task.WaitAsync(Cancellation);

        await cancel.CancelAsync();

        var result = await run;
        AssertVerdict(Verdict.Cancelled, result);
        Assert.Equal(0, result.Stdout.Bytes);
        Assert.True(heeded);
        never.Set();
    }

    [KernelFact]
    public void A_lost_launcher_is_noticed_while_the_host_does_its_part()
    {
        using var never = new ManualResetEventSlim();
        using var host = new JobHost(new SandboxOptions()) { Given = [] };
        using var asking = new JobHost(new SandboxOptions()) { Given = [.. JobResources.InOrder, Asking((_, token) => { host.Launcher.Kill(); token.WaitHandle.WaitOne(); })] };
        asking.Adopt(host.Launcher);

        var result = Run(asking, Probe.Job("say", "here"), Cancellation);

        AssertVerdict(Verdict.InternalError, result);
        Assert.Equal(0, result.Stdout.Bytes);
    }

    [KernelFact]
    public void Whatever_became_of_the_part_the_next_job_is_as_ever()
    {
        var number = 0;
        using var host = new JobHost(new SandboxOptions())
        {
            Given = [.. JobResources.InOrder, Asking((_, _) => _ = number++ % 2 == 0 ? throw new InvalidOperationException("every other") : 0)],
        };

        for (var round = 0; round < 5; round++)
        {
            AssertFailed(Run(host, Probe.Job("say", "here"), Cancellation), errno: null);
            AssertPrinted("here", Run(host, Probe.Job("say", "here"), Cancellation));
        }
    }

    private static void AssertFailed(JobResult result, string? errno)
    {
        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal(((JobPhase?)JobPhase.Prepare, Name, errno, "/network"), (result.Error!.Phase, result.Error.Step, result.Error.Errno, result.Error.Pointer));
    }

    private static Resource Asking(Action<BarrierDescriptors, CancellationToken> part) => (_, _, _) =>
        new Lease { OnBarrier = new() { Name = Name, Origin = "/network", Run = part } };

    private static JobResult Run(JobSpec job, Action<BarrierDescriptors, CancellationToken> part, TimeSpan? time = null, CancellationToken? cancellationToken = null)
    {
        using var host = new JobHost(new SandboxOptions())
        {
            Given = [.. JobResources.InOrder, Asking(part)],
            BarrierTime = time ?? SetupBarrier.UsualTime,
        };
        return Run(host, job, cancellationToken ?? Cancellation);
    }

    private static JobResult Run(JobHost host, JobSpec job, CancellationToken cancellationToken)
    {
        using var run = new JobRun(JobValidator.Validate(job), host, attachment: null);
        return run.Run([], cancellationToken).Detached();
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int setns(SafeFileHandle descriptor, int kind);
}
