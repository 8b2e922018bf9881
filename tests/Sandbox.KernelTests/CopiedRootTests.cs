using System.Globalization;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>
/// Jobs of one kind that come fast get copies of mounts that were made once (native/launcher/original.c), one at a time. As real root, whose jobs differ in their
/// id outside, none does; and where a job takes as long as in a guest, they may never come fast enough.
/// </summary>
public sealed class CopiedRootTests : KernelTest
{
    // What makes the other tests worth something: without copies, each root is a file system of its own.
    [KernelFact(Needs.Unprivileged | Needs.NativeKernel)]
    public async Task Jobs_that_come_fast_have_copies()
    {
        var roots = await LookUntilCopiedAsync();

        Assert.NotEmpty(roots);
    }

    // A file system with a size of its own is made for each of them, and empty for each.
    [KernelFact(Needs.Unprivileged | Needs.NativeKernel)]
    public async Task Copies_have_a_tmpfs_of_their_own_each()
    {
        var job = Plain("sh", "-c", "stat -f -c 'root %i' /; stat -f -c '%b %S' /sized; ls -A /sized; head -c 3000000 /dev/zero > /sized/left 2>/dev/null; stat -c %s /sized/left") with { Mounts = [Mount.Tmpfs("/sized", 2 << 20)] };
        var roots = new List<string>();
        while (roots.Distinct().Count() == roots.Count)
        {
            var result = await RunAsync(job);

            AssertVerdict(Verdict.Ok, result);
            Assert.Equal(["512 4096", "2097152"], Out(result).TrimEnd().Split('\n').Skip(1));
            roots.Add(RootOf(result));
        }
    }

