using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Outputs are collected without ever following the job's tricks: refused or capped, and reported.</summary>
public sealed class OutputFileTests : KernelTest
{
    private const long MaxSize = 1L << 20;

    [KernelFact]
    public async Task An_honest_file_arrives_with_its_digest()
    {
        var job = Probe.Job("write_output", "/work/out.txt", "the answer\n") with { Outputs = [Output("/work/out.txt")] };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.Ok, result);
        var output = Assert.Single(result.Outputs);
        Assert.Equal("the answer\n", await File.ReadAllTextAsync(Path.Combine(Directory, "out.txt"), Cancellation));
        Assert.Equal(11, output.Bytes);
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("the answer\n"u8)), output.Sha256);
    }

    [KernelTheory]
    [InlineData("symlink", "/etc/passwd")]
    [InlineData("symlink", "/proc/self/mem")]
    [InlineData("symlink", "../../../../../../etc/passwd")]
    [InlineData("symlink", "out.txt")]
    [InlineData("fifo", "")]
    [InlineData("socket", "")]
    [InlineData("directory", "")]
    public async Task What_is_no_regular_file_is_refused(string kind, string to)
    {
        var result = await RunAsync(Leaving(kind, to));

        AssertRefused(result);
    }

    [KernelTheory]
    [InlineData("/proc/kallsyms")]
    [InlineData("/proc/1/maps")]
    [InlineData("/proc/sys/kernel/random/boot_id")]
    public async Task What_the_kernel_makes_up_is_refused(string path)
    {
        AssertRefused(await RunAsync(Probe.Job("say", "x") with { Outputs = [Output(path)] }));
    }

    [KernelFact]
    public async Task A_file_behind_a_directory_link_out_of_the_sandbox_is_refused()
    {
        var job = Probe.Job("leave_output", "symlink", "/work/logs", "/etc") with
        {
            Outputs = [new OutputSpec { Path = "/work/logs/hostname", To = Path.Combine(Directory, "out.txt") }],
        };

        var result = await RunAsync(job);

        AssertRefused(result);
    }

    [KernelFact]
    public async Task A_hard_link_to_a_file_of_the_host_cannot_be_made()
    {
        var result = await RunAsync(Leaving("hardlink", "/probes/say"));

        Assert.Contains("denied", Out(result), StringComparison.Ordinal);
        AssertRefused(result);
    }

    [KernelFact]
    public async Task A_device_cannot_be_made()
    {
        var result = await RunAsync(Leaving("device", ""));

        Assert.Contains("denied", Out(result), StringComparison.Ordinal);
        AssertRefused(result);
    }

    [KernelFact]
    public async Task A_file_over_its_size_is_refused()
    {
        var result = await RunAsync(Leaving("sparse", $"{MaxSize + 1}"));

        AssertRefused(result);
    }

    [KernelFact]
    public async Task A_file_of_a_terabyte_is_never_read()
    {
        var job = Leaving("sparse", $"{1L << 40}");

        var result = await RunAsync(job with { Limits = job.Limits with { FileSizeBytes = null } });

        AssertRefused(result);
        Assert.InRange(result.Time.Wall, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [KernelFact]
    public async Task A_file_that_was_growing_is_refused_or_capped()
    {
        var job = Leaving("growing", "");

        var result = await RunAsync(job);

        Assert.True(result.Verdict is Verdict.Ok or Verdict.OutputError, Describe(result));
        Assert.True(result.Outputs.Sum(output => output.Bytes) <= MaxSize, Describe(result));
    }

    [KernelFact]
    public async Task A_path_that_climbs_starts_no_job()
    {
        var job = Probe.Job("say", "never") with { Outputs = [Output("/work/../etc/passwd")] };

        var refusal = await Assert.ThrowsAsync<InvalidJobException>(() => RunAsync(job));

        Assert.Equal("/outputs/0/path", Assert.Single(refusal.Problems).Pointer);
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task A_file_that_nobody_may_read_is_refused()
    {
        AssertRefused(await RunAsync(Leaving("unreadable", "")));
    }

    [KernelFact]
    public async Task A_sparse_file_arrives_sparse()
    {
        var result = await RunAsync(Leaving("sparse", $"{32 << 20}") with { Outputs = [Output("/work/out.txt") with { MaxSizeBytes = 64 << 20 }] });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(0, Sandbox.Interop.Libc.StatusOf(Path.Combine(Directory, "out.txt"), out var status));
        Assert.Equal((32L << 20, 0L), (status.Size, status.AllocatedBytes));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(new byte[32 << 20])), result.Outputs[0].Sha256);
    }

    [KernelFact]
    public async Task All_outputs_together_are_limited()
    {
        var job = Probe.Tool("sh", "-c", "head -c 700 /dev/zero > a; head -c 700 /dev/zero > b") with
        {
            Outputs = [new OutputSpec { Path = "/work/*", To = Directory + "/all/" }],
        };

        var result = await RunAsync(job with { Limits = job.Limits with { CollectBytes = 1000 } });

        AssertVerdict(Verdict.OutputError, result);
        Assert.Equal(["collect"], result.LimitsHit);
        Assert.Equal(["/work/a"], result.Outputs.Select(output => output.Path));
        Assert.Equal(["a"], System.IO.Directory.GetFileSystemEntries(Directory + "/all").Select(Path.GetFileName));
    }

    [KernelFact]
    public async Task Names_of_any_bytes_are_collected_or_refused()
    {
        var job = Probe.Tool("sh", "-c", "echo x > \"$(printf 'a\\nb\\033')\"; echo x > \"$(printf 'c\\377')\"") with
        {
            Outputs = [new OutputSpec { Path = "/work/*", To = Directory + "/all/" }],
        };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.OutputError, result);
        Assert.Equal("x\n", await File.ReadAllTextAsync(Directory + "/all/a\nb\u001b", Cancellation));
        Assert.Equal("its name is not UTF-8", Assert.Single(result.OutputErrors).Error);
    }

    [KernelFact]
    public async Task Two_stars_collect_a_tree_without_following_links()
    {
        var job = Probe.Tool("sh", "-c", "mkdir -p a/b; echo 1 > a/b/r; echo 2 > r; ln -s /etc a/etc; ln -s .. a/loop; mkfifo a/r") with
        {
            Outputs = [new OutputSpec { Path = "/work/**/r", To = Directory + "/all/" }],
        };

        var result = await RunAsync(job);

        Assert.Equal(["/work/a/b/r", "/work/r"], result.Outputs.Select(output => output.Path));
        Assert.Equal(["/work/a/r"], result.OutputErrors.Select(error => error.Path));
        Assert.Equal("1\n", await File.ReadAllTextAsync(Directory + "/all/a/b/r", Cancellation));
    }

    [KernelFact]
    public async Task A_tree_that_never_ends_is_given_up()
    {
        var job = Probe.Job("dig_deep", "/work", "4000") with { Outputs = [new OutputSpec { Path = "/work/**", To = Directory + "/all/" }] };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.OutputError, result);
        Assert.Equal("deeper than 128 directories", Assert.Single(result.OutputErrors).Error);
    }

    [KernelFact(Needs.Unprivileged, tool: "unshare")]
    public async Task A_full_disk_of_the_host_is_an_internal_error_and_leaves_no_half_file()
    {
        const string Outputs = """ "outputs": [ { "path": "/work/big", "to": "small/big" } ] """;
        var job = JobFiles.Write(Directory, ["/probes/leave_output", "sparse", "/work/big", "300000"], Outputs);
        var small = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "small")).FullName;
        var script = $"export SANDBOX JOB; cd '{Directory}'; exec unshare -Urm sh -c " +
            $"'mount -t tmpfs -o size=64k none {small} && \"$SANDBOX\" exec \"$JOB\" --result r.json; echo $?; ls -A {small}'";

        var run = await CommandRun.ShellAsync(script, job, Cancellation);

        Assert.Equal("3\n", run.Stdout);
        var result = await File.ReadAllTextAsync(Path.Combine(Directory, "r.json"), Cancellation);
        Assert.Contains("\"verdict\":\"internal-error\"", result, StringComparison.Ordinal);
        Assert.Contains("small/big: ENOSPC", result, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_missing_output_is_an_output_error()
    {
        var job = Probe.Job("say", "nothing written") with { Outputs = [Output("/work/out.txt")] };

        AssertRefused(await RunAsync(job));
    }

    [KernelFact]
    public async Task A_missing_optional_output_is_ok()
    {
        var job = Probe.Job("say", "nothing written") with { Outputs = [Output("/work/out.txt") with { Optional = true }] };

        AssertVerdict(Verdict.Ok, await RunAsync(job));
    }

    [KernelFact]
    public async Task A_failed_job_keeps_its_verdict_over_a_missing_output()
    {
        var job = Probe.Job("exit_with", "3") with { Outputs = [Output("/work/out.txt")] };

        AssertVerdict(Verdict.ExitCode, await RunAsync(job));
    }

    [KernelFact]
    public async Task A_pattern_collects_each_file_it_matches()
    {
        var job = Probe.Tool("sh", "-c", "echo a > a.log; echo b > b.log; mkdir d; echo c > d/c.log; ln -s /etc/passwd e.log") with
        {
            Outputs = [new OutputSpec { Path = "/work/*.log", To = Directory + "/logs/" }],
        };

        var result = await RunAsync(job);

        Assert.Equal(["/work/a.log", "/work/b.log"], result.Outputs.Select(output => output.Path).Order(StringComparer.Ordinal));
        Assert.Equal("/work/e.log", Assert.Single(result.OutputErrors).Path);
    }

    [KernelFact]
    public async Task The_destination_on_the_host_is_not_followed_through_a_link()
    {
        var precious = Path.Combine(Directory, "precious");
        await File.WriteAllTextAsync(precious, "untouched", Cancellation);
        File.CreateSymbolicLink(Path.Combine(Directory, "out.txt"), precious);
        var job = Probe.Job("write_output", "/work/out.txt", "overwritten") with { Outputs = [Output("/work/out.txt")] };

        await RunAsync(job);

        Assert.Equal("untouched", await File.ReadAllTextAsync(precious, Cancellation));
    }

    private JobSpec Leaving(string kind, string to) =>
        Probe.Job("leave_output", kind, "/work/out.txt", to) with { Outputs = [Output("/work/out.txt")] };

    private OutputSpec Output(string path) => new() { Path = path, To = Path.Combine(Directory, "out.txt"), MaxSizeBytes = MaxSize };

    private void AssertRefused(JobResult result)
    {
        AssertVerdict(Verdict.OutputError, result);
        Assert.NotEmpty(result.OutputErrors);
        Assert.Empty(result.Outputs);
        Assert.False(File.Exists(Path.Combine(Directory, "out.txt")), "something was left on the host");
    }
}
