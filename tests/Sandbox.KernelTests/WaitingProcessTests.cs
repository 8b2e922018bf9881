using System.Globalization;
using System.Text;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Processes 1 that wait for jobs to come know the kind of job that they are for, have nothing of any job, and are few.</summary>
public sealed class WaitingProcessTests : KernelTest
{
    private const string Name = "waiting";
    private const string Secret = "p4ssw0rd-of-an-earlier-job";

    // As real root every job has another id outside, and none is made ahead.
    [KernelFact(Needs.Unprivileged)]
    public async Task Nothing_of_an_earlier_job_is_in_the_memory_of_one()
    {
        var kind = "/kind-" + Guid.NewGuid().ToString("N");
        for (var round = 0; round < 3; round++)
        {
            AssertPrinted("here", await RunAsync(Secretive(kind)));
        }

        var memories = await ReadAsync(memory => Holds(memory, kind));

        // What makes it worth something: that the reader finds what is there, which is the path of the kind's own mount.
        Assert.NotEmpty(memories);
        Assert.DoesNotContain(memories, memory => Holds(memory, Secret));
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task One_holds_no_stream_of_any_job()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = Runner.RunAsync(Probe.Tool("sleep", "20"), stop.Token);
        for (var round = 0; round < 3; round++)
        {
            AssertPrinted("here", await RunAsync(Probe.Tool("echo", "here")));
        }

        var waiting = await WaitingAsync(static _ => true);
        var descriptors = waiting.SelectMany(pid => Directories($"/proc/{pid}/fd").Select(path => new FileInfo(path).LinkTarget ?? "")).ToList();
        await stop.CancelAsync();
        await running;

        Assert.NotEmpty(descriptors);
        Assert.DoesNotContain(descriptors, static target => target.StartsWith("pipe:", StringComparison.Ordinal) || target.Contains("memfd:", StringComparison.Ordinal));
        Assert.True(descriptors.Count(static target => target.StartsWith("socket:", StringComparison.Ordinal)) <= waiting.Count, string.Join('\n', descriptors));
    }

