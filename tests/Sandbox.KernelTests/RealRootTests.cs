using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Started as real root, a job is nobody of the host: a user id of its own range, and no group of root's.</summary>
public sealed class RealRootTests : KernelTest
{
    [KernelFact(Needs.Root)]
    public async Task Real_root_is_never_mapped_into_a_job()
    {
        var mark = $"mark-{Guid.NewGuid():N}";
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = Runner.RunAsync(Probe.Job("sleep_forever", mark), stop.Token);
        var processes = await SeenAsync(mark);

        var users = processes.SelectMany(pid => Status(pid, "Uid:").Concat(Status(pid, "Gid:"))).ToList();
        var maps = processes.SelectMany(pid => File.ReadLines($"/proc/{pid}/uid_map")).ToList();
        await stop.CancelAsync();
        await running;

        Assert.NotEmpty(users);
        Assert.All(users, user => Assert.InRange(user, 0x7000_0000L, 0x7000_FFFFL));
        Assert.All(maps, map => Assert.NotEqual("0", map.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));
    }

    [KernelFact(Needs.Root)]
    public async Task No_group_of_root_reaches_the_job()
    {
        var result = await RunAsync(Probe.Job("state", "Groups"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal("", Out(result).Trim());
    }

    [KernelFact(Needs.Root)]
    public async Task The_user_id_on_the_host_is_reported()
    {
        var result = await RunAsync(Probe.Job("say", "x"));

        Assert.InRange(result.Isolation!.HostUid, 0x7000_0000L, 0x7000_FFFFL);
    }

    [KernelFact(Needs.Root)]
    public async Task Two_jobs_at_once_have_different_user_ids()
    {
        var first = Runner.RunAsync(Probe.Job("measure_wall", "300"), Cancellation);
        var second = Runner.RunAsync(Probe.Job("measure_wall", "300"), Cancellation);

        var results = await Task.WhenAll(first, second);

        Assert.NotEqual(results[0].Isolation!.HostUid, results[1].Isolation!.HostUid);
    }

    [KernelFact(Needs.Root)]
    public async Task A_source_in_a_directory_only_root_can_enter_can_be_bound()
    {
        var data = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "closed", "data"));
        await File.WriteAllTextAsync(Path.Combine(data.FullName, "file"), "reached", Cancellation);
        File.SetUnixFileMode(Path.Combine(Directory, "closed"), (UnixFileMode)0b111_000_000);
        var job = Probe.Job("open_file", "/data/file") with
        {
            Mounts = [Probe.Mount, new BindMount { Source = data.FullName, Target = "/data" }],
        };

        AssertPrinted("escaped: read /data/file: reached", await RunAsync(job));
    }

    [KernelFact(Needs.Root)]
    public async Task A_file_only_root_can_read_stays_unreadable()
    {
        var path = Path.Combine(Directory, "secret");
        await File.WriteAllTextAsync(path, "secret", Cancellation);
        File.SetUnixFileMode(path, (UnixFileMode)0b110_000_000);
        var job = Probe.Job("open_file", "/data/secret") with
        {
            User = new JobUser { Uid = 0, Gid = 0 },
            Mounts = [Probe.Mount, new BindMount { Source = Directory, Target = "/data" }],
        };

        AssertPrinted("denied EACCES", await RunAsync(job));
    }

    [KernelFact(Needs.Root, tool: "unshare")]
    public async Task A_root_that_has_no_ids_to_give_is_told_so()
    {
        var run = await CommandRun.ShellInAsync(Directory, "unshare -r \"$SANDBOX\" run true", Cancellation);

        Assert.Equal(125, run.ExitStatus);
        Assert.Contains("do not exist in this user namespace", run.Stderr, StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<int>> SeenAsync(string mark)
    {
        while (HostProcesses.WithArgument(mark).Count < 2)
        {
            await Task.Delay(5, Cancellation);
        }

        return HostProcesses.WithArgument(mark);
    }

    private static IEnumerable<long> Status(int pid, string key) =>
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(key, StringComparison.Ordinal))
            .Split('\t').Skip(1).Select(word => long.Parse(word, null));
}
