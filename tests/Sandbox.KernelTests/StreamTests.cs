using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Input arrives bit-exact, output is bounded, and nobody who holds a pipe can hold up the result.</summary>
public sealed class StreamTests : KernelTest
{
    private const long Limit = 1L << 20;

    [KernelTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(65537)]
    [InlineData(100_000_000)]
    public async Task Stdin_arrives_bit_exact(int length)
    {
        var bytes = new byte[length];
        new Random(7).NextBytes(bytes);
        var job = Probe.Job("count_stdin") with { Stdin = Inline(bytes) };

        var result = await RunAsync(job with { Limits = job.Limits with { MemoryBytes = 1L << 30 } });

        AssertPrinted($"{length} {Checksum(bytes):x16}", result);
    }

    [KernelFact]
    public async Task A_file_arrives_bit_exact_and_cannot_be_changed()
    {
        var path = Path.Combine(Directory, "in.txt");
        await File.WriteAllTextAsync(path, "no newline at the end", Cancellation);
        File.SetUnixFileMode(path, (UnixFileMode)0b110_110_110);
        var stdin = new ContentStdin { Content = new FileContent { Path = path } };

        var counted = await RunAsync(Probe.Job("copy_stdin") with { Stdin = stdin });
        var attacked = await RunAsync(Probe.Job("reopen_stdio") with { Stdin = stdin });

        AssertPrinted("no newline at the end", counted);
        AssertPrinted("denied", attacked);
        Assert.Equal("no newline at the end", await File.ReadAllTextAsync(path, Cancellation));
    }

    [KernelFact]
    public async Task Inline_stdin_cannot_be_changed()
    {
        var result = await RunAsync(Probe.Job("reopen_stdio") with { Stdin = Inline("text"u8.ToArray()) });

        AssertPrinted("denied", result);
    }

    [KernelFact]
    public async Task Stdin_is_empty_by_default() =>
        AssertPrinted($"0 {Checksum([]):x16}", await RunAsync(Probe.Job("count_stdin")));

    [KernelFact]
    public async Task A_job_that_never_reads_its_stdin_ends_all_the_same()
    {
        var result = await RunAsync(Probe.Job("say", "not reading") with { Stdin = Inline(new byte[10 << 20]) });

        AssertPrinted("not reading", result);
    }

    [KernelFact]
    public async Task Binary_output_is_kept_bit_exact()
    {
        var bytes = new byte[300_000];
        new Random(8).NextBytes(bytes);

        var result = await RunAsync(Probe.Job("copy_stdin") with { Stdin = Inline(bytes) });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(bytes, result.Stdout.Content!.Value.ToArray());
    }

    [KernelFact]
    public async Task Much_input_and_much_output_at_once_do_not_block_each_other()
    {
        var bytes = new byte[12 << 20];
        new Random(9).NextBytes(bytes);

        var result = await RunAsync(Probe.Job("copy_stdin") with { Stdin = Inline(bytes) });

        AssertVerdict(Verdict.Ok, result);
        Assert.True(bytes.AsSpan().SequenceEqual(result.Stdout.Content!.Value.Span));
    }

    [KernelFact]
    public async Task What_is_written_just_before_the_end_is_never_lost()
    {
        for (var round = 0; round < 30; round++)
        {
            var result = await RunAsync(Probe.Job("flood", "1", "2", "65536"));

            Assert.Equal(65536, result.Stdout.Bytes);
            Assert.Equal(65536, result.Stderr.Bytes);
        }
    }

    [KernelTheory]
    [InlineData("1", "1")]
    [InlineData("2", "2")]
    [InlineData("1", "2")]
    public async Task A_flood_is_ended_at_the_output_limit(string first, string last)
    {
        var result = await RunAsync(Flooding(first, last));

        AssertVerdict(Verdict.OutputLimit, result);
        Assert.Contains("output", result.LimitsHit);
        Assert.Equal(Killer.Sandbox, result.KilledBy);
        Assert.True((result.Stdout.Content?.Length ?? 0) <= Limit, Describe(result));
        Assert.True((result.Stderr.Content?.Length ?? 0) <= Limit, Describe(result));
    }

    // The word to end it and its own end cross each other on the way.
    [KernelFact(Needs.NativeKernel)]
    public async Task One_byte_too_many_is_the_same_verdict_every_time()
    {
        var job = Probe.Job("flood", "1", "1", $"{65537}");
        job = job with { Limits = job.Limits with { OutputBytes = 65536 } };

        for (var round = 0; round < 100; round++)
        {
            AssertVerdict(Verdict.OutputLimit, await RunAsync(job));
        }
    }

    [KernelFact]
    public async Task A_merged_flood_is_ended_at_the_output_limit()
    {
        var result = await RunAsync(Flooding("1", "2") with { Stderr = new MergedStream() });

        AssertVerdict(Verdict.OutputLimit, result);
    }

    [KernelFact]
    public async Task A_flood_can_be_truncated_instead()
    {
        var job = Flooding("1", "1", $"{5 << 20}") with { OnOutputLimit = OutputLimitAction.Truncate };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.Ok, result);
        Assert.True(result.Stdout.Truncated);
        Assert.Equal(Limit, result.Stdout.Content!.Value.Length);
        Assert.Contains("output", result.LimitsHit);
    }

    [KernelFact]
    public async Task Output_of_exactly_the_limit_is_not_cut()
    {
        var result = await RunAsync(Flooding("1", "1", $"{Limit}"));

        AssertVerdict(Verdict.Ok, result);
        Assert.False(result.Stdout.Truncated);
        Assert.Equal(Limit, result.Stdout.Bytes);
    }

    [KernelFact]
    public async Task Discarded_output_never_blocks_the_job()
    {
        var job = Flooding("1", "1", $"{50 << 20}") with { Stdout = new DiscardStream() };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.Ok, result);
        Assert.Null(result.Stdout.Content);
    }

    [KernelFact]
    public async Task Output_to_a_file_is_bounded_too()
    {
        var path = Path.Combine(Directory, "out.txt");

        var result = await RunAsync(Flooding("1", "1") with { Stdout = new FileOutput { Path = path } });

        AssertVerdict(Verdict.OutputLimit, result);
        Assert.InRange(new FileInfo(path).Length, 1, Limit);
    }

    [KernelFact]
    public async Task A_file_for_output_is_out_of_the_jobs_reach()
    {
        var path = Path.Combine(Directory, "out.txt");

        var result = await RunAsync(Probe.Job("reopen_stdio") with { Stdout = new FileOutput { Path = path } });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal("denied\n", await File.ReadAllTextAsync(path, Cancellation));
    }

    [KernelFact]
    public async Task Merged_streams_keep_their_order()
    {
        var job = Probe.Tool("sh", "-c", "echo 1; echo 2 >&2; echo 3; echo 4 >&2") with { Stderr = new MergedStream() };

        AssertPrinted("1\n2\n3\n4", await RunAsync(job));
    }

    private static JobSpec Flooding(params string[] arguments)
    {
        var job = Probe.Job("flood", arguments);
        return job with { Limits = job.Limits with { OutputBytes = Limit } };
    }

    private static ContentStdin Inline(byte[] bytes) => new() { Content = new InlineContent { Bytes = bytes } };

    private static ulong Checksum(byte[] bytes)
    {
        var hash = 14695981039346656037UL;
        foreach (var value in bytes)
        {
            hash = unchecked((hash ^ value) * 1099511628211UL);
        }

        return hash;
    }
}
