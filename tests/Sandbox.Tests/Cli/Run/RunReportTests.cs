using Sandbox.Cli.Run;
using Sandbox.Execution.Judging;
using Sandbox.Tests.Jobs;
using Xunit;

namespace Sandbox.Tests.Cli.Run;

public sealed class RunReportTests
{
    [Fact]
    public void A_job_that_ended_by_itself_needs_no_words()
    {
        Assert.Empty(Lines(Results.Plain));
        Assert.Empty(Lines(Results.Plain with { Verdict = Verdict.ExitCode, ExitCode = 3, Message = "exited with code 3" }));
        Assert.Empty(Lines(Results.Plain with { Verdict = Verdict.Signal, Signal = "SIGTERM" }));
        Assert.Empty(Lines(Results.Plain with { Verdict = Verdict.Cancelled }));
    }

    [Fact]
    public void The_limit_that_ended_it_is_named() =>
        Assert.Equal(["memory-limit: used much"], Lines(Results.Plain with { Verdict = Verdict.MemoryLimit, Message = "used much", LimitsHit = ["memory"] }));

    [Fact]
    public void A_failure_names_the_option_and_the_remedy()
    {
        var error = new ErrorReport { Message = "cannot bind", Pointer = "/mounts/0", Hint = "make it" };

        Assert.Equal(["cannot bind (-v a:/b)", "hint: make it"], Lines(Results.Plain with { Verdict = Verdict.SetupError, Message = "cannot bind", Error = error }));
    }

    [Fact]
    public void What_was_not_collected_or_was_cut_is_told()
    {
        var result = Results.Plain with
        {
            OutputErrors = [new() { Path = "/work/a", Error = "does not exist" }],
            Stdout = Results.Plain.Stdout with { Truncated = true },
        };

        Assert.Equal(["/work/a was not collected: does not exist", "stdout was cut at the output limit"], Lines(result));
    }

    [Fact]
    public void A_limit_behind_a_failing_job_is_told() =>
        Assert.Equal(["the job reached a limit: processes, disk"], Lines(Results.Plain with { Verdict = Verdict.ExitCode, ExitCode = 2, LimitsHit = ["processes", "output", "disk"] }));

    private static string[] Lines(JobResult result) => [.. RunReport.Lines(result, Request.Of("-v", "a:/b"))];
}