    // Each has a page that it shares with the launcher, which has those of all.
    [KernelFact(Needs.Unprivileged)]
    public async Task One_shares_no_memory_with_another()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var running = Runner.RunAsync(Probe.Tool("sleep", "20"), stop.Token);
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => RunAsync(Probe.Job("say", "here"))));
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => RunAsync(Probe.Job("say", "here"))));

        // One that has got its job or was given up meanwhile has none: then another is looked at.
        var shared = new List<int>();
        await WaitingAsync(pid =>
        {
            shared.Add(Text($"/proc/{pid}/maps").Split('\n').Count(static line => line.Contains(" rw-s ", StringComparison.Ordinal)));
            return shared[^1] > 0;
        });
        await stop.CancelAsync();
        await running;

        Assert.All(shared, static count => Assert.InRange(count, 0, 1));
    }

    // More than one kind, more than one at once: each finds only what is its own.
    [KernelFact]
    public async Task Jobs_of_several_kinds_at_once_have_their_own_mounts_and_no_others()
    {
        var jobs = Enumerable.Range(0, 60).Select(number => number % 12).ToList();

        for (var wave = 0; wave < jobs.Count; wave += 6)
        {
            var results = await Task.WhenAll(jobs.Skip(wave).Take(6).Select(kind => RunAsync(Listing(kind))));
            foreach (var (kind, result) in jobs.Skip(wave).Take(6).Zip(results))
            {
                AssertPrinted(string.Create(CultureInfo.InvariantCulture, $"/kind{kind}"), result);
            }
        }
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task They_are_few_and_go_with_the_runner()
    {
        var most = 0;
        for (var wave = 0; wave < 12; wave++)
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RunAsync(Probe.Job("say", "here"))));
            most = Math.Max(most, Waiting().Count);
        }

        var all = await WaitingAsync(static _ => true);
        await Runner.DisposeAsync();

        Assert.InRange(most, 0, 16);
        Assert.NotEmpty(all);
        Assert.All(all, pid => Assert.False(File.Exists($"/proc/{pid}/stat"), HostProcesses.Describe(pid)));
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task The_runner_tells_how_many_there_are_and_what_they_have_in_memory()
    {
        await RunAsync(Probe.Job("say", "here"));
        await WaitingAsync(static _ => true);

        var prepared = Runner.CountPrepared();

        Assert.InRange(prepared.Count, 1, 16);
        Assert.InRange(prepared.Bytes, 4096L * prepared.Count, (8L << 20) * prepared.Count);
    }

    // Such as by the kernel's OOM killer.
    [KernelFact(Needs.Unprivileged)]
    public async Task One_that_somebody_kills_costs_no_job_anything()
    {
        for (var round = 0; round < 3; round++)
        {
            AssertPrinted("here", await RunAsync(Probe.Job("say", "here")));
        }

        foreach (var pid in await WaitingAsync(static _ => true))
        {
            Assert.Equal(0, Libc.Signal(pid, 9));
        }

        // and after a pause others are made, for who comes then
        do
        {
            AssertPrinted("here", await RunAsync(Probe.Job("say", "here")));
        }
        while (Waiting().Count == 0);
    }

    // The files of the host may change meanwhile.
    [KernelFact(Needs.Unprivileged)]
    public async Task One_with_mounts_is_not_kept_for_long()
    {
        var kind = "/kind-" + Guid.NewGuid().ToString("N");
        for (var round = 0; round < 3; round++)
        {
            AssertPrinted("here", await RunAsync(Secretive(kind)));
        }

        var first = await WaitingAsync(pid => Holds(Memory(pid), kind));

        // until the runner has done without each of them, by whatever number
        while (first.Any(pid => Waiting().Contains(pid) && Holds(Memory(pid), kind)))
        {
            await Task.Delay(50, Cancellation);
        }

        Assert.NotEmpty(first);
    }

    private static JobSpec Secretive(string kind) => Probe.Tool("sh", "-c", "echo here") with
    {
        Mounts = [new TmpfsMount { Target = kind }],
        Env = new Dictionary<string, string> { ["TOKEN"] = Secret },
        Files = [new() { Path = "/tmp/token", Content = new InlineContent { Bytes = Encoding.ASCII.GetBytes(Secret) } }],
    };

    private static JobSpec Listing(int kind) => Probe.Tool("sh", "-c", "echo /kind*") with
    {
        Mounts = [new TmpfsMount { Target = string.Create(CultureInfo.InvariantCulture, $"/kind{kind}") }],
    };

    private static List<int> Waiting() =>
        [.. HostProcesses.Children().SelectMany(HostProcesses.ChildrenOf).Where(static pid => Text($"/proc/{pid}/comm").TrimEnd() == Name)];

    private static async Task<List<int>> WaitingAsync(Func<int, bool> isOne)
    {
        while (true)
        {
            if (Waiting().Where(isOne).ToList() is { Count: > 0 } found)
            {
                return found;
            }

            await Task.Delay(10, Cancellation);
        }
    }

    private static async Task<List<byte[]>> ReadAsync(Func<byte[], bool> isOne)
    {
        var memories = new List<byte[]>();
        await WaitingAsync(pid =>
        {
            memories = [.. memories, Memory(pid)];
            return memories.Exists(memory => isOne(memory));
        });
        return memories;
    }

    private static bool Holds(byte[] memory, string text) => memory.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text)) >= 0;

    private static byte[] Memory(int pid)
    {
        var bytes = new MemoryStream();
        try
        {
            using var memory = File.OpenRead($"/proc/{pid}/mem");
            foreach (var line in File.ReadLines($"/proc/{pid}/maps").Where(static line => line.Split(' ')[1].StartsWith('r') && !line.Contains("[v", StringComparison.Ordinal)))
            {
                var range = line.Split(' ')[0].Split('-').Select(static number => long.Parse(number, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
                var part = new byte[range[1] - range[0]];
                memory.Position = range[0];
                memory.ReadExactly(part);
                bytes.Write(part);
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return []; // it has its job
        }

        return bytes.ToArray();
    }

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string[] Directories(string path)
    {
        try
        {
            return System.IO.Directory.GetFileSystemEntries(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
