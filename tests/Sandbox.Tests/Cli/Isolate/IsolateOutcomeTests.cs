using Sandbox.Cli.Isolate;
using Xunit;

namespace Sandbox.Tests.Cli.Isolate;

/// <summary>From the result of a job to the meta-file, row by row.</summary>
public sealed class IsolateOutcomeTests
{
    private static readonly IsolateRequest s_request = new() { Time = 1000, WallTime = 2000, HasGroup = true, Stdin = "in" };

    private static readonly IsolationReport s_isolation = new()
    {
        Namespaces = new Dictionary<string, long>(),
        Capabilities = "0",
        NoNewPrivs = true,
        SeccompPolicy = "default",
        SeccompSha256 = "",
        Landlock = 0,
    };

    private static JobResult Result(Verdict verdict, int? code = null, string? signal = null, Killer? killedBy = null, double cpu = 0.1, double wall = 0.2, int ooms = 0) => new()
    {
        Verdict = verdict,
        Message = "in our words",
        ExitCode = code,
        Signal = signal,
        KilledBy = killedBy,
        Time = new() { Cpu = TimeSpan.FromSeconds(cpu), User = TimeSpan.Zero, System = TimeSpan.Zero, Wall = TimeSpan.FromSeconds(wall) },
        Memory = new() { PeakBytes = 5 << 20, LargestProcessBytes = 3 << 20, OomKills = ooms },
        Quality = new() { ForcedSwitches = 4, VoluntarySwitches = 5 },
        Stdout = new() { Bytes = 0 },
        Stderr = new() { Bytes = 0 },
        Isolation = s_isolation,
    };

    private static string Told(JobResult result, int signal = 0, IsolateRequest? request = null)
    {
        var outcome = IsolateOutcome.Of(request ?? s_request, result, signal);
        var keys = outcome.Lines(hasGroup: true).Where(static line => !line.StartsWith("time", StringComparison.Ordinal) && !line.StartsWith("csw", StringComparison.Ordinal) && !line.StartsWith("max", StringComparison.Ordinal) && !line.StartsWith("cg-mem", StringComparison.Ordinal));
        return $"{outcome.ExitStatus} {string.Join(' ', keys)}";
    }

    [Fact]
    public void All_figures_are_there()
    {
        Assert.Equal(
            ["time:0.100", "time-wall:0.200", "max-rss:3072", "csw-voluntary:5", "csw-forced:4", "cg-mem:5120", "exitcode:0"],
            IsolateOutcome.Of(s_request, Result(Verdict.Ok, code: 0), 0).Lines(hasGroup: true));
        Assert.DoesNotContain("cg-mem:5120", IsolateOutcome.Of(s_request, Result(Verdict.Ok, code: 0), 0).Lines(hasGroup: false));
        Assert.Equal("OK (0.100 sec real, 0.200 sec wall)", IsolateOutcome.Of(s_request, Result(Verdict.Ok, code: 0), 0).Report);
    }

    [Fact]
    public void How_a_program_ended_decides_the_status()
    {
        Assert.Equal("0 exitcode:0", Told(Result(Verdict.Ok, code: 0)));
        Assert.Equal("1 exitcode:7 status:RE message:Exited with error status 7", Told(Result(Verdict.ExitCode, code: 7)));
        Assert.Equal("1 exitsig:11 status:SG message:Caught fatal signal 11", Told(Result(Verdict.Signal, signal: "SIGSEGV", killedBy: Killer.Job)));
        Assert.Equal("1 exitsig:25 status:SG message:Caught fatal signal 25", Told(Result(Verdict.FileSizeLimit, signal: "SIGXFSZ", killedBy: Killer.Sandbox)));
        Assert.Equal("1 exitsig:31 status:SG message:Caught fatal signal 31", Told(Result(Verdict.PolicyViolation, killedBy: Killer.Seccomp)));
        Assert.Equal("1 exitsig:19 status:SG message:Stopped by signal 19", Told(Result(Verdict.Signal, signal: "SIGSTOP", killedBy: Killer.Job)));
        Assert.Equal("1 exitsig:22 status:SG message:Stopped by signal 22", Told(Result(Verdict.Signal, signal: "SIGTTOU", killedBy: Killer.Job)));
        Assert.Equal("1 exitsig:18 status:SG message:Caught fatal signal 18", Told(Result(Verdict.Signal, signal: "SIGCONT", killedBy: Killer.Job)));
        Assert.Equal("1 exitcode:127 status:RE message:Exited with error status 127", Told(Result(Verdict.ExecFailed)));
    }

