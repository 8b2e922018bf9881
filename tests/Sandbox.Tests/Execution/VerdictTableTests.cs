using Sandbox.Execution;
using Sandbox.Execution.Judging;
using Sandbox.Jobs;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Execution;

/// <summary>
/// The rules under result.json as one table: a case in words, its evidence, and what the result says of it as
/// VERDICT | EXIT CODE OR SIGNAL | KILLED BY | LIMITS HIT.
/// </summary>
public sealed class VerdictTableTests
{
    private const int Killed = 9;
    private const int Segfault = 11;
    private const long Mebibyte = 1 << 20;

    private static readonly Dictionary<string, (Evidence Evidence, string Expected)> s_table = new()
    {
        // The job's own end.
        ["exits 0"] = (Exited(0), "ok | 0 | - |"),
        ["exits 3"] = (Exited(3), "exit-code | 3 | - |"),
        ["exits 137, as if somebody had been killed"] = (Exited(137), "exit-code | 137 | - |"),
        ["sends itself SIGKILL"] = (Signalled(Killed), "signal | SIGKILL | job |"),
        ["sends itself SIGXCPU"] = (Signalled(24), "signal | SIGXCPU | job |"),
        ["sends itself SIGSYS"] = (Signalled(31), "signal | SIGSYS | job |"),
        ["sends itself SIGUSR1"] = (Signalled(10), "signal | SIGUSR1 | job |"),
        ["ends by a signal that the caller passed on"] = (Signalled(15) with { Forwarded = SignalSet.Of(15) }, "signal | SIGTERM | - |"),
        ["ends by another signal than the caller passed on"] = (Signalled(15) with { Forwarded = SignalSet.Of(2) }, "signal | SIGTERM | job |"),
        ["handles the signal that the caller passed on and exits 3"] = (Exited(3) with { Forwarded = SignalSet.Of(15) }, "exit-code | 3 | - |"),
        ["ends by a signal that the caller passed on after it used too much CPU time"] =
            (Signalled(15) with { Forwarded = SignalSet.Of(15), Cpu = TimeSpan.FromSeconds(3) }, "cpu-time-limit | SIGTERM | - | cpuTime"),
        ["runs too long after the caller passed on a signal"] =
            (Stopped(StopCause.WallTime) with { Forwarded = SignalSet.Of(15) }, "wall-time-limit | SIGKILL | sandbox | wallTime"),
        ["ends by SIGXFSZ, which the caller passed on"] =
            (TooLargeFile() with { Forwarded = SignalSet.Of(25) }, "signal | SIGXFSZ | - |"),
        ["ends by SIGINT with a terminal"] = (Signalled(2) with { HasTerminal = true }, "signal | SIGINT | - |"),
        ["ends by SIGQUIT with a terminal"] = (Signalled(3) with { HasTerminal = true }, "signal | SIGQUIT | - |"),
        ["ends by SIGTERM with a terminal"] = (Signalled(15) with { HasTerminal = true }, "signal | SIGTERM | job |"),
        ["ends by SIGINT without a terminal"] = (Signalled(2), "signal | SIGINT | job |"),
        ["sends itself SIGKILL after an allocation failed at its limit"] =
            (Signalled(Killed) with { MemoryLimitReached = true }, "signal | SIGKILL | job | memory"),
        ["sends itself SIGKILL after forks failed and a disk was full"] =
            (Signalled(Killed) with { LimitsObserved = ["disk", "processes"] }, "signal | SIGKILL | job | processes disk"),
        ["sends itself SIGSYS, and no call is on record"] = (Signalled(31) with { Violation = null }, "signal | SIGSYS | job |"),
        ["writes past fileSize"] = (TooLargeFile(), "file-size-limit | SIGXFSZ | sandbox | fileSize"),
        ["sends itself SIGXFSZ"] = (TooLargeFile() with { SentFileSizeSignal = true }, "signal | SIGXFSZ | job |"),
        ["writes past a smaller limit that it had set itself"] = (TooLargeFile() with { OwnFileSize = 4096 }, "signal | SIGXFSZ | job |"),
        ["ends by SIGXFSZ without a limit on files"] =
            (Signalled(25) with { Limits = new() { FileSizeBytes = null }, OwnFileSize = ulong.MaxValue }, "signal | SIGXFSZ | job |"),
        ["ends by SIGXFSZ, and nothing more is known"] = (Signalled(25), "signal | SIGXFSZ | job |"),
        ["is killed by the kernel at the caller's RLIMIT_CPU"] = (OutOfCpu(Killed), "cpu-time-limit | SIGKILL | sandbox | cpuTime"),
        ["is killed by the kernel at the caller's RLIMIT_CPU while the tree is past the same limit"] =
            (OutOfCpu(Killed) with { Limits = new() { CpuTime = TimeSpan.FromSeconds(4) }, Cpu = TimeSpan.FromSeconds(4.002), Cause = StopCause.CpuTime }, "cpu-time-limit | SIGKILL | sandbox | cpuTime"),
        ["sends itself SIGKILL long before the caller's RLIMIT_CPU"] =
            (OutOfCpu(Killed) with { OwnCpu = TimeSpan.FromSeconds(3.9) }, "signal | SIGKILL | job |"),
        ["sends itself SIGKILL after its children used more than the caller's RLIMIT_CPU"] =
            (OutOfCpu(Killed) with { OwnCpu = TimeSpan.FromSeconds(1), Cpu = TimeSpan.FromSeconds(9) }, "signal | SIGKILL | job |"),
        ["sends itself SIGXCPU at the caller's RLIMIT_CPU, which sends none"] = (OutOfCpu(24), "signal | SIGXCPU | job |"),
        ["is killed by the sandbox at the caller's RLIMIT_CPU"] =
            (OutOfCpu(Killed) with { KilledBySandbox = true, Cause = StopCause.WallTime, Wall = TimeSpan.FromSeconds(7) }, "wall-time-limit | SIGKILL | sandbox | wallTime"),
        ["has no room for its program in its memory"] =
            (NoProgram("ENOMEM") with { Exec = new() { Program = "./a.out", Errno = "ENOMEM", ProgramExists = true, Limit = "memory" }, MemoryLimitReached = true, OomKills = 1 }, "memory-limit | - | kernel-oom | memory"),
        ["has no room for its program in its address space"] =
            (NoProgram("ENOMEM") with { Exec = new() { Program = "./a.out", Errno = "ENOMEM", ProgramExists = true, Limit = "addressSpace" } }, "exec-failed | - | - | addressSpace"),
        ["exits 0 although an allocation failed at its limit"] = (Exited(0) with { MemoryLimitReached = true }, "ok | 0 | - | memory"),
        ["exits 0 with a truncated stream"] = (Exited(0) with { StreamsOverLimit = ["stdout"] }, "ok | 0 | - | output"),
        ["exits 0 without a required output"] = (Exited(0) with { RequiredOutput = Missing() }, "output-error | 0 | - |"),
        ["exits 1 without a required output"] = (Exited(1) with { RequiredOutput = Missing() }, "exit-code | 1 | - |"),

        // The OOM killer at the job's own limit: version 2 ends all, version 1 takes one and the sandbox ends the rest.
        ["is killed at its own memory limit"] = (Oom(Signalled(Killed)), "memory-limit | SIGKILL | kernel-oom | memory"),
        ["loses a child at its memory limit and exits 0"] = (Oom(Exited(0)), "memory-limit | 0 | - | memory"),
        ["loses a child at its memory limit and exits 1"] = (Oom(Exited(1)), "memory-limit | 1 | - | memory"),
        ["loses a child at its memory limit and crashes"] = (Oom(Signalled(Segfault)), "memory-limit | SIGSEGV | job | memory"),
        ["loses a child at its memory limit and is ended by the sandbox"] =
            (Oom(Stopped(StopCause.Memory)), "memory-limit | SIGKILL | sandbox | memory"),
        ["is killed at its memory limit before the sandbox's order comes"] =
            (Oom(Signalled(Killed)) with { Cause = StopCause.Memory }, "memory-limit | SIGKILL | kernel-oom | memory"),
        ["loses a child at its memory limit and exits 0 before the order comes"] =
            (Oom(Exited(0)) with { Cause = StopCause.Memory }, "memory-limit | 0 | - | memory"),
        ["loses a child at its memory limit and a required output"] =
            (Oom(Exited(0)) with { RequiredOutput = Missing() }, "memory-limit | 0 | - | memory"),
        ["loses a child at its memory limit, exits 0 and is cancelled too late"] =
            (Oom(Exited(0)) with { Cause = StopCause.Cancelled }, "memory-limit | 0 | - | memory"),
        ["is killed at its memory limit after it used too much CPU time"] =
            (Oom(Signalled(Killed)) with { Cpu = TimeSpan.FromSeconds(3) }, "memory-limit | SIGKILL | kernel-oom | cpuTime memory"),
        ["is stopped for the host's memory, and the final count says that its own limit was reached, too"] =
            (Oom(Stopped(StopCause.HostMemory)), "memory-limit | SIGKILL | sandbox | memory"),
        ["is at its memory limit, and no process of it gave way"] =
            (Stopped(StopCause.Memory) with { MemoryLimitReached = true }, "memory-limit | SIGKILL | sandbox | memory"),
        ["had a peak above its memory limit, which a group holds"] = (Exited(0) with { MemoryBytes = 0 }, "ok | 0 | - |"),
        ["is over every limit when it is killed at its memory limit"] =
            (OverAll(Oom(Signalled(Killed))), "memory-limit | SIGKILL | kernel-oom | cpuTime wallTime memory processes output disk"),

        // The OOM killer for somebody else's memory: never a verdict on the job.
        ["is killed for the host's memory"] = (OuterOom(Signalled(Killed)), "internal-error | SIGKILL | kernel-oom |"),
        ["loses a child for the host's memory and exits 0"] = (OuterOom(Exited(0)), "internal-error | 0 | - |"),
        ["loses a child for the host's memory and exits 1"] = (OuterOom(Exited(1)), "internal-error | 1 | - |"),
        ["loses a child for the host's memory and crashes"] = (OuterOom(Signalled(Segfault)), "internal-error | SIGSEGV | job |"),
        ["loses a child for the host's memory and a required output"] =
            (OuterOom(Exited(0)) with { RequiredOutput = Missing() }, "internal-error | 0 | - |"),
        ["loses a child for the host's memory and is ended by the sandbox"] =
            (OuterOom(Stopped(StopCause.HostMemory)), "internal-error | SIGKILL | sandbox |"),
        ["loses a child for the host's memory and exits 0 before the order comes"] =
            (OuterOom(Exited(0)) with { Cause = StopCause.HostMemory }, "internal-error | 0 | - |"),
        ["is stopped for the host's memory and never reported on"] =
            (OuterOom(Stopped(StopCause.HostMemory)) with { WaitStatus = null }, "internal-error | - | - |"),
        ["loses a child for the host's memory, exits 0 and is cancelled too late"] =
            (OuterOom(Exited(0)) with { Cause = StopCause.Cancelled }, "internal-error | 0 | - |"),
        ["loses a child for the host's memory, exits 0 and counts as idle too late"] =
            (OuterOom(Exited(0)) with { Cause = StopCause.Idle }, "internal-error | 0 | - |"),
        ["loses a child for the host's memory, exits 0 and is timed out too late"] =
            (OuterOom(Exited(0)) with { Cause = StopCause.WallTime }, "internal-error | 0 | - |"),
        ["loses a child for the host's memory and is cancelled"] = (OuterOom(Stopped(StopCause.Cancelled)), "cancelled | SIGKILL | sandbox |"),
        ["loses a child for the host's memory and does nothing for too long"] =
            (OuterOom(Stopped(StopCause.Idle)), "idle-limit | SIGKILL | sandbox | idleTime"),
        ["loses a child for the host's memory and uses too much CPU time, which only the end shows"] =
            (OuterOom(Exited(0)) with { Cpu = TimeSpan.FromSeconds(3) }, "internal-error | 0 | - | cpuTime"),
        ["uses too much CPU time, then loses a child for the host's memory"] =
            (OuterOom(Stopped(StopCause.CpuTime)) with { Cpu = TimeSpan.FromSeconds(3) }, "cpu-time-limit | SIGKILL | sandbox | cpuTime"),
        ["loses a child for the host's memory, then uses too much CPU time"] =
            (OuterOom(Stopped(StopCause.HostMemory)) with { Cpu = TimeSpan.FromSeconds(3) }, "internal-error | SIGKILL | sandbox | cpuTime"),

        // Limits that the sandbox enforces, and those found exceeded only at the end.
        ["uses too much CPU time"] = (Stopped(StopCause.CpuTime), "cpu-time-limit | SIGKILL | sandbox | cpuTime"),
        ["uses too much CPU time and exits 0 before the order comes"] =
            (Exited(0) with { Cause = StopCause.CpuTime }, "cpu-time-limit | 0 | - | cpuTime"),
        ["uses too much CPU time, which only the end shows"] =
            (Exited(0) with { Cpu = TimeSpan.FromSeconds(3) }, "cpu-time-limit | 0 | - | cpuTime"),
        ["uses too much CPU time after an allocation failed at its limit"] =
            (Stopped(StopCause.CpuTime) with { MemoryLimitReached = true }, "cpu-time-limit | SIGKILL | sandbox | cpuTime memory"),
        ["uses too much CPU time with every other limit reached"] =
            (OverAll(Stopped(StopCause.CpuTime)), "cpu-time-limit | SIGKILL | sandbox | cpuTime wallTime memory processes output disk"),
        ["runs too long"] = (Stopped(StopCause.WallTime), "wall-time-limit | SIGKILL | sandbox | wallTime"),
        ["runs too long, which only the end shows"] = (Exited(0) with { Wall = TimeSpan.FromSeconds(7) }, "wall-time-limit | 0 | - | wallTime"),
        ["ends just before the timer"] = (Exited(0) with { Cause = StopCause.WallTime }, "ok | 0 | - |"),
        ["does nothing for too long"] = (Stopped(StopCause.Idle), "idle-limit | SIGKILL | sandbox | idleTime"),
        ["ends just before it counts as idle"] = (Exited(0) with { Cause = StopCause.Idle }, "ok | 0 | - |"),
        ["is measured above its memory limit"] = (Stopped(StopCause.Memory), "memory-limit | SIGKILL | sandbox | memory"),
        ["is above its memory limit, which only the end shows"] =
            (Exited(0) with { MemoryBytes = 257 * Mebibyte }, "memory-limit | 0 | - | memory"),
        ["keeps too much on a disk"] = (Stopped(StopCause.Disk) with { DiskBytes = 257 * Mebibyte }, "disk-limit | SIGKILL | sandbox | disk"),
        ["keeps too many files on a disk"] = (Stopped(StopCause.Disk) with { DiskFiles = 100_000 }, "disk-limit | SIGKILL | sandbox | disk"),
        ["ends just before it is stopped for its disk"] = (Exited(0) with { Cause = StopCause.Disk }, "ok | 0 | - |"),
        ["fills a disk with what cannot be counted"] = (Stopped(StopCause.HostDisk), "internal-error | SIGKILL | sandbox |"),
        ["writes too much output"] = (Stopped(StopCause.Output) with { StreamsOverLimit = ["stdout"] }, "output-limit | SIGKILL | sandbox | output"),
        ["writes too much output and is then killed at its memory limit"] =
            (Oom(Stopped(StopCause.Output)), "output-limit | SIGKILL | sandbox | memory output"),

        // The policy.
        ["makes a forbidden call"] =
            (Stopped(StopCause.Violation) with { Violation = Ptrace() }, "policy-violation | SIGKILL | seccomp |"),
        ["makes a forbidden call, and nobody stopped it for that"] =
            (Signalled(31) with { Violation = Ptrace() }, "policy-violation | SIGSYS | seccomp |"),
        ["makes a forbidden call, then loses a child for the host's memory"] =
            (OuterOom(Stopped(StopCause.Violation)) with { Violation = Ptrace() }, "policy-violation | SIGKILL | seccomp |"),
        ["makes a forbidden call after it used too much CPU time"] =
            (Stopped(StopCause.CpuTime) with { Violation = Ptrace() }, "cpu-time-limit | SIGKILL | sandbox | cpuTime"),

        // The caller and the sandbox.
        ["is cancelled"] = (Stopped(StopCause.Cancelled), "cancelled | SIGKILL | sandbox |"),
        ["is cancelled before it starts"] = (Exited(0) with { Cause = StopCause.Cancelled, WaitStatus = null }, "cancelled | - | - |"),
        ["is cancelled after its end"] = (Exited(0) with { Cause = StopCause.Cancelled }, "ok | 0 | - |"),
        ["cannot be watched"] = (Stopped(StopCause.HostLost), "internal-error | SIGKILL | sandbox |"),
        ["cannot be watched and exits 0"] = (Exited(0) with { Cause = StopCause.HostLost }, "internal-error | 0 | - |"),
        ["loses the groups that hold it"] = (Unheld(Stopped(StopCause.HostLost)), "internal-error | SIGKILL | sandbox |"),
        ["loses the groups that hold it and exits 0 before anybody looks"] = (Unheld(Exited(0)), "internal-error | 0 | - |"),
        ["loses the groups that hold it and exits 0 without a required output"] =
            (Unheld(Exited(0)) with { RequiredOutput = Missing() }, "internal-error | 0 | - |"),
        ["loses the groups that hold it after it used too much CPU time"] =
            (Unheld(Stopped(StopCause.CpuTime)), "internal-error | SIGKILL | sandbox |"),
        ["loses the groups that hold it and is cancelled"] = (Unheld(Stopped(StopCause.Cancelled)), "cancelled | SIGKILL | sandbox |"),
        ["is killed by the sandbox without a cause"] = (Stopped(StopCause.None), "internal-error | SIGKILL | sandbox |"),
        ["ends without a wait status"] = (Exited(0) with { WaitStatus = null }, "internal-error | - | - |"),

        // No program.
        ["is not found"] = (NoProgram("ENOENT"), "exec-failed | - | - |"),
        ["does not fit the memory limit"] = (NoProgram("ENOMEM") with { MemoryLimitReached = true }, "exec-failed | - | - | memory"),
        ["is not found, and cancelled"] = (NoProgram("ENOENT") with { Cause = StopCause.Cancelled }, "cancelled | - | - |"),
    };

