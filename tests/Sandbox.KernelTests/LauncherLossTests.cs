using System.Diagnostics;
using Sandbox.Execution;
using Sandbox.Interop;
using Sandbox.Jobs;
using Sandbox.Resources;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A launcher that dies loses no job of which nothing has run; one that may have run is not begun again, and its result says so.</summary>
public sealed class LauncherLossTests : KernelTest
{
    private const int SigStop = 19;
    private const int SigCont = 18;

    [KernelFact]
    public void A_job_whose_launcher_dies_before_it_runs_is_run_by_another()
    {
        var tries = 0;
        using var host = Host(host => KillAt(host, ++tries == 1));

        var result = Run(host, Probe.Job("say", "here"));

        AssertPrinted("here", result);
        Assert.Equal(2, tries);
    }

    [KernelFact]
    public void A_job_whose_pid_1_is_killed_before_it_runs_gets_another()
    {
        var tries = 0;
        using var host = Host(host =>
        {
            if (++tries > 1)
            {
                return;
            }

            // the one that waits at the barrier, and any that waits for a job
            foreach (var pid in HostProcesses.ChildrenOf(host.Launcher.Pid))
            {
                Assert.Equal(0, Libc.Signal(pid, 9));
            }
        });

        var result = Run(host, Probe.Job("say", "here"));

        AssertPrinted("here", result);
        Assert.Equal(2, tries);
    }

    // pid 1 may have to wait for a processor before it can say that the job runs, and whoever reads what that writes knows it before.
    [KernelFact]
    public async Task A_job_that_is_cancelled_before_pid_1_says_that_it_runs_has_run()
    {
        var fifo = Path.Combine(Directory, "fifo");
        var mark = Path.Combine(Directory, "mark");
        File.SetUnixFileMode(Directory, (UnixFileMode)0b111_111_111); // as real root the job is somebody else outside
        using (var made = Process.Start("mkfifo", ["-m", "666", fifo]))
        {
            await made.WaitForExitAsync(Cancellation);
        }

        var job = Probe.Tool("sh", "-c", "umask 0; echo > /out/mark; exec sleep 100") with
        {
            Mounts = [new BindMount { Source = Directory, Target = "/out", Writable = true }],
            Start = new() { Opened = [new() { Path = "/out/fifo", Descriptors = [0], ReadOnly = true, Redirected = true }] },
        };
        using var host = new JobHost(new SandboxOptions());
        using var cancellation = new CancellationTokenSource();
        var running = Task.Run(() => Run(host, job, cancellation.Token), Cancellation);
        var pid1 = await UntilAsync(() => host.Launcher.Pid is > 0 and var launcher ? HostProcesses.ChildrenOf(launcher).FirstOrDefault(static pid => HostProcesses.IsFirst(pid) && HostProcesses.ChildrenOf(pid).Count > 0) : 0);
        Assert.Equal(0, Libc.Signal(pid1, SigStop));
        File.OpenHandle(fifo, FileMode.Open, FileAccess.Write).Dispose();
        await UntilAsync(() => File.Exists(mark) ? 1 : 0);

        await cancellation.CancelAsync();
        await Task.Delay(100, Cancellation);
        Assert.Equal(0, Libc.Signal(pid1, SigCont));
        var result = await running;

        AssertVerdict(Verdict.Cancelled, result);
        Assert.NotNull(result.Isolation);
        Assert.InRange(result.Time.Wall, TimeSpan.FromTicks(1), TimeSpan.FromSeconds(20));
    }

    [KernelFact]
    public void A_job_is_begun_a_second_time_and_not_a_third()
    {
        var tries = 0;
        using var host = Host(host =>
        {
            tries++;
            KillAt(host, true);
        });

        var result = Run(host, Probe.Job("say", "here"));

        AssertVerdict(Verdict.InternalError, result);
        Assert.Equal(2, tries);
        Assert.Equal(0, result.Stdout.Bytes);
    }

    [KernelFact]
    public void What_is_written_to_a_file_of_the_caller_is_not_begun_again()
    {
        var tries = 0;
        using var host = Host(host =>
        {
            tries++;
            KillAt(host, true);
        });

        var result = Run(host, Probe.Job("say", "here") with { Stdout = OutputStream.File(Path.Combine(Directory, "out")) });

        AssertVerdict(Verdict.InternalError, result);
        Assert.Equal(1, tries);
    }