    [Fact]
    public void A_limit_of_time_kills_or_is_found_afterwards()
    {
        Assert.Equal("1 killed:1 status:TO message:Time limit exceeded", Told(Result(Verdict.CpuTimeLimit, signal: "SIGKILL", killedBy: Killer.Sandbox, cpu: 1.1)));
        Assert.Equal("1 killed:1 status:TO message:Time limit exceeded (wall clock)", Told(Result(Verdict.WallTimeLimit, signal: "SIGKILL", killedBy: Killer.Sandbox, wall: 2.1)));
        Assert.Equal("1 status:TO message:Time limit exceeded", Told(Result(Verdict.CpuTimeLimit, code: 0, cpu: 1.1)));
        Assert.Equal("1 status:TO message:Time limit exceeded", Told(Result(Verdict.Ok, code: 0, cpu: 1.1)));
        Assert.Equal("1 status:TO message:Time limit exceeded (wall clock)", Told(Result(Verdict.ExitCode, code: 1, wall: 2.1)));
        Assert.Equal("0 exitcode:0", Told(Result(Verdict.Ok, code: 0, cpu: 1.0004, wall: 2)));
        Assert.Equal("0 exitcode:0", Told(Result(Verdict.Ok, code: 0, cpu: 50, wall: 50), request: new()));
    }

    [Fact]
    public void Memory_that_ran_out_is_a_signal_or_what_the_program_made_of_it()
    {
        Assert.Equal("1 cg-oom-killed:1 exitsig:9 status:SG message:Caught fatal signal 9", Told(Result(Verdict.MemoryLimit, signal: "SIGKILL", killedBy: Killer.KernelOom, ooms: 1)));
        Assert.Equal("1 cg-oom-killed:1 exitsig:9 status:SG message:Caught fatal signal 9", Told(Result(Verdict.MemoryLimit, signal: "SIGKILL", killedBy: Killer.Sandbox)));
        Assert.Equal("0 cg-oom-killed:1 exitcode:0", Told(Result(Verdict.MemoryLimit, code: 0, ooms: 1)));
        Assert.Equal("1 cg-oom-killed:1 exitcode:1 status:RE message:Exited with error status 1", Told(Result(Verdict.MemoryLimit, code: 1, ooms: 1)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(15)]
    public void A_signal_to_isolate_interrupts_the_program(int signal) =>
        Assert.Equal($"1 exitsig:{signal} killed:1 status:SG message:Interrupted", Told(Result(Verdict.Cancelled, signal: "SIGKILL", killedBy: Killer.Sandbox), signal));

    [Fact]
    public void A_signal_of_a_broken_program_is_a_failure_of_the_sandbox() =>
        Assert.Equal("2 killed:1 status:XX message:Sandbox keeper received fatal signal 6", Told(Result(Verdict.Cancelled, signal: "SIGKILL", killedBy: Killer.Sandbox), 6));

    [Fact]
    public void A_failure_of_the_sandbox_has_isolates_words_where_there_are_some()
    {
        Assert.Equal("2 status:XX message:chdir: No such file or directory", Told(Failed("/workingDirectory", "ENOENT", "/box/x")));
        Assert.Equal("2 status:XX message:open(\"in\"): No such file or directory", Told(Failed("/start/opened", "ENOENT", "/box/in")));
        Assert.Equal("2 status:XX message:in our words", Told(Failed(null, "EPERM", null)));
        Assert.Equal("1 killed:1 status:TO message:Time limit exceeded (wall clock)", Told(Failed("/start/opened", "ETIMEDOUT", "/fifo/in")));
        Assert.Contains("time-wall:2.000", IsolateOutcome.Of(s_request, Failed("/start/opened", "ETIMEDOUT", "/fifo/in"), 0).Lines(hasGroup: true));

        static JobResult Failed(string? pointer, string errno, string? path) =>
            Result(Verdict.SetupError) with { Isolation = null, Error = new() { Message = "in our words", Errno = errno, Pointer = pointer, Path = path } };
    }

    [Fact]
    public void A_message_is_one_line() =>
        Assert.Equal(["status:XX", "message:a b"], IsolateOutcome.Failure("a\nb").Lines(hasGroup: false));
}