    public static TheoryData<string> Cases => [.. s_table.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_result_is_that_of_the_table(string what)
    {
        var (evidence, expected) = s_table[what];

        var judgement = Verdicts.Decide(evidence);

        var end = judgement.ExitCode?.ToString(provider: null) ?? judgement.Signal ?? "-";
        var result = $"{ResultWriter.VerdictName(judgement.Verdict)} | {end} | {judgement.KilledBy?.Word() ?? "-"} | {string.Join(' ', judgement.LimitsHit)}";
        Assert.Equal(expected, result.TrimEnd());
    }

    [Fact]
    public void Every_cause_is_in_the_table()
    {
        var missing = Enum.GetValues<StopCause>().Except(s_table.Values.Select(row => row.Evidence.Cause));

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_verdict_that_is_decided_here_is_in_the_table()
    {
        var decided = s_table.Values.Select(row => row.Expected.Split(' ')[0]).Append("setup-error").Append("invalid-job").ToHashSet();

        Verdict[] ofSteps = [Verdict.WrongAnswer, Verdict.Partial, Verdict.CheckError, Verdict.Skipped];
        Assert.Equal(Enum.GetValues<Verdict>().Except(ofSteps).Select(ResultWriter.VerdictName).Order(), decided.Order());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1 << 8)]
    [InlineData(Killed)]
    public void The_hosts_lack_of_memory_is_never_the_jobs_memory_limit(int status)
    {
        foreach (var cause in Enum.GetValues<StopCause>().Where(cause => cause != StopCause.Memory))
        {
            var judgement = Verdicts.Decide(OuterOom(Exited(0)) with { WaitStatus = status, Cause = cause });

            Assert.NotEqual(Verdict.MemoryLimit, judgement.Verdict);
            Assert.DoesNotContain("memory", judgement.LimitsHit);
        }
    }

    [Fact]
    public void A_kill_for_the_hosts_memory_says_that_the_job_was_within_its_limit()
    {
        var judgement = Verdicts.Decide(OuterOom(Signalled(Killed)));

        Assert.Equal(
            "the kernel killed a process of the job although the job was within its memory limit: "
            + "the host, or a control group above the job's, had no memory left",
            judgement.Message);
    }

    [Theory]
    [InlineData(1, "the kernel killed a process of the job: it used more than 256 MiB of memory")]
    [InlineData(3, "the kernel killed 3 processes of the job: it used more than 256 MiB of memory")]
    public void A_kill_by_the_kernel_says_how_many_it_took(int kills, string message)
    {
        var judgement = Verdicts.Decide(Exited(0) with { OomKills = kills });

        Assert.Equal(message, judgement.Message);
    }

    [Fact]
    public void A_signal_that_was_passed_on_is_not_called_the_jobs_own_doing()
    {
        Assert.Equal("ended by SIGTERM (signal 15), which the caller passed on", Message(Signalled(15) with { Forwarded = SignalSet.Of(15) }));
        Assert.Equal("ended by SIGTERM (signal 15), the job's own doing", Message(Signalled(15)));
        Assert.Equal(
            "ended by SIGINT (signal 2), a key at its terminal or the job's own doing",
            Message(Signalled(2) with { HasTerminal = true }));
    }

    [Theory]
    [InlineData((int)StopCause.None)]
    [InlineData((int)StopCause.HostLost)]
    public void A_job_that_lost_its_groups_says_so(int cause)
    {
        var judgement = Verdicts.Decide(Unheld(Exited(0)) with { Cause = (StopCause)cause });

        Assert.Equal("the control groups that held the job were removed, or lost a controller, while it ran", judgement.Message);
    }

    [Fact]
    public void A_job_at_its_limit_that_nobody_gave_way_to_says_so()
    {
        var judgement = Verdicts.Decide(Stopped(StopCause.Memory));

        Assert.Equal("reached its memory limit of 256 MiB, and no process of it gave way", judgement.Message);
    }

    [Fact]
    public void A_limit_that_a_group_above_made_smaller_is_the_one_that_messages_name()
    {
        var narrowed = Exited(0) with { EffectiveMemoryBytes = 240 * Mebibyte };

        Assert.Equal("the kernel killed a process of the job: it used more than 240 MiB of memory", Message(Oom(narrowed)));
        Assert.Equal("killed by the kernel: the job used more than 240 MiB of memory", Message(Oom(narrowed) with { WaitStatus = Killed }));
        Assert.Equal("reached its memory limit of 240 MiB, and no process of it gave way", Message(narrowed with { Cause = StopCause.Memory }));
        Assert.Equal(
            "used 250 MiB of memory: the limit is 240 MiB",
            Message(narrowed with { Cause = StopCause.Memory, MemoryBytes = 250 * Mebibyte }));
    }

    private static string Message(Evidence evidence) => Verdicts.Decide(evidence).Message;

    private static Evidence Exited(int code) => new()
    {
        WaitStatus = code << 8,
        Cause = StopCause.None,
        KilledBySandbox = false,
        Limits = new()
        {
            CpuTime = TimeSpan.FromSeconds(2),
            WallTime = TimeSpan.FromSeconds(6),
            IdleTime = TimeSpan.FromSeconds(1),
            MemoryBytes = 256 * Mebibyte,
        },
        Cpu = TimeSpan.FromMilliseconds(5),
        Wall = TimeSpan.FromMilliseconds(9),
    };

    private static Evidence Signalled(int signal) => Exited(0) with { WaitStatus = signal };

    private static Evidence TooLargeFile() => Signalled(25) with { OwnFileSize = 64 * Mebibyte };

    // A limit on the tree is held by others and was not reached.
    private static Evidence OutOfCpu(int signal) => Signalled(signal) with
    {
        Limits = new() { WallTime = TimeSpan.FromSeconds(6) },
        Cpu = TimeSpan.FromSeconds(4),
        OwnCpu = TimeSpan.FromSeconds(4),
        ProcessCpuLimit = TimeSpan.FromSeconds(4),
    };

    private static Evidence Stopped(StopCause cause) => Signalled(Killed) with { Cause = cause, KilledBySandbox = true };

    private static Evidence Oom(Evidence evidence) => evidence with { OomKills = 1, MemoryLimitReached = true };

    private static Evidence OuterOom(Evidence evidence) => evidence with { OuterOomKills = 1 };

    private static Evidence Unheld(Evidence evidence) => evidence with { IsUnheld = true };

    private static Evidence NoProgram(string errno) =>
        Exited(0) with { WaitStatus = null, Exec = new() { Program = "./a.out", Errno = errno, ProgramExists = true } };

    private static Evidence OverAll(Evidence evidence) => evidence with
    {
        Cpu = TimeSpan.FromSeconds(3),
        Wall = TimeSpan.FromSeconds(7),
        MemoryLimitReached = true,
        StreamsOverLimit = ["stdout", "stderr"],
        LimitsObserved = ["processes", "disk"],
    };

    private static OutputFailure Missing() => new() { Path = "/work/a.out", Error = "no such file" };

    private static PolicyViolation Ptrace() => new() { Syscall = "ptrace", Number = 101, Arch = "x86_64", Pid = 2, Action = "kill" };
}