    [KernelFact]
    public async Task Two_jobs_at_once_never_share_a_root()
    {
        var all = new List<JobResult>();
        for (var wave = 0; wave < 15; wave++)
        {
            all.AddRange(await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => RunAsync(Sharing("hold")))));
        }

        Assert.All(all, AssertAlone);
        var overlapping = 0;
        for (var one = 0; one < all.Count; one++)
        {
            for (var other = one + 1; other < all.Count; other++)
            {
                var (first, second) = (Time(all[one]), Time(all[other]));
                if (first.From < second.To && second.From < first.To)
                {
                    overlapping++;
                    Assert.NotEqual(RootOf(all[one]), RootOf(all[other]));
                }
            }
        }

        Assert.NotEqual(0, overlapping);
    }

    // In sockets that refer to each other, descriptors and what is locked through them outlive the job.
    [KernelFact(Needs.Unprivileged | Needs.NativeKernel)]
    public async Task A_root_of_which_something_is_left_open_is_given_to_nobody_else()
    {
        // until some of those who left something had copies themselves
        for (var shared = 0; shared < 5;)
        {
            var before = await LookUntilCopiedAsync();
            var left = await RunAsync(Sharing("leave"));
            AssertAlone(left);
            shared += before.Exists(copies => copies.Exists(copy => copy.Split(' ')[1] == RootOf(left))) ? 1 : 0;

            for (var round = 0; round < 5; round++)
            {
                var found = await RunAsync(Sharing("look"));
                AssertAlone(found);
                Assert.NotEqual(RootOf(left), RootOf(found));
            }
        }
    }

    // The times are those of files that jobs share one after the other: whether one was read before does not show.
    [KernelFact(Needs.Unprivileged | Needs.NativeKernel)]
    public async Task That_another_job_read_a_file_does_not_show()
    {
        var copies = await LookUntilCopiedAsync();

        Assert.All(copies, static copy => Assert.Single(copy.Distinct()));
    }

    [KernelFact(Needs.Unprivileged | Needs.NativeKernel)]
    public async Task A_copy_has_the_mounts_of_the_first_job()
    {
        var first = Mounts(await RunAsync(Listing()));
        var roots = new List<string>();
        while (roots.Distinct().Count() == roots.Count)
        {
            var result = await RunAsync(Listing());
            Assert.Equal(first, Mounts(result));
            roots.Add(RootOf(result));
        }
    }

    [KernelFact(Needs.Unprivileged | Needs.NativeKernel)]
    public async Task Nothing_that_a_job_wrote_is_in_the_next_copy()
    {
        await LookUntilCopiedAsync();
        for (var round = 0; round < 40; round++)
        {
            var result = await RunAsync(Plain("sh", "-c",
                "for place in / /etc /dev /dev/shm /tmp /work /usr /proc; do (echo x > $place/mark) 2>/dev/null && wrote=\"$wrote $place\"; done; " +
                "ipcmk -M 4096 >/dev/null 2>&1; echo \"wrote$wrote\"; ls -A /tmp /work /dev/shm | grep -c mark"));
            AssertPrinted("wrote /dev/shm /tmp /work\n3", result);

            var next = await RunAsync(Plain("sh", "-c", "ls -Ad /mark /etc/mark /dev/mark /dev/shm/* /tmp/* /work/* 2>/dev/null; ipcs -m | grep -c 0x; true"));
            AssertPrinted("0", next);
        }
    }

    // As by the kernel's OOM killer, at whatever moment.
    [KernelFact(Needs.Unprivileged | Needs.NativeKernel)]
    public async Task An_original_that_is_killed_costs_no_job_anything()
    {
        await LookUntilCopiedAsync();
        using var over = new CancellationTokenSource();
        var killer = Task.Run(async () =>
        {
            var killed = 0;
            while (!over.IsCancellationRequested)
            {
                killed += Prepared().Count(static pid => IsOriginal(pid) && Libc.Signal(pid, 9) == 0);
                await Task.Delay(7, Cancellation);
            }

            return killed;
        }, Cancellation);
        var results = new List<JobResult>();

        try
        {
            for (var wave = 0; wave < 60; wave++)
            {
                results.AddRange(await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => RunAsync(Plain("echo", "here")))));
            }
        }
        finally
        {
            await over.CancelAsync();
        }

        Assert.NotEqual(0, await killer);
        Assert.All(results, static result => AssertPrinted("here", result));
    }

    // They hold the host's directories; and go although they were of use a moment ago.
    [KernelFact(Needs.Unprivileged | Needs.NativeKernel)]
    public async Task None_is_kept_for_long()
    {
        await LookUntilCopiedAsync();
        var all = Prepared();

        while (all.Exists(pid => Prepared().Contains(pid)))
        {
            await Task.Delay(50, Cancellation);
        }

        Assert.NotEmpty(all);
    }

    // No process outside of the job is in its /proc, and it has no number for one.
    [KernelFact(Needs.Unprivileged | Needs.NativeKernel)]
    public async Task A_copy_sees_no_process_but_its_own()
    {
        await LookUntilCopiedAsync();
        for (var round = 0; round < 20; round++)
        {
            AssertPrinted("1 2", await RunAsync(Plain("sh", "-c", "cd /proc; echo [0-9]*")));
        }
    }

    [KernelFact(Needs.Unprivileged | Needs.NativeKernel)]
    public async Task A_strict_job_has_none()
    {
        await LookUntilCopiedAsync();
        var roots = new List<string>();
        for (var round = 0; round < 30; round++)
        {
            var result = await RunAsync(Sharing("look") with { Isolation = IsolationLevel.Strict });
            AssertAlone(result);
            roots.Add(RootOf(result));
        }

        Assert.Equal(roots.Count, roots.Distinct().Count());
    }

    // The last lines of those that had one root, in turn, once there is one that several had.
    private async Task<List<List<string>>> LookUntilCopiedAsync()
    {
        while (true)
        {
            var lines = new List<string>();
            for (var round = 0; round < 10; round++)
            {
                var result = await RunAsync(Sharing("look"));
                AssertAlone(result);
                lines.Add(Out(result).TrimEnd());
            }

            if (lines.GroupBy(static line => line.Split(' ')[1]).Where(static copies => copies.Count() > 1).Select(static copies => copies.ToList()).ToList() is { Count: > 0 } shared)
            {
                return shared;
            }
        }
    }

    // A bind that a user named would be a way out for descriptors.
    private static JobSpec Plain(params string[] command) => new()
    {
        Command = command,
        Limits = new ResourceLimits { WallTime = TimeSpan.FromSeconds(20) * Requirements.Slowness },
    };

    private static JobSpec Sharing(string what) => Plain("/work/share_root", what) with
    {
        Files = [new() { Path = "/work/share_root", Mode = 0b111_101_101, Content = new FileContent { Path = Path.Combine(Probe.Directory, "share_root") } }],
    };

    private static JobSpec Listing() => Plain("sh", "-c", "stat -f -c 'root %i' /; cat /proc/self/mountinfo");

    private static void AssertAlone(JobResult result)
    {
        AssertVerdict(Verdict.Ok, result);
        Assert.True(Out(result).StartsWith("root ", StringComparison.Ordinal) && !Out(result).Contains("escaped", StringComparison.Ordinal), Describe(result));
    }

    // Each tmpfs has a random one (statfs(2), f_fsid).
    private static string RootOf(JobResult result) => Out(result).Split(' ', '\n')[1];

    private static (long From, long To) Time(JobResult result)
    {
        var lines = Out(result).TrimEnd().Split('\n');
        return (long.Parse(lines[1], CultureInfo.InvariantCulture), long.Parse(lines[2], CultureInfo.InvariantCulture));
    }

    // Mount point, root within the file system, options, type: all but numbers.
    private static List<string> Mounts(JobResult result) =>
        [.. Out(result).TrimEnd().Split('\n').Skip(1).Select(static line => line.Split(' ')).Select(static field => string.Join(' ', field[3..6]) + ' ' + string.Join(' ', field[6..8])).Order(StringComparer.Ordinal)];

    private static List<int> Prepared() =>
        [.. HostProcesses.Children().SelectMany(HostProcesses.ChildrenOf).Where(static pid => NameOf(pid) == "waiting")];

    // Not a pid 1 that waits: those are in namespaces of processes of their own (proc_pid_status(5), NSpid).
    private static bool IsOriginal(int pid)
    {
        try
        {
            return File.ReadLines($"/proc/{pid}/status").Any(static line => line.StartsWith("NSpid:", StringComparison.Ordinal) && line.Split('\t').Length == 2);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string NameOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").TrimEnd();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
