using System.Text;
using Sandbox.Server.Fronts.Judge0;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

public sealed class JudgedRunTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 30, 12, 0, 0, 123, TimeSpan.Zero);

    [Theory]
    [InlineData(Verdict.Ok, 0, null, (int)Judge0Status.Accepted, 0, null, null)]
    [InlineData(Verdict.OutputError, 0, null, (int)Judge0Status.Accepted, 0, null, null)]
    [InlineData(Verdict.ExitCode, 3, null, (int)Judge0Status.NonZeroExit, 3, null, "Exited with error status 3")]
    [InlineData(Verdict.ExitCode, 139, null, (int)Judge0Status.NonZeroExit, 139, null, "Exited with error status 139")]
    [InlineData(Verdict.Signal, null, "SIGSEGV", (int)Judge0Status.SegmentationFault, 0, 11, "Caught fatal signal 11")]
    [InlineData(Verdict.FileSizeLimit, null, "SIGXFSZ", (int)Judge0Status.FileTooLarge, 0, 25, "Caught fatal signal 25")]
    [InlineData(Verdict.FileSizeLimit, 153, null, (int)Judge0Status.NonZeroExit, 153, null, "Exited with error status 153")]
    [InlineData(Verdict.Signal, null, "SIGFPE", (int)Judge0Status.ArithmeticError, 0, 8, "Caught fatal signal 8")]
    [InlineData(Verdict.Signal, null, "SIGABRT", (int)Judge0Status.Aborted, 0, 6, "Caught fatal signal 6")]
    [InlineData(Verdict.Signal, null, "SIGTERM", (int)Judge0Status.OtherSignal, 0, 15, "Caught fatal signal 15")]
    [InlineData(Verdict.PolicyViolation, null, "SIGSYS", (int)Judge0Status.OtherSignal, 0, 31, "Caught fatal signal 31")]
    [InlineData(Verdict.PolicyViolation, 159, null, (int)Judge0Status.NonZeroExit, 159, null, "Exited with error status 159")]
    [InlineData(Verdict.MemoryLimit, null, "SIGKILL", (int)Judge0Status.NonZeroExit, 137, null, "Exited with error status 137")]
    [InlineData(Verdict.DiskLimit, null, "SIGKILL", (int)Judge0Status.NonZeroExit, 137, null, "Exited with error status 137")]
    [InlineData(Verdict.OutputLimit, null, "SIGKILL", (int)Judge0Status.NonZeroExit, 153, null, "Exited with error status 153")]
    [InlineData(Verdict.CpuTimeLimit, null, "SIGKILL", (int)Judge0Status.TimeLimitExceeded, 0, null, "Time limit exceeded")]
    [InlineData(Verdict.WallTimeLimit, null, "SIGKILL", (int)Judge0Status.TimeLimitExceeded, 0, null, "Time limit exceeded (wall clock)")]
    [InlineData(Verdict.IdleLimit, null, "SIGKILL", (int)Judge0Status.TimeLimitExceeded, 0, null, "Time limit exceeded (wall clock)")]
    [InlineData(Verdict.ExecFailed, null, null, (int)Judge0Status.ExecFormatError, 0, null, "why")]
    [InlineData(Verdict.SetupError, null, null, (int)Judge0Status.InternalError, null, null, "why")]
    [InlineData(Verdict.InternalError, null, null, (int)Judge0Status.InternalError, null, null, "why")]
    [InlineData(Verdict.Cancelled, null, null, (int)Judge0Status.InternalError, null, null, "why")]
    public void Every_verdict_has_a_status_and_the_words_of_isolate(Verdict verdict, int? exit, string? signal, int status, int? code, int? number, string? message)
    {
        var ended = JudgedRun.Ended(Asked(), Result(verdict, exit, signal), s_now);

        Assert.Equal((status, code, number, message, s_now), ((int)ended.Status, ended.ExitCode, ended.ExitSignal, ended.Message, ended.FinishedAt));
    }

    [Fact]
    public void No_verdict_is_without_a_status()
    {
        Assert.All(Enum.GetValues<Verdict>(), static verdict =>
        {
            Assert.True(JudgedRun.Ended(Asked(), Result(verdict, null, null), s_now).Status.IsOver());
            Assert.NotEqual(Judge0Status.Processing, JudgedRun.Compiled(Asked(), Result(verdict, null, null), s_now).Status);
        });
        Assert.Equal(14, Judge0Statuses.All.Select(static one => one.Text()).Distinct().Count());
    }

    [Fact]
    public void What_ends_within_the_extra_time_is_over_the_limit_all_the_same()
    {
        var late = Result(Verdict.Ok, 0, null) with { Time = new() { Cpu = TimeSpan.FromSeconds(1.5), User = TimeSpan.Zero, System = TimeSpan.Zero, Wall = TimeSpan.FromSeconds(2.25) } };

        var ended = JudgedRun.Ended(Asked() with { CpuTimeLimit = 1, CpuExtraTime = 1 }, late, s_now);
        Assert.Equal((Judge0Status.TimeLimitExceeded, "Time limit exceeded", 1.5m, 2.25m), (ended.Status, ended.Message, ended.Time, ended.WallTime));
        Assert.Equal(Judge0Status.Accepted, JudgedRun.Ended(Asked() with { CpuTimeLimit = 0 }, late, s_now).Status);
        Assert.Equal(Judge0Status.Accepted, JudgedRun.Ended(Asked() with { CpuTimeLimit = 1, IsTimePerProcess = true }, late, s_now).Status);
        Assert.Equal(Judge0Status.TimeLimitExceeded, JudgedRun.Ended(Asked() with { CpuTimeLimit = 1, IsTimePerProcess = true }, Result(Verdict.ExitCode, 152, null), s_now).Status);
    }

    [Fact]
    public void Of_a_compilation_that_fails_only_what_the_compiler_said_is_told()
    {
        var error = JudgedRun.Compiled(Asked(), Result(Verdict.ExitCode, 1, null, "main.c:1: error"), s_now);
        Assert.Equal((Judge0Status.CompilationError, "main.c:1: error"), (error.Status, Encoding.UTF8.GetString(error.CompileOutput!)));
        Assert.True(error is { Time: null, Memory: null, Stdout: null, Stderr: null, Message: null, ExitCode: null, ExitSignal: null, WallTime: null });

        Assert.Equal("Compilation time limit exceeded.", Encoding.UTF8.GetString(JudgedRun.Compiled(Asked(), Result(Verdict.CpuTimeLimit, null, "SIGKILL"), s_now).CompileOutput!));
        Assert.Equal((Judge0Status.InternalError, "why"), (JudgedRun.Compiled(Asked(), Result(Verdict.SetupError, null, null), s_now).Status, JudgedRun.Compiled(Asked(), Result(Verdict.SetupError, null, null), s_now).Message));
        var warned = JudgedRun.Compiled(Asked(), Result(Verdict.Ok, 0, null, "warning"), s_now);
        Assert.Equal((Judge0Status.InQueue, "warning"), (warned.Status, Encoding.UTF8.GetString(warned.CompileOutput!)));
    }

    [Theory]
    [InlineData("1 2\n", "1 2", true)]
    [InlineData("1 2", "1 2 \r\n\n\n", true)]
    [InlineData("a\nb\n", "a  \nb\t\n", true)]
    [InlineData("a\n\nb", "a\nb", false)]
    [InlineData("\na", "a", false)]
    [InlineData(" a", "a", false)]
    [InlineData("a\nb", "a", false)]
    [InlineData("a", "a\nb", false)]
    [InlineData("1  2", "1 2", false)]
    [InlineData("", null, true)]
    [InlineData("\n \n", null, true)]
    [InlineData("x", null, false)]
    [InlineData(null, "anything", true)]
    public void White_space_counts_only_before_and_within_lines(string? expected, string? written, bool isRight)
    {
        Assert.Equal(isRight, OutputComparer.Accepts(expected is null ? null : Encoding.UTF8.GetBytes(expected), written is null ? null : Encoding.UTF8.GetBytes(written)));
    }

    [Fact]
    public void Base64_has_lines_of_60_letters_and_is_read_whatever_is_between_them()
    {
        var bytes = Encoding.UTF8.GetBytes(new string('x', 100));

        var lines = Base64Lines.Encode(bytes).Split('\n');
        Assert.Equal([60, 60, 16, 0], lines.Select(static line => line.Length));
        Assert.Equal(bytes, Base64Lines.Decode(string.Join("\r\n ", lines)));
        Assert.Equal("", Base64Lines.Encode([]));
        Assert.Equal("hi"u8.ToArray(), Base64Lines.Decode("aGk"));
        foreach (var length in Enumerable.Range(0, 200))
        {
            var some = Enumerable.Range(0, length).Select(static number => (byte)(number * 37)).ToArray();
            Assert.Equal(some, Base64Lines.Decode(Base64Lines.Encode(some)));
            Assert.Equal(Convert.ToBase64String(some), Base64Lines.Encode(some).Replace("\n", "", StringComparison.Ordinal));
        }
    }

    /// <summary>A submission that says nothing special.</summary>
    internal static Submission Asked(string token = "00000000-0000-4000-8000-000000000000") => new()
    {
        Token = token, LanguageId = 46, SourceCode = "echo"u8.ToArray(), CpuTimeLimit = 5, CpuExtraTime = 1, WallTimeLimit = 10, MemoryLimit = 128000, StackLimit = 64000, MaxProcesses = 60, MaxFileSize = 1024, NumberOfRuns = 1, CreatedAt = s_now,
    };

    private static JobResult Result(Verdict verdict, int? exit, string? signal, string stdout = "") =>
        JobResult.CancelledBeforeStart(null, "why") with { Verdict = verdict, ExitCode = exit, Signal = signal, Stdout = new() { Bytes = stdout.Length, Content = Encoding.UTF8.GetBytes(stdout) } };
}
