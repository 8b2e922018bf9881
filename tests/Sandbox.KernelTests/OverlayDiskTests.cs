using System.Diagnostics;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>
/// Overlays whose changes are on a disk of the host, as on kernels whose tmpfs cannot keep them: what is there is counted against
/// <c>disk</c>, however a job hides it, and nothing of it stays.
/// </summary>
public sealed class OverlayDiskTests : KernelTest
{
    private const long Disk = 16L << 20;
    private const uint JobId = 0x7000_4240;

    private string Store => Path.Combine(Directory, "store");

    private string Uppers => Path.Combine(Store, "overlays");

    [KernelTheory]
    [InlineData("/probes/eat_tmpfs /src 268435456")]
    [InlineData("/probes/eat_inodes /src 2000000")]
    [InlineData("/probes/eat_unlinked /src 100663296")]
    [InlineData("mkdir d; exec 3>d/x 4>d/y 5>d/z; chmod 000 d; for fd in 3 4 5; do head -c 60M /dev/zero >&$fd; done; sleep 5")]
    [InlineData("mkdir d; cd d; chmod 700 .; head -c 60M /dev/zero >x; chmod 000 .; sleep 5")]
    [InlineData("/probes/dig_deep /src 20000; sleep 5")]
    [InlineData("head -c 12M /dev/zero >x; head -c 12M /dev/zero >/work/x; sleep 5")]
    [InlineData("i=0; while [ $i -lt 200 ]; do head -c 1M /dev/zero >f$i; i=$((i+1)); done; sleep 5")]
    public async Task A_job_that_takes_more_than_its_disk_is_ended(string script)
    {
        var result = await RunAsync(script);

        AssertVerdict(Verdict.DiskLimit, result);
        Assert.Equal(Killer.Sandbox, result.KilledBy);
        Assert.Contains("disk", result.LimitsHit);
        Assert.Equal([], Left);
    }

    [KernelTheory]
    [InlineData("head -c 6M /dev/zero >x; ln x y; ln x z; ln x w; ln x v; sleep 2; ls -d ?", "v\nw\nx\ny\nz")]
    [InlineData("truncate -s 60M x; sleep 2; stat -c %s x", "62914560")]
    [InlineData("/probes/dig_deep /src 2000 >/dev/null; sleep 2; echo deep", "deep")]
    [InlineData("i=0; while [ $i -lt 20 ]; do head -c 8M /dev/zero >x; rm x; i=$((i+1)); done; echo reused", "reused")]
    public async Task What_stays_within_the_disk_runs(string script, string expected) => AssertPrinted(expected, await RunAsync(script));

