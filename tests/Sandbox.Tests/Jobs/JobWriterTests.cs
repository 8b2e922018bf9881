using System.Buffers;
using System.Reflection;
using System.Text;
using Sandbox.Jobs;
using Sandbox.Text;
using Xunit;

namespace Sandbox.Tests.Jobs;

public sealed class JobWriterTests
{
    private static readonly ResourceLimits s_otherLimits = new()
    {
        CpuTime = TimeSpan.FromSeconds(2),
        WallTime = TimeSpan.FromMinutes(90),
        IdleTime = TimeSpan.FromTicks(12_345),
        MemoryBytes = 1 << 20,
        Processes = int.MaxValue,
        OutputBytes = 0,
        FileSizeBytes = 1001,
        OpenFiles = 4,
        StackBytes = 8 << 20,
        DiskBytes = 3L << 30,
        CollectBytes = 2L << 30,
        Connections = 3,
        ConnectionsTotal = 30,
        TrafficBytes = 5 << 20,
        TrafficRateBytes = 1 << 20,
        Cpus = 0.35,
        MemoryHighBytes = 256 << 10,
        AddressSpaceBytes = 2L << 30,
        DataSegmentBytes = 64 << 10,
        IoReadBytes = long.MaxValue,
        IoWriteBytes = 5L << 40,
    };

