using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Two jobs, one after the other or side by side, find nothing of each other.</summary>
public sealed class TwoJobsTests : KernelTest
{
    public static TheoryData<string, string> Places => new()
    {
        { "shm", "" },
        { "sem", "" },
        { "msg", "" },
        { "mqueue", "" },
        { "abstract", "" },
        { "port", "" },
        { "file", "/tmp/mark" },
        { "file", "/work/mark" },
        { "file", "/dev/shm/mark" },
    };

    [KernelTheory]
    [MemberData(nameof(Places))]
    public async Task A_mark_left_by_one_job_is_not_found_by_the_next(string kind, string path)
    {
        await RunAsync(Meet(kind, "leave", path));

        var result = await RunAsync(Meet(kind, "find", path));

        AssertDenied(result);
    }

    [KernelTheory]
    [MemberData(nameof(Places))]
    public async Task A_mark_left_by_one_job_is_not_found_side_by_side(string kind, string path)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var leaving = Runner.RunAsync(Staying(kind, path), stop.Token);

        var result = await RunAsync(Meet(kind, "find", path));
        var wasThere = !leaving.IsCompleted;
        await stop.CancelAsync();
        await leaving;

        Assert.True(wasThere, "the first job ended before the second had looked");
        AssertDenied(result);
    }

    // No namespace covers locks; FileShare.None is flock(LOCK_EX).
    [KernelFact]
    public async Task A_lock_of_the_host_on_a_file_of_the_root_is_not_felt()
    {
        using var locked = new FileStream("/usr/bin/env", FileMode.Open, FileAccess.Read, FileShare.None);

        var result = await RunAsync(Meet("lock", "find", "/usr/bin/env"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(result.Isolation!.OwnInodes, Out(result).StartsWith("denied", StringComparison.Ordinal));
    }

    // What makes the test above worth something: the same lock is felt where the inode is shared.
    [KernelFact]
    public async Task A_lock_of_the_host_on_a_bound_file_is_felt()
    {
        using var locked = new FileStream("/usr/bin/env", FileMode.Open, FileAccess.Read, FileShare.None);
        var job = Meet("lock", "find", "/env");

        var result = await RunAsync(job with { Mounts = [.. job.Mounts, new BindMount { Source = "/usr/bin/env", Target = "/env" }] });

        AssertVerdict(Verdict.Ok, result);
        Assert.StartsWith("escaped", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Every_job_has_namespaces_of_its_own()
    {
        var first = await RunAsync(Probe.Job("say", "1"));
        var second = await RunAsync(Probe.Job("say", "2"));

        foreach (var name in new List<string> { "user", "mnt", "pid", "ipc" })
        {
            var host = new FileInfo($"/proc/self/ns/{name}").LinkTarget;
            Assert.NotEqual(host, $"{name}:[{first.Isolation!.Namespaces[name]}]");
            Assert.NotEqual(host, $"{name}:[{second.Isolation!.Namespaces[name]}]");
        }
    }

    [KernelFact]
    public async Task Inotify_taken_by_one_job_is_not_missed_by_the_next()
    {
        await RunAsync(Probe.Job("drain_inotify"));

        var result = await RunAsync(Probe.Job("drain_inotify"));

        AssertVerdict(Verdict.Ok, result);
        Assert.NotEqual("made 0", Out(result).TrimEnd());
    }

    private static JobSpec Meet(string kind, string what, string path) => Probe.Job("meet", kind, what, path) with { Network = Network.Loopback };

    // The second half of the pair needs time to look: the mark stays until the job is cancelled.
    private static JobSpec Staying(string kind, string path) =>
        Probe.Tool("sh", "-c", "/probes/meet \"$1\" leave \"$2\" & sleep 30", "sh", kind, path) with { Network = Network.Loopback };
}
