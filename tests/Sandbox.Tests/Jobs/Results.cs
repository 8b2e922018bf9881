using System.Buffers;
using System.Text;
using System.Text.Json;
using Sandbox.Execution.Judging;

namespace Sandbox.Tests.Jobs;

/// <summary>Results to write in tests.</summary>
internal static class Results
{
    private static readonly string[] s_namespaces = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"];
    private static readonly long[] s_inodes = [4026532300, 4026532301, 4026532304, 4026532306, 4026532303, 4026532302, 4026532305];

    /// <summary>The least a result can say.</summary>
    public static JobResult Plain { get; } = new()
    {
        Verdict = Verdict.Ok,
        Message = "exited with code 0",
        ExitCode = 0,
        Time = new TimeUsage { Cpu = default, User = default, System = default, Wall = default },
        Memory = new MemoryUsage { PeakBytes = 0 },
        Stdout = new StreamResult { Bytes = 0 },
        Stderr = new StreamResult { Bytes = 0 },
    };

    /// <summary>The example of the documentation.</summary>
    public static JobResult Example { get; } = new()
    {
        Name = "two-sum #3",
        Verdict = Verdict.MemoryLimit,
        Message = "killed by the kernel: the job used more than 256 MiB",
        Signal = "SIGKILL",
        KilledBy = Killer.KernelOom,
        LimitsHit = ["memory"],
        Time = new TimeUsage
        {
            Cpu = TimeSpan.FromMicroseconds(31_400),
            User = TimeSpan.FromMicroseconds(24_100),
            System = TimeSpan.FromMicroseconds(7_300),
            Wall = TimeSpan.FromMicroseconds(40_900),
            Overshoot = TimeSpan.FromMicroseconds(400),
        },
        Memory = new MemoryUsage { PeakBytes = 268435456, OomKills = 1 },
        ProcessesPeak = 3,
        Stdout = Captured("hello world\n"u8),
        Stderr = Captured(""u8),
        Outputs =
        [
            new OutputResult
            {
                Path = "/work/a.out",
                Bytes = 16696,
                Sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                To = "a.out",
            },
        ],
        OutputErrors = [new OutputFailure { Path = "/work/x", Error = "not a regular file (symbolic link)" }],
        Violations = [new PolicyViolation { Syscall = "ptrace", Number = 101, Arch = "x86_64", Pid = 2, Action = "kill" }],
        Enforcement = new Dictionary<string, Enforcement>
        {
            ["memory"] = new() { Requested = 268435456, Effective = 268435456, By = Mechanism.Cgroup2 },
            ["cpuTime"] = new() { Requested = 2.0, Effective = 2.0, By = Mechanism.Cgroup2 },
        },
        Isolation = new IsolationReport
        {
            Namespaces = s_namespaces.Zip(s_inodes).ToDictionary(pair => pair.First, pair => pair.Second),
            Capabilities = "0000000000000000",
            NoNewPrivs = true,
            SeccompPolicy = "default",
            SeccompSha256 = "0f343b0931126a20f133d67c2b018a3b5a1b3c9d8e7f60514233241506172839",
            Landlock = 7,
            OwnInodes = true,
        },
        Phases = [new PhaseTiming { Phase = JobPhase.Clone, StartMicroseconds = 0, Microseconds = 118 }],
    };

    /// <summary>A result with every kind of change.</summary>
    public static JobResult Changed { get; } = Plain with
    {
        Diff = new()
        {
            Entries =
            [
                new() { Path = "/src/a.c", Change = DiffChange.Created, Type = DiffType.File, Mode = 0x1a4, Bytes = 3, Sha256 = new string('0', 64) },
                new() { Path = "/src/d", Change = DiffChange.Changed, Type = DiffType.Directory, Mode = 0x3c0 },
                new() { Path = "/src/e", Change = DiffChange.Deleted, Type = DiffType.Other },
                new() { Path = "/src/f", Change = DiffChange.Created, Type = DiffType.Symlink, Target = "a.c" },
            ],
            IsTruncated = true,
            Archive = new() { Path = "/", Bytes = 1024, Sha256 = new string('1', 64), To = "/changes.tar" },
        },
    };

    public static StreamResult Captured(ReadOnlySpan<byte> content, bool truncated = false) =>
        new() { Bytes = content.Length, Truncated = truncated, Content = content.ToArray() };

    public static string Json(JobResult result, bool pretty = false)
    {
        var json = new ArrayBufferWriter<byte>();
        ResultFile.Write(json, result, pretty);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }

    public static JsonElement Read(JobResult result) => JsonDocument.Parse(Json(result)).RootElement;
}
