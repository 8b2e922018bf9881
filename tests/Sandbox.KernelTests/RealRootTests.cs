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

    [KernelFact(Needs.Root)]
    public async Task A_file_only_root_can_read_is_no_output_by_whatever_name_a_job_gives_it()
    {
        var judge = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "judge")).FullName;
        var closed = System.IO.Directory.CreateDirectory(Path.Combine(judge, "closed")).FullName;
        await File.WriteAllTextAsync(Path.Combine(judge, "secret"), "secret", Cancellation);
        await File.WriteAllTextAsync(Path.Combine(closed, "file"), "secret", Cancellation);
        File.SetUnixFileMode(Path.Combine(judge, "secret"), (UnixFileMode)0b110_100_000);
        File.SetUnixFileMode(closed, (UnixFileMode)0b111_000_000);
        File.SetUnixFileMode(judge, (UnixFileMode)0b111_111_111);
        var job = Probe.Job("rename_path", "/judge/secret", "/judge/out.txt", "/judge/closed", "/judge/logs") with
        {
            Mounts = [Probe.Mount, new BindMount { Source = judge, Target = "/judge", Writable = true }],
            Outputs =
            [
                new OutputSpec { Path = "/judge/out.txt", To = Path.Combine(Directory, "out.txt") },
                new OutputSpec { Path = "/judge/logs/*", To = Path.Combine(Directory, "logs") + "/" },
                new OutputSpec { Path = "/judge/*.txt", To = Path.Combine(Directory, "all") + "/" },
                new OutputSpec { Path = "/judge/logs/file", To = OutputSpec.Store },
            ],
        };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.OutputError, result);
        Assert.Contains("renamed", Out(result), StringComparison.Ordinal);
        Assert.Empty(result.Outputs);
        Assert.Equal(
            ["/judge/out.txt", "/judge/logs", "/judge/out.txt", "/judge/logs/file"],
            result.OutputErrors.Select(static failure => failure.Error.Contains("EACCES", StringComparison.Ordinal) ? failure.Path : failure.Error));
    }

    [KernelFact(Needs.Root)]
    public async Task What_only_the_job_can_read_is_collected()
    {
        var job = Probe.Tool("sh", "-c", "umask 077; mkdir d; echo mine > d/file") with { Outputs = [new OutputSpec { Path = "/work/*/file", To = Directory + "/" }] };

        AssertVerdict(Verdict.Ok, await RunAsync(job));

        Assert.Equal("mine\n", await File.ReadAllTextAsync(Path.Combine(Directory, "file"), Cancellation));
    }

    [KernelTheory(Needs.Root)]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(1000u)]
    public async Task What_only_a_job_with_further_ids_can_read_is_collected(uint id)
    {
        var job = Probe.Tool("sh", "-c", "umask 077; mkdir d; echo mine > d/file") with
        {
            SubIds = true,
            User = new JobUser { Uid = id, Gid = id },
            Outputs = [new OutputSpec { Path = "/work/*/file", To = Directory + "/" }],
        };

        AssertVerdict(Verdict.Ok, await RunAsync(job));

        Assert.Equal("mine\n", await File.ReadAllTextAsync(Path.Combine(Directory, "file"), Cancellation));
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
