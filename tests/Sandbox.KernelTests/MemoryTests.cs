using System.Diagnostics;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Memory is that of the whole job, wherever it hides, and only of this run.</summary>
[Trait("limits", "true")]
public sealed class MemoryTests : KernelTest
{
    // Pages that are not whole are rounded down by a control group.
    [KernelTheory]
    [InlineData(256 << 10)]
    [InlineData((256 << 10) + 1)]
    public async Task The_least_memory_that_is_accepted_is_a_limit_like_any_other(int bytes)
    {
        var job = Probe.Job("eat_memory", $"{1 << 20}");

        var result = await RunAsync(job with { Limits = job.Limits with { MemoryBytes = bytes } });

        AssertVerdict(Verdict.MemoryLimit, result);
        Assert.Equal(["memory"], result.LimitsHit);
        Assert.Contains("256 KiB", result.Message, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData((256 << 10) - 1)]
    public async Task Memory_that_starts_no_program_is_an_invalid_job_whatever_would_hold_it(int bytes)
    {
        var job = Probe.Job("say", "must not run");

        var invalid = await Assert.ThrowsAsync<InvalidJobException>(() => RunAsync(job with { Limits = job.Limits with { MemoryBytes = bytes } }));

        Assert.Contains("must be at least 256KiB", Assert.Single(invalid.Problems).Message, StringComparison.Ordinal);
    }

    // A page costs user-mode Linux a fifth of a millisecond and more.
    private static readonly long s_limit = (64L << 20) / Requirements.Slowness;

    private static readonly Mechanism[] s_mechanisms = [Mechanism.Cgroup2, Mechanism.Cgroup1, Mechanism.Rlimit, Mechanism.Watchdog];

    [KernelFact(Needs.NativeKernel, Timeout = 60_000)]
    public async Task A_host_short_of_descriptors_runs_no_job_unwatched()
    {
        await RunAsync(Probe.Job("say", "warm"));
        var hog = Probe.Job("eat_memory", $"{200 << 20}");
        hog = hog with { Limits = hog.Limits with { MemoryBytes = 32 << 20 } };
        var verdicts = new List<Verdict>();
        var softLimit = await SetSoftLimitAsync("400");

        try
        {
            for (var free = 6; free < 20; free++)
            {
                using var taken = new FullTable(free);
                verdicts.Add((await Runner.RunAsync(hog, TestContext.Current.CancellationToken)).Verdict);
            }
        }
        finally
        {
            await SetSoftLimitAsync(softLimit);
        }

        Assert.DoesNotContain(Verdict.Ok, verdicts);
    }

    [KernelFact]
    public async Task Eating_more_than_the_limit_is_memory_limit()
    {
        var result = await RunAsync(Limited("eat_memory", $"{1L << 30}"));

        Assert.True(result.Verdict == Verdict.MemoryLimit || Out(result).StartsWith("denied ENOMEM", StringComparison.Ordinal), Describe(result));
        Assert.DoesNotContain("escaped", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Eating_less_than_the_limit_is_ok()
    {
        var result = await RunAsync(Limited("eat_memory", $"{s_limit / 2}"));

        AssertVerdict(Verdict.Ok, result);
        Assert.InRange(result.Memory.PeakBytes, s_limit / 2, s_limit);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_huge_touched_bss_is_never_a_bare_signal()
    {
        var job = Probe.Job("big_bss", "touch");

        var result = await RunAsync(job with { Limits = job.Limits with { MemoryBytes = 512L << 20 } });

        Assert.True(result.Verdict is Verdict.MemoryLimit or Verdict.ExecFailed, Describe(result));
        Assert.Contains("memory", result.Message, StringComparison.OrdinalIgnoreCase);
    }

    [KernelTheory]
    [InlineData("eat_memfd")]
    [InlineData("sysv_hold_memory")]
    [InlineData("eat_shared_memory")]
    [InlineData("eat_memory_leaderless")]
    [InlineData("eat_memory_in_many")]
    [InlineData("eat_socket_buffers")]
    public async Task Memory_in_a_hiding_place_is_counted(string probe)
    {
        var result = await RunAsync(Limited(probe, $"{300 << 20}"));

        Assert.DoesNotContain("escaped", Out(result), StringComparison.Ordinal);
        Assert.True(result.Verdict == Verdict.MemoryLimit || Out(result).StartsWith("denied", StringComparison.Ordinal), Describe(result));
    }

    [KernelTheory]
    [InlineData("forgotten")]
    [InlineData("device")]
    [InlineData("children")]
    [InlineData("ignored")]
    [InlineData("closed")]
    [InlineData("unmapped")]
    [InlineData("again")]
    [InlineData("collapsed")]
    [InlineData("vfork")]
    [InlineData("unreadable")]
    [InlineData("undumpable")]
    [InlineData("unlinked")]
    public async Task Memory_that_no_process_shows_is_counted(string way)
    {
        var result = await RunAsync(Limited("hide_memory", way, $"{300 << 20}"));

        Assert.DoesNotContain("escaped", Out(result), StringComparison.Ordinal);
        Assert.True(result.Verdict == Verdict.MemoryLimit, Describe(result));
    }

    [KernelTheory]
    [InlineData("spawn")]
    [InlineData("vfork")]
    [InlineData("clone")]
    [InlineData("leaderless")]
    [InlineData("daemon")]
    public async Task A_child_that_shares_its_parents_memory_counts_once(string way)
    {
        var most = s_limit * 6 / 10;

        var result = await RunAsync(Limited("start_children", way, $"{most}", $"{200 / Requirements.Slowness}"));

        AssertPrinted($"started {200 / Requirements.Slowness}", result);
        Assert.InRange(result.Memory.PeakBytes, most, most + (s_limit / 8));
    }

    [KernelTheory(Needs.NativeKernel, "python3")]
    [InlineData("import threading, subprocess\nd = bytearray(300 << 20)\ndef work():\n  for i in range(200): subprocess.run(['/bin/true'])\nt = threading.Thread(target=work); t.start(); t.join(); print('done')")]
    [InlineData("import threading, os\nd = bytearray(300 << 20)\ndef work():\n  for i in range(200): os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)\nt = threading.Thread(target=work); t.start(); t.join(); print('done')")]
    [InlineData("import mmap\nm = mmap.mmap(-1, 2 << 30)\nfor i in range(100): m[i << 20] = 1\nd = [bytearray(1 << 20) for _ in range(200)]\nprint('done')")]
    public async Task An_honest_program_of_more_than_half_the_limit_is_ok(string program)
    {
        var job = Probe.Tool("python3", "-c", program);

        AssertPrinted("done", await RunAsync(job with { Limits = job.Limits with { MemoryBytes = 512 << 20 } }));
    }

    [KernelFact(Needs.NativeKernel, "node", Timeout = 60_000)]
    public async Task Node_of_more_than_half_the_limit_starts_children()
    {
        const string program = "const { spawn } = require('child_process'); const b = Buffer.alloc(300 << 20, 1); let n = 0;"
            + "const go = () => n++ === 200 ? console.log('done') : spawn('/bin/true').on('exit', go); go();";
        var job = Probe.Tool("node", "-e", program);

        AssertPrinted("done", await RunAsync(job with { Limits = job.Limits with { MemoryBytes = 512 << 20, WallTime = null } }));
    }

    [KernelFact(Needs.NativeKernel, "javac", Timeout = 60_000)]
    public async Task Java_of_more_than_half_the_limit_starts_children()
    {
        const string program = "public class Main { public static void main(String[] a) throws Exception { byte[] b = new byte[200 << 20]; java.util.Arrays.fill(b, (byte) 1);"
            + "for (int i = 0; i < 200; i++) new ProcessBuilder(\"/bin/true\").start().waitFor(); System.out.println(\"done\"); } }";
        var job = Probe.Tool("java", "-Xmx300m", "/work/Main.java") with { Files = [VerdictTests.Text("/work/Main.java", program)] };

        AssertPrinted("done", await RunAsync(job with { Limits = job.Limits with { MemoryBytes = 512 << 20, WallTime = null } }));
    }

    [KernelTheory]
    [InlineData("stream", 2)]
    [InlineData("datagram", 40)]
    [InlineData("closed", 2)]
    [InlineData("waiting", 2)]
    [InlineData("loopback", 2)]
    public async Task Data_that_waits_in_sockets_is_counted(string way, int processes)
    {
        var job = Limited("eat_socket_buffers", $"{300 << 20}", way, $"{processes}") with { Network = Network.Loopback };

        var result = await RunAsync(job);

        Assert.DoesNotContain("escaped", Out(result), StringComparison.Ordinal);
        Assert.True(result.Verdict == Verdict.MemoryLimit || Out(result).StartsWith("denied", StringComparison.Ordinal), Describe(result));
    }

    [KernelFact]
    public async Task Sockets_with_little_in_them_cost_little()
    {
        var result = await RunAsync(Limited("eat_socket_buffers", $"{s_limit / 8}", "stream", "1"));

        Assert.Contains("escaped", Out(result), StringComparison.Ordinal);
        Assert.InRange(result.Memory.PeakBytes, s_limit / 8, s_limit / 2);
    }

    [KernelFact]
    public async Task Files_in_memory_are_counted()
    {
        var result = await RunAsync(Limited("eat_tmpfs", "/tmp", $"{200 << 20}"));

        Assert.DoesNotContain("escaped", Out(result), StringComparison.Ordinal);
        Assert.True(result.Verdict == Verdict.MemoryLimit || Out(result).Contains("denied", StringComparison.Ordinal), Describe(result));
    }

    [KernelFact(Needs.Swap)]
    public async Task Swap_does_not_stretch_the_limit()
    {
        var result = await RunAsync(Limited("eat_memory", $"{2 * s_limit}"));

        Assert.DoesNotContain("escaped", Out(result), StringComparison.Ordinal);
        Assert.True(result.Verdict == Verdict.MemoryLimit || Out(result).StartsWith("denied ENOMEM", StringComparison.Ordinal), Describe(result));
    }

    [KernelFact]
    public async Task A_child_over_the_limit_decides_even_if_its_parent_exits_zero()
    {
        var result = await RunAsync(Limited("eat_memory_in_child", $"{400 << 20}"));

        Assert.True(result.Verdict == Verdict.MemoryLimit || result.Enforcement["memory"].By == Mechanism.Watchdog, Describe(result));
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task The_size_of_the_host_process_is_not_the_jobs()
    {
        var ballast = GC.AllocateUninitializedArray<byte>(300 << 20, pinned: true);
        Array.Fill(ballast, (byte)1);

        var result = await RunAsync(Probe.Job("say", "small"));

        AssertPrinted("small", result);
        Assert.InRange(result.Memory.PeakBytes, 0, 32L << 20);
        GC.KeepAlive(ballast);
    }

    [KernelFact]
    public async Task What_holds_the_limit_is_reported()
    {
        var result = await RunAsync(Limited("say", "x"));

        Assert.True(result.Enforcement.TryGetValue("memory", out var enforcement), Describe(result));
        Assert.Equal(s_limit, enforcement.Requested);
        Assert.Contains(enforcement.By, s_mechanisms);
    }

    private static JobSpec Limited(string probe, params string[] arguments)
    {
        var job = Probe.Job(probe, arguments);
        return job with { Limits = job.Limits with { MemoryBytes = s_limit } };
    }

    // The soft limit on descriptors of this process; returns the one before.
    private static async Task<string> SetSoftLimitAsync(string limit)
    {
        var script = $"ulimit -S -n; prlimit --pid $PPID --nofile={limit}:";
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true })!;
        var before = await shell.StandardOutput.ReadToEndAsync(Cancellation);
        await shell.WaitForExitAsync(Cancellation);
        return before.Trim();
    }
}
