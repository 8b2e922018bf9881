using Sandbox.Cli.Batch;
using Xunit;

namespace Sandbox.Tests.Cli.Batch;

public sealed class BatchRowTests
{
    [Fact]
    public void A_result_of_steps_has_a_row()
    {
        var steps = new StepsResult
        {
            Name = "ada",
            Verdict = Verdict.WrongAnswer,
            Message = "tests: 2: no",
            Steps =
            [
                new() { Name = "compile", Verdict = Verdict.Ok, Message = "", Result = Ran(100, 150, 7000) },
                new()
                {
                    Name = "tests",
                    Verdict = Verdict.WrongAnswer,
                    Message = "2: no",
                    Cases =
                    [
                        new() { Name = "1", Verdict = Verdict.Ok, Message = "", Result = Ran(20, 30, 9000) },
                        new() { Name = "2", Verdict = Verdict.WrongAnswer, Message = "no", Result = Ran(1, 2, 3) },
                        new() { Name = "3", Verdict = Verdict.Skipped, Message = "" },
                    ],
                },
            ],
        };

        var row = RowOf(steps);

        Assert.Equal(("ada", "wrong-answer", "tests: 2: no"), (row.Name, row.Verdict, row.Message));
        Assert.Equal((121.0, 182.0, 9000L), (row.CpuMs, row.WallMs, row.PeakBytes));
        Assert.Equal((null, null, "", ""), (row.ExitCode, row.Signal, row.Stdout, row.Stderr));
        Assert.True(row.IsFinal);
    }

    [Fact]
    public void Points_of_all_and_of_each_group_are_in_its_row()
    {
        var steps = new StepsResult
        {
            Verdict = Verdict.Partial,
            Message = "",
            Points = new() { Reached = 42.5, Of = 100 },
            Steps =
            [
                new() { Name = "compile", Verdict = Verdict.Ok, Message = "" },
                new() { Name = "tests", Verdict = Verdict.Partial, Message = "", Groups = [GroupOf("small", 40, 40), GroupOf("large", 2.5, 60)] },
            ],
        };

        var row = RowOf(steps);

        Assert.Equal(new PointsRow(42.5, 100), row.Points);
        Assert.Equal([("tests/small", new PointsRow(40, 40)), ("tests/large", new PointsRow(2.5, 60))], row.Groups);
    }

    [Fact]
    public void A_job_in_one_sandbox_has_no_points()
    {
        var row = RowOf(Ran(1, 2, 3));

        Assert.Null(row.Points);
        Assert.Empty(row.Groups);
    }

    [Fact]
    public void A_job_that_was_cancelled_before_its_steps_has_a_row() =>
        Assert.Equal("cancelled", RowOf(new StepsJob { Steps = [] }.CancelledBeforeStart("no more time")).Verdict);

    [Fact]
    public void What_a_checker_could_not_judge_runs_again_from_a_journal() =>
        Assert.False(RowOf(new StepsResult { Verdict = Verdict.CheckError, Message = "the checker failed", Steps = [] }).IsFinal);

    private static BatchRow RowOf(DocumentResult result)
    {
        using var text = new MemoryStream();
        ResultFile.Write(text, result, pretty: false);
        return BatchRow.Of(0, "jobs.jsonl:1", text.ToArray());
    }

    private static GroupResult GroupOf(string name, double reached, double of) => new() { Name = name, Verdict = Verdict.Ok, Points = new() { Reached = reached, Of = of } };

    private static JobResult Ran(double cpu, double wall, long peak)
    {
        var result = JobResult.NotStarted(new() { Message = "as the test wants" });
        return result with { Time = result.Time with { Cpu = TimeSpan.FromMilliseconds(cpu), Wall = TimeSpan.FromMilliseconds(wall) }, Memory = result.Memory with { PeakBytes = peak } };
    }
}
