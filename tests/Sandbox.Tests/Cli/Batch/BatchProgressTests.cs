using Sandbox.Cli.Batch;
using Spectre.Console;
using Xunit;

namespace Sandbox.Tests.Cli.Batch;

public sealed class BatchProgressTests
{
    [Fact]
    public void The_picture_has_each_verdict_with_its_number_and_a_line_about_now()
    {
        var tally = new BatchTally(TimeProvider.System);
        for (var i = 0; i < 3; i++)
        {
            tally.Add(BatchResults.Row("a"), isFromJournal: false);
        }

        tally.Add(BatchResults.Row("b", verdict: "wall-time-limit"), isFromJournal: false);
        tally.Run(+2);

        var picture = Render(tally);

        Assert.Contains("ok 3", picture, StringComparison.Ordinal);
        Assert.Contains("wall-time-limit 1", picture, StringComparison.Ordinal);
        Assert.Contains("4 done: 3 ok, 1 not; 2 running", picture, StringComparison.Ordinal);
    }

    [Fact]
    public void Before_the_first_result_there_is_a_line_only() =>
        Assert.StartsWith("0 done", Render(new(TimeProvider.System)), StringComparison.Ordinal);

    private static string Render(BatchTally tally)
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(new() { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 100;
        console.Write(BatchProgress.Picture(tally));
        return text.ToString();
    }
}
