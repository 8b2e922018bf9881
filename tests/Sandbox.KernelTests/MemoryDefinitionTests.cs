using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The peak of a job's memory means the same whatever holds the limit: the bounds are those of docs/benchmarks.md, "How late, how exact".</summary>
[Trait("limits", "true")]
[Trait("alone", "true")]
public sealed class MemoryDefinitionTests : KernelTest
{
    private const string Given = "/work/given";

    // Bounds of each: a program itself, page tables and a stock of pages on each processor; in sockets, the kernel's own part of each buffer.
    private const long Slack = 3L << 20;

    private static readonly long s_bytes = (24L << 20) / Requirements.Slowness;

    [KernelTheory]
    [InlineData("private")]
    [InlineData("freed")]
    [InlineData("shared")]
    [InlineData("sparse")]
    [InlineData("sparse_shared")]
    [InlineData("forked")]
    [InlineData("copied")]
    [InlineData("vforked")]
    [InlineData("threads")]
    [InlineData("processes")]
    [InlineData("file")]
    [InlineData("unlinked")]
    [InlineData("memfd")]
    [InlineData("closed")]
    [InlineData("segments")]
    [InlineData("forgotten")]
    [InlineData("inherited")]
    public async Task What_a_job_uses_is_its_peak(string way)
    {
        var result = await RunAsync(Job(way));

        AssertPrinted("used", result);
        Assert.InRange(result.Memory.PeakBytes, s_bytes, s_bytes + Slack);
    }

    [KernelFact]
    public async Task What_waits_in_sockets_is_part_of_the_peak()
    {
        var result = await RunAsync(Job("sockets"));

        AssertPrinted("used", result);
        Assert.InRange(result.Memory.PeakBytes, s_bytes, (2 * s_bytes) + Slack);
    }

    [KernelTheory]
    [InlineData("mapped_file")]
    [InlineData("read_file")]
    public async Task Files_of_the_host_are_no_part_of_the_peak(string way)
    {
        var file = Path.Combine(Directory, "given");
        await File.WriteAllBytesAsync(file, new byte[s_bytes], Cancellation);
        var job = Job(way);

        var result = await RunAsync(job with { Mounts = [.. job.Mounts, new BindMount { Source = file, Target = "/given" }] });

        AssertPrinted("used", result);
        Assert.InRange(result.Memory.PeakBytes, 0, Slack);
    }

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Files_that_the_sandbox_puts_in_are_no_part_of_the_peak(bool readOnly)
    {
        var result = await RunAsync(Limited(Job("given") with { Files = [GivenFile() with { ReadOnly = readOnly }] }));

        AssertPrinted("used", result);
        Assert.InRange(result.Memory.PeakBytes, 0, Slack);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_file_put_into_an_overlay_is_no_part_of_the_peak()
    {
        var job = Job("nothing") with { Files = [GivenFile() with { Path = "/over/given" }] };

        var result = await RunAsync(Limited(job with { Mounts = [.. job.Mounts, new OverlayMount { Source = Directory, Target = "/over" }] }));

        AssertPrinted("used", result);
        Assert.InRange(result.Memory.PeakBytes, 0, Slack);
    }

    [KernelTheory]
    [InlineData("input")]
    [InlineData("nothing")]
    public async Task The_input_is_no_part_of_the_peak(string way)
    {
        var result = await RunAsync(Limited(Job(way) with { Stdin = new ContentStdin { Content = new InlineContent { Bytes = new byte[s_bytes] } } }));

        AssertPrinted("used", result);
        Assert.InRange(result.Memory.PeakBytes, 0, Slack);
    }

    // What replaces it is no larger than what was put in, which the watchdog takes off: it may not see it, and never adds it.
    [KernelFact]
    public async Task What_replaces_a_file_that_was_put_in_is_not_counted_twice()
    {
        var result = await RunAsync(Job("overwritten") with { Files = [GivenFile()] });

        AssertPrinted("used", result);
        Assert.InRange(result.Memory.PeakBytes, 0, s_bytes + Slack);
    }

    private static JobSpec Job(string way) => Probe.Job("hold_memory", way, $"{s_bytes}") with
    {
        Limits = new() { WallTime = TimeSpan.FromSeconds(10) * Requirements.Slowness, MemoryBytes = 3 * s_bytes },
    };

    // So little that what is no part of the peak may not be part of what the limit is held against either.
    private static JobSpec Limited(JobSpec job) => job with { Limits = job.Limits with { MemoryBytes = s_bytes / 2 } };

    private static InjectedFile GivenFile() => new() { Path = Given, Content = new InlineContent { Bytes = new byte[s_bytes] } };
}
