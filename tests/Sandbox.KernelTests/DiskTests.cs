using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The writable directories share one bounded disk, and filling it hurts only the job.</summary>
public sealed class DiskTests : KernelTest
{
    private const long Disk = 16L << 20;

    [KernelTheory]
    [InlineData("/work")]
    [InlineData("/tmp")]
    [InlineData("/dev/shm")]
    public async Task A_full_disk_is_an_error_inside_the_job(string directory)
    {
        var result = await RunAsync(Small("eat_tmpfs", directory, $"{64 << 20}"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Contains("denied ENOSPC", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_full_disk_is_a_limit_hit_and_its_files_are_memory()
    {
        var result = await RunAsync(Small("eat_tmpfs", "/work", $"{64 << 20}"));

        Assert.Contains("disk", result.LimitsHit);
        Assert.InRange(result.Memory.PeakBytes, Disk - (1 << 20), Disk + (16 << 20));
    }

    [KernelFact]
    public async Task All_writable_directories_share_one_disk()
    {
        var result = await RunAsync(Tool("/probes/eat_tmpfs /work 12582912; /probes/eat_tmpfs /tmp 12582912"));

        Assert.Contains("escaped", Out(result), StringComparison.Ordinal);
        Assert.Contains("denied ENOSPC", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_sized_tmpfs_is_taken_off_the_disk()
    {
        var job = Tool("/probes/eat_tmpfs /scratch 16777216; /probes/eat_tmpfs /work 16777216") with
        {
            Mounts = [Probe.Mount, new TmpfsMount { Target = "/scratch", SizeBytes = 8 << 20 }],
        };

        var result = await RunAsync(job);

        Assert.DoesNotContain("escaped", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task The_number_of_files_is_bounded()
    {
        var result = await RunAsync(Small("eat_inodes", "/work", "2000000"));

        AssertPrinted("denied ENOSPC", result);
    }

    [KernelFact]
    public async Task A_huge_file_is_ended_with_the_file_size_limit()
    {
        var job = Small("write_huge_file", "/work/huge");

        var result = await RunAsync(job with { Limits = job.Limits with { FileSizeBytes = 4 << 20 } });

        AssertVerdict(Verdict.FileSizeLimit, result);
        Assert.Equal("SIGXFSZ", result.Signal);
        Assert.Contains("fileSize", result.LimitsHit);
    }

    [KernelFact]
    public async Task A_huge_file_is_an_error_for_a_job_that_ignores_the_signal()
    {
        var job = Small("write_huge_file", "/work/huge", "ignore");

        var result = await RunAsync(job with { Limits = job.Limits with { FileSizeBytes = 4 << 20 } });

        AssertPrinted("denied EFBIG", result);
    }

    [KernelFact]
    public async Task A_sparse_file_over_the_file_size_cannot_be_made()
    {
        var job = Small("leave_output", "sparse", "/work/sparse", $"{1L << 40}");

        var result = await RunAsync(job);

        AssertVerdict(Verdict.FileSizeLimit, result);
    }

    [KernelFact]
    public async Task Directories_nested_thousands_deep_are_gone_at_once()
    {
        var result = await RunAsync(Small("dig_deep", "/work", "5000"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Contains("depth", Out(result), StringComparison.Ordinal);
        Assert.True(result.Phases.Where(phase => phase.Phase == JobPhase.Teardown).Sum(phase => phase.Microseconds) < 2_000_000, Describe(result));
    }

    [KernelFact]
    public async Task Injected_files_count_as_disk()
    {
        var job = Small("say", "x") with
        {
            Files = [new InjectedFile { Path = "/work/big", Content = new InlineContent { Bytes = new byte[Disk + 1] } }],
        };

        Verdict verdict;
        try
        {
            verdict = (await RunAsync(job)).Verdict;
        }
        catch (Exception refusal) when (refusal is SandboxException or InvalidJobException)
        {
            verdict = Verdict.SetupError;
        }

        Assert.Equal(Verdict.SetupError, verdict);
    }

    [KernelFact]
    public async Task Injected_files_are_there_with_their_mode()
    {
        var job = Probe.Tool("sh", "-c", "./deep/er/run.sh; stat -c '%a %u' deep/er/run.sh data") with
        {
            Files = [VerdictTests.Text("/work/deep/er/run.sh", "#!/bin/sh\necho ran\n", "0755"), VerdictTests.Text("/work/data", "x")],
        };

        AssertPrinted("ran\n755 1000\n644 1000", await RunAsync(job));
    }

    private static JobSpec Small(string probe, params string[] arguments)
    {
        var job = Probe.Job(probe, arguments);
        return job with { Limits = job.Limits with { DiskBytes = Disk } };
    }

    private static JobSpec Tool(string script)
    {
        var job = Probe.Tool("sh", "-c", script);
        return job with { Limits = job.Limits with { DiskBytes = Disk } };
    }
}