    private static readonly JobSpec s_other = new()
    {
        Name = "two-sum #3 \"ž\" 🐎\u0007",
        Command = ["sh", "-c", "echo \"$1\"", "", "\u0001\n"],
        WorkingDirectory = "/src",
        Env = new Dictionary<string, string> { ["B"] = "", ["A"] = "x=\"y\"\n" },
        Hostname = "box.local",
        User = new() { Uid = 7, Gid = 8 },
        Rootfs = new DirectoryRootfs { Path = "/srv/root fs", Writable = true },
        Mounts =
        [
            new BindMount { Source = "/a", Target = "/b" },
            new BindMount { Source = "/a", Target = "/c", Writable = true, Optional = true, NoExec = true },
            new TmpfsMount { Target = "/d" },
            new TmpfsMount { Target = "/e", SizeBytes = 64 << 20, Inodes = 10_000, NoExec = true },
            new OverlayMount { Source = "/f", Target = "/g", NoExec = true },
            new OverlayMount { Source = "/f", Target = "/i", Upper = "/changes" },
            new StoredMount { Sha256 = new string('a', 64), Target = "/j", NoExec = true },
            new VolumeMount { Name = "cache.2", Target = "/l", ReadOnly = true, NoExec = true },
            new VolumeMount { Name = "cache.3", Target = "/m", ReadOnly = true, Copy = false },
            new SymlinkMount { Source = "usr/bin", Target = "/h" },
        ],
        Files =
        [
            new() { Path = "/work/a~b/c", Content = new FileContent { Path = "/x" } },
            new() { Path = "/work/text", Mode = 0x1ED, Content = new InlineContent { Bytes = "1 \0 ž\r\n"u8.ToArray() } },
            new() { Path = "/work/bytes", Mode = 7, Content = new InlineContent { Bytes = new byte[] { 0xFF, 0 } } },
            new() { Path = "/work/stored", Content = new StoredContent { Sha256 = new string('b', 64) } },
            new() { Path = "/work/copied", Content = new StoredContent { Sha256 = new string('b', 64) }, ReadOnly = false, Mode = 0x1ED },
            new() { Path = "/work/fixed", Content = new FileContent { Path = "/x" }, ReadOnly = true },
            new() { Path = "/work/none", Mode = 0, Content = new InlineContent { Bytes = Array.Empty<byte>() } },
        ],
        Stdin = new ContentStdin { Content = new InlineContent { Bytes = "1 2\n"u8.ToArray() } },
        Stdout = new FileOutput { Path = "/out" },
        Stderr = new MergedStream(),
        Terminal = true,
        Outputs =
        [
            new() { Path = "/work/a", To = "/host/a" },
            new() { Path = "/work/*.log", To = "/host/logs/", MaxSizeBytes = 16 << 20, Optional = true },
        ],
        Diff = new() { To = "/host/changes.tar" },
        Limits = s_otherLimits,
        OnOutputLimit = OutputLimitAction.Truncate,
        Network = Network.Egress("example.org:443", "*.example.com", "10.0.0.0/8"),
        Domainname = "example.org",
        Sys = SysView.Network,
        ExtraHosts = new Dictionary<string, string> { ["db.example.org"] = "10.0.0.5", ["six"] = "fd00::1" },
        Dns = new() { Search = ["example.org"], Options = ["ndots:2"] },
        Sysctls = new Dictionary<string, string> { ["net.core.somaxconn"] = "1024" },
        OomScoreAdj = 500,
        Rlimits = new Dictionary<string, RlimitRange> { ["nofile"] = new() { Soft = 64 }, ["memlock"] = new() { Soft = 1, Hard = 4096 } },
        Ports = [PortMapping.Parse("0.0.0.0:8080:80"), PortMapping.Parse("[::1]::443")],
        Seccomp = new InlinePolicy { Json = "{ \"unlisted\": \"kill\" /* all */ }"u8.ToArray() },
        Capabilities = CapabilitySet.Chown,
        SubIds = true,
        Devices = ["/dev/kvm"],
        Proc = ProcView.Pid,
        Isolation = IsolationLevel.Strict,
        Cpuset = "0-1",
        Require = [RequiredLimit.Memory, RequiredLimit.Cpuset],
        Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };

    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Repository.Root, "*job.json", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/bin/", StringComparison.Ordinal))
            .Select(file => Path.GetRelativePath(Repository.Root, file)).Order()];

    [Fact]
    public void A_job_of_a_command_alone_is_nothing_but_the_command()
    {
        var json = Write(new JobSpec { Command = ["true"] });

        Assert.Equal("{\n  \"command\": [\n    \"true\"\n  ]\n}\n", json);
    }

    [Fact]
    public void Every_member_is_read_back_as_it_was_written() => AssertReadBack(s_other);

    [Fact]
    public void The_job_of_that_test_differs_from_the_defaults_in_every_member()
    {
        var usual = new JobSpec { Command = ["true"] };

        // Descriptors are pipes, which a job of one has none of, details of the start have no form, and only a network of jobs lets others share something: the tests of those are below.
        Assert.All(typeof(JobSpec).GetProperties().Where(member => member.Name is not (nameof(JobSpec.Descriptors) or nameof(JobSpec.Start) or nameof(JobSpec.Ipc))), member => Assert.NotEqual(member.GetValue(usual), member.GetValue(s_other)));
    }

    [Fact]
    public void Every_limit_can_be_lifted()
    {
        var limits = new ResourceLimits();
        foreach (var limit in typeof(ResourceLimits).GetProperties())
        {
            limit.SetValue(limits, null);
        }

        AssertReadBack(new JobSpec { Command = ["true"], Limits = limits });
    }

    [Fact]
    public void Every_kind_of_every_member_is_read_back()
    {
        var job = new JobSpec { Command = ["true"] };
        JobSpec[] jobs =
        [
            job with { User = new() { Uid = 0, Gid = 0 } },
            job with { User = new() { Uid = 0, Gid = 5 } },
            job with { User = new() { Uid = 1000, Gid = 1000 }, WorkingDirectory = "/work" },
            job with { Rootfs = new EmptyRootfs() },
            job with { Rootfs = new DirectoryRootfs { Path = "/srv", Writable = true } },
            job with { Rootfs = new ImageRootfs { Reference = "python:3" } },
            job with { Rootfs = new ImageRootfs { Reference = "/images/python.tar", Writable = true }, Command = [] },
            job with { Stdin = new InheritStdin(), Stdout = new InheritStream(), Stderr = new InheritStream() },
            job with { Stdin = new ContentStdin { Content = new FileContent { Path = "/in" } }, Stdout = new DiscardStream(), Stderr = new DiscardStream() },
            job with { Stdin = new ContentStdin { Content = new InlineContent { Bytes = new byte[] { 0x80 } } }, Stderr = new FileOutput { Path = "/e" } },
            job with { Seccomp = new NamedPolicy { Name = "judge" } },
            job with { Seccomp = new PolicyFile { Path = "/policies/own" } },
            job with { Network = Network.Host },
            job with { Network = new JoinedNetwork { NetworkName = "net", Name = "db", Address = "10.89.0.7", Isolated = true, Shareable = true }, Ipc = new() { Shareable = true } },
            job with { Network = Network.Of("web"), Ipc = new() { Container = "web" } },
            job with { Diff = new() },
        ];

        Assert.All(jobs, AssertReadBack);
    }

    [Fact]
    public void Pipes_are_written_where_there_are_processes()
    {
        var first = new JobSpec { Command = ["a"], Stdout = new PipeOutput { Pipe = "p" }, Descriptors = [new() { Number = 3, Pipe = "q" }, new() { Number = 9, Pipe = "r", Write = true }] };
        var second = new JobSpec { Command = ["b"], Stdin = new PipeStdin { Pipe = "p" }, Stderr = new PipeOutput { Pipe = "q" }, Descriptors = [new() { Number = 4, Pipe = "r" }] };
        var text = new ArrayBufferWriter<byte>();

        JobFile.Write(text, new ProcessesJob { Processes = [new() { Name = "a", Job = first }, new() { Name = "b", Job = second }] });

        var read = Assert.IsType<ProcessesJob>(JobFile.ParseDocument(text.WrittenSpan, "/"));
        Assert.Equal(first.Stdout, read.Processes[0].Job.Stdout);
        Assert.Equal(second.Stdin, read.Processes[1].Job.Stdin);
        Assert.Equal(second.Stderr, read.Processes[1].Job.Stderr);
        Assert.Equal(first.Descriptors, read.Processes[0].Job.Descriptors);
        Assert.Equal(second.Descriptors, read.Processes[1].Job.Descriptors);
    }

    [Fact]
    public void Every_subtype_of_the_model_was_written_in_these_tests()
    {
        var known = File.ReadAllText(Repository.PathOf("tests/Sandbox.Tests/Jobs/JobWriterTests.cs"));
        Type[] models = [typeof(Mount), typeof(Rootfs), typeof(Stdin), typeof(OutputStream), typeof(Seccomp), typeof(Content)];

        var kinds = typeof(JobSpec).Assembly.GetTypes().Where(type => Array.Exists(models, type.IsSubclassOf));

        // What is written as nothing at all, being the default, is in every other job.
        Assert.All(kinds.Except([typeof(HostRootfs), typeof(NullStdin), typeof(CaptureStream)]), kind => Assert.Contains($"new {kind.Name}", known, StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_for_programs_alone_has_no_form_in_a_job_file()
    {
        JobSpec[] jobs =
        [
            new() { Command = ["a"], Stdin = new LiveStdin() },
            new() { Command = ["a"], Stdout = new LiveStream() },
            new() { Command = ["a"], Stderr = new LiveStream() },
            new() { Command = ["a"], Start = new() { LooksInWorkingDirectory = true } },
            new() { Command = ["a"], Outputs = [new() { Path = "/work/a", To = OutputSpec.Memory }] },
        ];

        var pointers = jobs.Select(job => Assert.Throws<InvalidJobException>(() => Write(job)).Problems[0].Pointer);

        Assert.Equal(["/stdin", "/stdout", "/stderr", "/start", "/outputs"], pointers);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_job_file_of_this_repository_is_read_back(string file)
    {
        var path = Repository.PathOf(file);

        AssertReadBack(JobFile.ParseDocument(File.ReadAllBytes(path), Path.GetDirectoryName(path)!));
    }

    [Theory]
    [InlineData(1, "0.0001ms")]
    [InlineData(10_000, "1ms")]
    [InlineData(15_000_000, "1500ms")]
    [InlineData(20_000_000, "2s")]
    [InlineData(600_000_000, "1m")]
    [InlineData(36_000_000_000, "1h")]
    [InlineData(0, "0ms")]
    public void A_duration_is_written_exactly(long ticks, string expected)
    {
        var word = Quantity.DurationWord(TimeSpan.FromTicks(ticks));

        Assert.Equal(expected, word);
        Assert.Null(Quantity.ParseDuration(word, out var parsed, out _));
        Assert.Equal(ticks, parsed.Ticks);
    }

    private static void AssertReadBack(JobDocument job)
    {
        // Without a directory for relative paths: none may be left.
        var read = JobFile.ParseDocument(Encoding.UTF8.GetBytes(Write(job)), "");

        Assert.Equal(Plain(job), Plain(read));
    }

    private static string Write(JobDocument job)
    {
        var json = new ArrayBufferWriter<byte>();
        JobFile.Write(json, job);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    // Records compare lists and bytes by reference: here they are texts, all the way down.
    private static string Plain(object? value) => value switch
    {
        null => "null",
        ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
        string or ValueType => FormattableString.Invariant($"{value}"),
        IReadOnlyDictionary<string, string> map => string.Join(",", map.Select(entry => $"{entry.Key}={entry.Value}")),
        System.Collections.IEnumerable list => $"[{string.Join(",", list.Cast<object>().Select(Plain))}]",
        _ => $"{value.GetType().Name}({string.Join(",", value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(member => $"{member.Name}={Plain(member.GetValue(value))}"))})",
    };
}