    [KernelFact]
    public async Task A_job_that_runs_is_not_begun_again()
    {
        var log = Path.Combine(Directory, "log");
        using var host = new JobHost(new SandboxOptions());
        var running = Task.Run(() => Run(host, Appending(Directory, "one", "sleep 30")), Cancellation);
        await WaitForLinesAsync(1);

        host.Launcher.Kill();

        var result = await running;
        AssertVerdict(Verdict.InternalError, result);
        Assert.Contains("the sandbox was lost", result.Message, StringComparison.Ordinal);
        Assert.Equal("one\n", await File.ReadAllTextAsync(log, Cancellation));
    }

    [KernelFact]
    public async Task One_of_several_launchers_takes_only_its_own_jobs_along()
    {
        using var host = new JobHost(new SandboxOptions { Launchers = 2 });
        var first = Task.Run(() => Run(host, Appending(Directory, "one", "sleep 30")), Cancellation);
        await WaitForLinesAsync(1);
        var second = Task.Run(() => Run(host, Appending(Directory, "two", "sleep 1; echo over")), Cancellation);
        await WaitForLinesAsync(2);

        host.Launcher.Kill();

        AssertVerdict(Verdict.InternalError, await first);
        AssertPrinted("over", await second);
    }

    // At whatever point of their set-up it dies: what ran is in the file once, and only what did not run at all was begun again.
    [KernelFact]
    public async Task No_job_runs_twice_whenever_the_launcher_dies()
    {
        var log = Path.Combine(Directory, "log");
        using var host = new JobHost(new SandboxOptions());
        using var over = new CancellationTokenSource();
        var random = new Random(7);
        var killer = Task.Run(async () =>
        {
            for (var kills = 0; kills < 40 && !over.IsCancellationRequested; kills++)
            {
                await Task.Delay(random.Next(20), Cancellation);
                host.Launcher.Kill();
            }
        }, Cancellation);
        var results = new JobResult[120];
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(() =>
        {
            while (Interlocked.Increment(ref next) is var number && number < results.Length)
            {
                results[number] = Run(host, Appending(Directory, $"job{number}", "exit 0"));
            }
        }, Cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        await over.CancelAsync();
        await killer;

        var lines = (await File.ReadAllLinesAsync(log, Cancellation)).CountBy(line => line).ToDictionary();
        for (var number = 0; number < results.Length; number++)
        {
            var count = lines.GetValueOrDefault($"job{number}");
            Assert.True(results[number].Verdict is Verdict.Ok or Verdict.InternalError, Describe(results[number]));
            Assert.True(results[number].Verdict == Verdict.Ok ? count == 1 : count <= 1, $"{count} times: {Describe(results[number])}");
        }

        Assert.Contains(results, result => result.Verdict == Verdict.Ok);
    }

    private static async Task<int> UntilAsync(Func<int> found)
    {
        int value;
        while ((value = found()) == 0)
        {
            await Task.Delay(5, Cancellation);
        }

        return value;
    }

    private async Task WaitForLinesAsync(int count)
    {
        var log = Path.Combine(Directory, "log");
        while (!File.Exists(log) || (await File.ReadAllLinesAsync(log, Cancellation)).Length < count)
        {
            await Task.Delay(5, Cancellation);
        }
    }

    // As real root each job is somebody else outside.
    private static JobSpec Appending(string directory, string word, string then) => Probe.Tool("sh", "-c", $"umask 0; echo {word} >> /out/log && {then}") with
    {
        Mounts = [new BindMount { Source = directory, Target = "/out", Writable = true }],
    };

    private static JobHost Host(Action<JobHost> part)
    {
        JobHost? host = null;
        host = new JobHost(new SandboxOptions())
        {
            Given = [.. JobResources.InOrder, (_, _, _) => new Lease { OnBarrier = new() { Name = "die", Origin = "/network", Run = (_, _) => part(host!) } }],
        };
        return host;
    }

    private static void KillAt(JobHost host, bool isDue)
    {
        if (isDue)
        {
            host.Launcher.Kill();
        }
    }

    private static JobResult Run(JobHost host, JobSpec job, CancellationToken? cancellation = null)
    {
        var result = JobOutcome.Of(JobValidator.Validate(job), host, attachment: null, presence: null, cancellation ?? Cancellation, out var unfinished);
        using (unfinished)
        {
            return result.Detached();
        }
    }
}
