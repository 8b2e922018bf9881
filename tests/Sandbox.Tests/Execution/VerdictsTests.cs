using Sandbox.Execution;
using Sandbox.Execution.Judging;
using Sandbox.Resources.Limits;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class VerdictsTests
{
    private const int Killed = 9;

    [Fact]
    public void Exit_code_zero_is_ok()
    {
        var judgement = Verdicts.Decide(Exited(0));

        Assert.Equal(Verdict.Ok, judgement.Verdict);
        Assert.Equal(0, judgement.ExitCode);
        Assert.Null(judgement.Signal);
        Assert.Null(judgement.KilledBy);
        Assert.Empty(judgement.LimitsHit);
    }

    [Fact]
    public void Another_exit_code_is_reported_as_such()
    {
        var judgement = Verdicts.Decide(Exited(137));

        Assert.Equal((Verdict.ExitCode, 137, null), (judgement.Verdict, judgement.ExitCode, judgement.KilledBy));
    }

    [Theory]
    [InlineData(9, "SIGKILL")]
    [InlineData(24, "SIGXCPU")]
    [InlineData(31, "SIGSYS")]
    [InlineData(10, "SIGUSR1")]
    [InlineData(11, "SIGSEGV")]
    [InlineData(6 | 0x80, "SIGABRT")]
    public void A_signal_of_its_own_is_the_jobs_doing(int status, string name)
    {
        var judgement = Verdicts.Decide(Exited(0) with { WaitStatus = status });

        Assert.Equal((Verdict.Signal, name, Killer.Job), (judgement.Verdict, judgement.Signal, judgement.KilledBy));
        Assert.Null(judgement.ExitCode);
    }

    [Theory]
    [InlineData((int)StopCause.CpuTime, Verdict.CpuTimeLimit, "cpuTime")]
    [InlineData((int)StopCause.WallTime, Verdict.WallTimeLimit, "wallTime")]
    [InlineData((int)StopCause.Idle, Verdict.IdleLimit, "idleTime")]
    [InlineData((int)StopCause.Memory, Verdict.MemoryLimit, "memory")]
    [InlineData((int)StopCause.Output, Verdict.OutputLimit, "output")]
    public void A_limit_kills_with_sigkill_by_the_sandbox(int cause, Verdict verdict, string limit)
    {
        var judgement = Verdicts.Decide(Stopped((StopCause)cause));

        Assert.Equal((verdict, "SIGKILL", Killer.Sandbox), (judgement.Verdict, judgement.Signal, judgement.KilledBy));
        Assert.Equal([limit], judgement.LimitsHit);
    }

    [Theory]
    [InlineData((int)StopCause.CpuTime, Verdict.CpuTimeLimit)]
    [InlineData((int)StopCause.Memory, Verdict.MemoryLimit)]
    [InlineData((int)StopCause.Output, Verdict.OutputLimit)]
    public void A_measured_excess_decides_even_if_the_job_ended_before_the_kill(int cause, Verdict verdict)
    {
        var judgement = Verdicts.Decide(Exited(0) with { Cause = (StopCause)cause });

        Assert.Equal((verdict, 0, null), (judgement.Verdict, judgement.ExitCode, judgement.KilledBy));
    }

    [Theory]
    [InlineData((int)StopCause.Idle)]
    [InlineData((int)StopCause.Cancelled)]
    [InlineData((int)StopCause.WallTime)]
    public void What_came_after_the_jobs_own_end_does_not_decide(int cause)
    {
        var judgement = Verdicts.Decide(Exited(0) with { Cause = (StopCause)cause });

        Assert.Equal(Verdict.Ok, judgement.Verdict);
        Assert.Empty(judgement.LimitsHit);
    }

    [Fact]
    public void Cpu_time_over_the_limit_found_only_at_the_end_is_still_the_limit()
    {
        var judgement = Verdicts.Decide(Exited(0) with { Cpu = TimeSpan.FromSeconds(2.25) });

        Assert.Equal((Verdict.CpuTimeLimit, 0, null), (judgement.Verdict, judgement.ExitCode, judgement.KilledBy));
        Assert.Equal(TimeSpan.FromSeconds(0.25), judgement.Overshoot);
        Assert.Equal("used 2.25 s of CPU time: the limit is 2 s", judgement.Message);
    }

    [Fact]
    public void Wall_time_over_the_limit_found_only_at_the_end_is_still_the_limit()
    {
        var judgement = Verdicts.Decide(Exited(3) with { Wall = TimeSpan.FromSeconds(6.5) });

        Assert.Equal((Verdict.WallTimeLimit, 3), (judgement.Verdict, judgement.ExitCode));
        Assert.Equal(["wallTime"], judgement.LimitsHit);
    }

    [Fact]
    public void Exactly_the_limit_is_within_the_limit()
    {
        var limits = Limits();

        var judgement = Verdicts.Decide(Exited(0) with
        {
            Cpu = limits.CpuTime!.Value,
            Wall = limits.WallTime!.Value,
            MemoryBytes = limits.MemoryBytes!.Value,
        });

        Assert.Equal(Verdict.Ok, judgement.Verdict);
        Assert.Empty(judgement.LimitsHit);
    }

    [Fact]
    public void Every_limit_reached_is_listed_though_one_decides()
    {
        var judgement = Verdicts.Decide(Stopped(StopCause.Memory) with
        {
            Cpu = TimeSpan.FromSeconds(3),
            StreamsOverLimit = ["stdout"],
            LimitsObserved = ["disk", "processes"],
        });

        Assert.Equal(Verdict.MemoryLimit, judgement.Verdict);
        Assert.Equal(["cpuTime", "memory", "processes", "output", "disk"], judgement.LimitsHit);
        Assert.Equal(TimeSpan.Zero, judgement.Overshoot);
    }

    [Fact]
    public void A_truncated_stream_is_listed_and_leaves_the_verdict()
    {
        var judgement = Verdicts.Decide(Exited(0) with { StreamsOverLimit = ["stderr"] });

        Assert.Equal(Verdict.Ok, judgement.Verdict);
        Assert.Equal(["output"], judgement.LimitsHit);
    }

    [Fact]
    public void A_childs_oom_kill_is_memory_limit_though_the_parent_exits_zero()
    {
        var judgement = Verdicts.Decide(Exited(0) with { OomKills = 1 });

        Assert.Equal((Verdict.MemoryLimit, 0, null), (judgement.Verdict, judgement.ExitCode, judgement.KilledBy));
        Assert.Equal("the kernel killed a process of the job: it used more than 256 MiB of memory", judgement.Message);
    }

    [Fact]
    public void The_first_process_killed_by_the_oom_killer_is_killed_by_kernel_oom()
    {
        var judgement = Verdicts.Decide(Exited(0) with { WaitStatus = Killed, OomKills = 1 });

        Assert.Equal((Verdict.MemoryLimit, "SIGKILL", Killer.KernelOom), (judgement.Verdict, judgement.Signal, judgement.KilledBy));
        Assert.Equal("killed by the kernel: the job used more than 256 MiB of memory", judgement.Message);
    }

    [Fact]
    public void A_wall_time_kill_reports_its_overshoot()
    {
        var judgement = Verdicts.Decide(Stopped(StopCause.WallTime) with { Wall = TimeSpan.FromMilliseconds(6001.5) });

        Assert.Equal(TimeSpan.FromMilliseconds(1.5), judgement.Overshoot);
        Assert.Equal("ran for 6.002 s of real time: the limit is 6 s", judgement.Message);
    }

    [Fact]
    public void Sigxfsz_by_the_kernel_is_the_file_size_limit()
    {
        var judgement = Verdicts.Decide(Exited(0) with { WaitStatus = 25, OwnFileSize = 64 << 20 });

        Assert.Equal((Verdict.FileSizeLimit, "SIGXFSZ", Killer.Sandbox), (judgement.Verdict, judgement.Signal, judgement.KilledBy));
        Assert.Equal(["fileSize"], judgement.LimitsHit);
        Assert.Equal("ended by SIGXFSZ: a file would have grown past the fileSize limit of 64 MiB", judgement.Message);
    }

    [Fact]
    public void A_policy_kill_names_the_call()
    {
        var judgement = Verdicts.Decide(Exited(0) with
        {
            WaitStatus = Killed,
            Cause = StopCause.Violation,
            KilledBySandbox = true,
            Violation = Ptrace(),
        });

        Assert.Equal((Verdict.PolicyViolation, "SIGKILL", Killer.Seccomp), (judgement.Verdict, judgement.Signal, judgement.KilledBy));
        Assert.Equal("killed by the seccomp policy: process 2 called ptrace (number 101, x86_64)", judgement.Message);
    }

    [Fact]
    public void A_violation_after_a_limit_leaves_the_limit_as_first_cause()
    {
        var judgement = Verdicts.Decide(Stopped(StopCause.CpuTime) with { Violation = Ptrace() });

        Assert.Equal(Verdict.CpuTimeLimit, judgement.Verdict);
    }

    [Theory]
    [InlineData("ENOENT", "nothere", false, "command not found: no nothere in the PATH of the sandbox")]
    [InlineData("ENOENT", "python3 main.py", false, "command not found: no \"python3 main.py\" in the PATH of the sandbox; each word of a command is a member of its own")]
    [InlineData("EACCES", "./a\nb", true, "not executable: \"./a\\u000ab\" may not be executed (EACCES)")]
    [InlineData("ENOENT", "/bin/nothere", false, "command not found: no /bin/nothere in the sandbox")]
    [InlineData("ENOENT", "./a.out", true, "missing loader: ./a.out names a loader or interpreter that is not in the sandbox")]
    [InlineData("EACCES", "./data", true, "not executable: ./data may not be executed (EACCES)")]
    [InlineData("ENOEXEC", "./data", true, "wrong format: ./data is not a program for this machine")]
    [InlineData("ENOMEM", "./big", true, "./big does not fit the memory limit (ENOMEM)")]
    public void A_failed_exec_says_which_failure(string errno, string program, bool exists, string message)
    {
        var evidence = Exited(127) with { Exec = new() { Program = program, Errno = errno, ProgramExists = exists }, WaitStatus = null };

        var judgement = Verdicts.Decide(evidence);

        Assert.Equal((Verdict.ExecFailed, message), (judgement.Verdict, judgement.Message));
        Assert.Null(judgement.ExitCode);
    }

    [Fact]
    public void A_missing_required_output_replaces_ok()
    {
        var judgement = Verdicts.Decide(Exited(0) with { RequiredOutput = Missing() });

        Assert.Equal(Verdict.OutputError, judgement.Verdict);
        Assert.Equal("exited with code 0, but output /work/a.out was not collected: no such file", judgement.Message);
    }

    [Fact]
    public void A_missing_required_output_replaces_nothing_but_ok()
    {
        var judgement = Verdicts.Decide(Exited(1) with { RequiredOutput = Missing() });

        Assert.Equal(Verdict.ExitCode, judgement.Verdict);
    }

    [Theory]
    [InlineData(Killed)]
    [InlineData(null)]
    public void A_cancelled_job_is_cancelled(int? status)
    {
        var judgement = Verdicts.Decide(Stopped(StopCause.Cancelled) with { WaitStatus = status, KilledBySandbox = status is not null });

        Assert.Equal(Verdict.Cancelled, judgement.Verdict);
    }

    [Theory]
    [InlineData((int)StopCause.HostLost, Killed, true)]
    [InlineData((int)StopCause.None, Killed, true)]
    [InlineData((int)StopCause.None, null, false)]
    public void A_failure_of_the_sandbox_is_never_a_verdict_on_the_job(int cause, int? status, bool killed)
    {
        var judgement = Verdicts.Decide(Exited(0) with { Cause = (StopCause)cause, WaitStatus = status, KilledBySandbox = killed });

        Assert.Equal(Verdict.InternalError, judgement.Verdict);
    }

    [Fact]
    public void A_job_whose_memory_could_not_be_measured_is_told_so()
    {
        var judgement = Verdicts.Decide(Exited(0) with { Cause = StopCause.Memory, MemoryBytes = 100L << 20, UnmeasuredMemoryBytes = 9L << 30 });

        Assert.Equal(Verdict.MemoryLimit, judgement.Verdict);
        Assert.Equal(
            "its memory took too long to measure, and it was ended for that: at most 9 GiB; the limit is 256 MiB",
            judgement.Message);
    }

    private static ResourceLimits Limits() => new()
    {
        CpuTime = TimeSpan.FromSeconds(2),
        WallTime = TimeSpan.FromSeconds(6),
        IdleTime = TimeSpan.FromSeconds(1),
        MemoryBytes = 256L << 20,
    };

    private static Evidence Exited(int code) => new()
    {
        WaitStatus = code << 8,
        Cause = StopCause.None,
        KilledBySandbox = false,
        Limits = Limits(),
        Cpu = TimeSpan.FromMilliseconds(5),
        Wall = TimeSpan.FromMilliseconds(9),
    };

    private static Evidence Stopped(StopCause cause) => Exited(0) with { WaitStatus = Killed, Cause = cause, KilledBySandbox = true };

    private static OutputFailure Missing() => new() { Path = "/work/a.out", Error = "no such file" };

    private static PolicyViolation Ptrace() =>
        new() { Syscall = "ptrace", Number = 101, Arch = "x86_64", Pid = 2, Action = "kill" };
}