    [KernelFact]
    public async Task Names_that_lead_out_are_neither_followed_nor_removed()
    {
        var outside = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "outside")).FullName;
        await File.WriteAllTextAsync(Path.Combine(outside, "kept"), "kept", Cancellation);

        var result = await RunAsync($"ln -s {outside} link; ln -s {outside}/kept file; mkdir -p d && ln -s ../../../../../.. d/up; mkfifo pipe; sleep 1; echo done");

        AssertPrinted("done", result);
        Assert.Equal([], Left);
        Assert.Equal("kept", await File.ReadAllTextAsync(Path.Combine(outside, "kept"), Cancellation));
    }

    [KernelFact]
    public async Task The_result_says_how_the_disk_is_held()
    {
        var result = await RunAsync("echo x >y");

        var disk = result.Enforcement["disk"];
        Assert.Equal(Mechanism.Watchdog, disk.By);
        Assert.StartsWith("sampled", disk.Note, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_job_that_requires_its_disk_to_be_held_is_refused()
    {
        var result = await RunOnDiskAsync(Job("true") with { Require = [RequiredLimit.Disk] });

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal("/require/0", result.Error!.Pointer);
        Assert.Contains("6.6", result.Error.Hint, StringComparison.Ordinal);
        Assert.Equal([], Left);
    }

    [KernelFact(Needs.SubIds)]
    public async Task Files_of_every_id_of_a_job_are_removed_with_it()
    {
        var job = Job("mkdir d && touch d/x && chown 5:5 d/x d && chmod 000 d && echo done") with
        {
            User = new JobUser { Uid = 0, Gid = 0 },
            SubIds = true,
            Capabilities = CapabilitySet.Chown | CapabilitySet.DacOverride | CapabilitySet.Fowner,
        };

        var result = await RunOnDiskAsync(job);

        AssertPrinted("done", result);
        Assert.Equal([], Left);
    }

    [KernelFact]
    public async Task What_an_earlier_job_left_is_removed_by_the_next()
    {
        await ShellAsync("mkdir -p store/overlays/left/overlay0/upper/a/b && touch store/overlays/left/overlay0/upper/a/b/c && chmod 700 store store/overlays && chmod 000 store/overlays/left/overlay0/upper/a");

        AssertPrinted("done", await RunAsync("echo done"));

        Assert.Equal([], Left);
    }

    [KernelFact(tool: "flock")]
    public async Task What_a_running_job_has_is_not()
    {
        await ShellAsync("mkdir -p store/overlays/held && touch store/overlays/held/x && chmod 700 store store/overlays");
        using var holder = Process.Start(new ProcessStartInfo("flock", [Path.Combine(Uppers, "held"), "sleep", "20"]))!;
        await Task.Delay(500, Cancellation);

        AssertPrinted("done", await RunAsync("echo done"));

        Assert.True(File.Exists(Path.Combine(Uppers, "held/x")));
        holder.Kill(entireProcessTree: true);
    }

    // An upper side within its own lower side is ELOOP.
    [KernelFact(Needs.NativeKernel)]
    public async Task An_overlay_of_a_directory_that_holds_the_store_has_them_elsewhere()
    {
        await SourceAsync();
        var job = Job("mkdir new && /probes/rename_path new renamed && ls -d renamed") with
        {
            Mounts = [Probe.Mount, new OverlayMount { Source = Directory, Target = "/src" }],
        };

        AssertPrinted("renamed\nrenamed", await RunOnDiskAsync(job));
        Assert.Equal([], Left);
    }

    [KernelFact]
    public async Task Changes_are_told()
    {
        await SourceAsync();
        var job = Job("rm -r full; mkdir full; echo new >full/new") with { Diff = new DiffSpec() };

        var result = await RunOnDiskAsync(job);

        AssertVerdict(Verdict.Ok, result);
        Assert.Contains(result.Diff!.Entries, entry => entry.Path == "/src/full/new");
        Assert.Contains(result.Diff!.Entries, entry => entry.Path == "/src/full/file" && entry.Change == DiffChange.Deleted);
    }

    [KernelFact]
    public async Task Jobs_side_by_side_have_a_directory_each()
    {
        await SourceAsync();
        var runner = new SandboxRunner(new() { UppersOnDisk = true, Store = Store, RootUidRangeStart = JobId, RootUidRangeLength = 4 });

        var results = await Task.WhenAll(Enumerable.Range(0, 4).Select(number => runner.RunAsync(Job($"echo {number} >x; sleep 1; cat x"), Cancellation)));
        runner.Dispose();

        for (var number = 0; number < results.Length; number++)
        {
            AssertPrinted($"{number}", results[number]);
        }

        Assert.Equal([], Left);
    }

    // As far as this kernel needs a disk at all: the command cannot be told to.
    [KernelFact(Timeout = 60_000)]
    public async Task A_killed_supervisor_leaves_nothing_of_an_overlay()
    {
        await SourceAsync();
        var mark = $"mark-{Guid.NewGuid():N}";
        for (var round = 0; round < 5; round++)
        {
            using var command = Process.Start(new ProcessStartInfo(Probe.CommandLine, ["run", "--volume", $"{Directory}/src:/src:overlay", "--workdir", "/src", "--", "sh", "-c", $": {mark}; mkdir a; echo x >a/b; chmod 000 a; sleep 20"])
            {
                Environment = { ["SANDBOX_STORE"] = Store },
            })!;
            await Task.Delay(150 + (100 * round), Cancellation);
            command.Kill();
            await command.WaitForExitAsync(Cancellation);
        }

        for (var waited = 0; (HostProcesses.WithArgument(mark).Count > 0 || Left.Length > 0) && waited < 100; waited++)
        {
            await Task.Delay(50, Cancellation);
        }

        Assert.Equal([], HostProcesses.WithArgument(mark));
        Assert.Equal([], Left);
    }

    private string[] Left =>
        System.IO.Directory.Exists(Uppers) ? [.. System.IO.Directory.EnumerateFileSystemEntries(Uppers).Select(Path.GetFileName).OfType<string>()] : [];

    private async Task<JobResult> RunAsync(string script)
    {
        await SourceAsync();
        return await RunOnDiskAsync(Job(script));
    }

    // The removal of a job's directory is over at the end of its runner.
    private async Task<JobResult> RunOnDiskAsync(JobSpec job)
    {
        using var runner = new SandboxRunner(new() { UppersOnDisk = true, Store = Store, RootUidRangeStart = JobId, RootUidRangeLength = 1 });
        return await runner.RunAsync(job, Cancellation);
    }

    private Task SourceAsync() => ShellAsync("mkdir -p src/full && echo x >src/full/file && chmod -R a+rwX src" + (Requirements.IsRoot ? $" && chown -R {JobId}:{JobId} src" : ""));

    private JobSpec Job(string script)
    {
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, "src/full"));
        var job = Probe.Tool("sh", "-c", script);
        return job with
        {
            WorkingDirectory = "/src",
            Mounts = [Probe.Mount, new OverlayMount { Source = Path.Combine(Directory, "src"), Target = "/src" }],
            Limits = job.Limits with { DiskBytes = Disk },
        };
    }

    private async Task ShellAsync(string script)
    {
        var run = await CommandRun.ShellInAsync(Directory, script, Cancellation);
        Assert.True(run.ExitStatus == 0, run.ToString());
    }
}
