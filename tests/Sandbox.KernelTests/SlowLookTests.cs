using System.Globalization;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job that makes every look at it slow is held to its limits all the same.</summary>
[Trait("limits", "true")]
[Trait("alone", "true")]
public sealed class SlowLookTests : KernelTest
{
    private const long Mebibyte = 1 << 20;

    [KernelFact(Needs.NativeKernel)]
    public async Task Memory_in_the_meantime_is_held_to_the_limit()
    {
        var job = Limited("allocate", 6, 50);

        var result = await RunAsync(job with { Limits = job.Limits with { MemoryBytes = 256 * Mebibyte } });

        AssertVerdict(Verdict.MemoryLimit, result);
        Assert.InRange(Total(result), 0, 512 * Mebibyte);
    }

    // Page tables are memory: what they take to walk is bounded by the limit.
    [KernelFact(Needs.NativeKernel)]
    public async Task Page_tables_beyond_the_limit_are_memory_limit()
    {
        var result = await RunAsync(Limited("hold", 6, 200));

        AssertVerdict(Verdict.MemoryLimit, result);
        Assert.DoesNotContain("escaped", Out(result), StringComparison.Ordinal);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task Cpu_time_in_the_meantime_is_held_to_the_limit()
    {
        var job = Limited("burn", 4, 50);

        var result = await RunAsync(job with { Limits = job.Limits with { MemoryBytes = 512 * Mebibyte, CpuTime = TimeSpan.FromSeconds(3) } });

        AssertVerdict(Verdict.CpuTimeLimit, result);
        // What the kernel takes to end processes with that many pages is theirs, too.
        Assert.InRange(result.Time.Cpu, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4));
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task Wall_time_in_the_meantime_is_held_to_the_limit_and_the_result_follows()
    {
        var job = Limited("burn", 4, 50);
        var before = TimeProvider.System.GetTimestamp();

        var result = await RunAsync(job with { Limits = job.Limits with { MemoryBytes = 512 * Mebibyte, WallTime = TimeSpan.FromSeconds(3) } });

        AssertVerdict(Verdict.WallTimeLimit, result);
        Assert.InRange(result.Time.Wall, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3.5));
        Assert.InRange(TimeProvider.System.GetElapsedTime(before), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5));
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_small_file_mapped_often_is_small()
    {
        var result = await RunAsync(Limited("hold", 1, 100));

        AssertVerdict(Verdict.Ok, result);
        Assert.InRange(result.Memory.PeakBytes, 32 * Mebibyte, 64 * Mebibyte);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task Memory_shared_since_fork_counts_once_however_many_share_it()
    {
        var job = Probe.Job("share_by_fork", $"{150 * Mebibyte}", "40");

        var result = await RunAsync(job with { Limits = job.Limits with { MemoryBytes = 256 * Mebibyte } });

        AssertPrinted("done", result);
        Assert.InRange(result.Memory.PeakBytes, 150 * Mebibyte, 200 * Mebibyte);
    }

    // The first figure would be 20 ms at the fastest rate measured, 14 GiB/s for each processor.
    [KernelTheory(Needs.NativeKernel)]
    [InlineData(1, 64)]
    [InlineData(2, 64)]
    [InlineData(8, 64)]
    [InlineData(2, 512)]
    public async Task A_process_that_grows_as_fast_as_it_can_is_stopped_near_the_limit(int threads, int limit)
    {
        var file = Path.Combine(Directory, "total");
        await File.WriteAllBytesAsync(file, new byte[8], Cancellation);
        File.SetUnixFileMode(file, (UnixFileMode)0b110_110_110);
        var job = Probe.Job("eat_memory_fast", $"{threads}", $"{(limit + 1024) * Mebibyte}", "/total");

        var result = await RunAsync(job with
        {
            Limits = job.Limits with { MemoryBytes = limit * Mebibyte },
            Mounts = [.. job.Mounts, new BindMount { Source = file, Target = "/total", Writable = true }],
        });

        AssertVerdict(Verdict.MemoryLimit, result);
        Assert.InRange(BitConverter.ToInt64(await File.ReadAllBytesAsync(file, Cancellation)), limit * Mebibyte, (limit + 768) * Mebibyte);
    }

    private static JobSpec Limited(string then, int processes, int maps)
    {
        var job = Probe.Job("slow_look", then, $"{processes}", $"{maps}");
        return job with { Limits = job.Limits with { MemoryBytes = 64 * Mebibyte, WallTime = TimeSpan.FromSeconds(20) } };
    }

    private static long Total(JobResult result) =>
        Out(result).Split('\n').Where(line => line.StartsWith("total ", StringComparison.Ordinal))
            .Select(line => long.Parse(line["total ".Length..], CultureInfo.InvariantCulture)).DefaultIfEmpty(0).Max();
}
