using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Sandbox.Cli.Batch;

/// <summary>Tells on standard error how far a batch is: on a terminal in a picture that changes, elsewhere in a line now and then.</summary>
internal sealed class BatchProgress : IDisposable
{
    private static readonly TimeSpan s_live = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_plain = TimeSpan.FromSeconds(10);

    private readonly BatchTally _tally;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _telling;

    /// <summary>From now on, until it is disposed of.</summary>
    public BatchProgress(BatchTally tally, TimeProvider clock)
    {
        (_tally, _clock) = (tally, clock);

        // Where results go to the same terminal, they would be written into the picture.
        _telling = StandardStreams.IsTerminal(2) && !StandardStreams.IsTerminal(1) ? ShowAsync(Terminal()) : TellAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        _telling.Now();
        _end.Dispose();
    }

    /// <summary>How far the batch is, as bars for people: each verdict with its number, and one line about now.</summary>
    public static IRenderable Picture(BatchTally tally)
    {
        var chart = new BreakdownChart().FullSize();
        foreach (var (verdict, count) in tally.Verdicts())
        {
            chart.AddItem(verdict, count, ColorOf(verdict));
        }

        return chart.Data.Count == 0 ? new Spectre.Console.Text(tally.Line()) : new Rows(chart, new Spectre.Console.Text(tally.Line()));
    }

    private async Task ShowAsync(IAnsiConsole terminal)
    {
        // It is cleared at the end: the table takes its place.
        await terminal.Live(Picture(_tally)).AutoClear(true).StartAsync(async screen =>
        {
            while (await PauseAsync(s_live).ConfigureAwait(false))
            {
                // The library asks standard output, which is no terminal here.
                terminal.Profile.Width = StandardStreams.ErrorColumns ?? 80;
                screen.UpdateTarget(Picture(_tally));
            }
        }).ConfigureAwait(false);
    }

    private async Task TellAsync()
    {
        while (await PauseAsync(s_plain).ConfigureAwait(false))
        {
            Diagnostics.Write("batch: " + _tally.Line());
        }
    }

    // False at the end.
    private async Task<bool> PauseAsync(TimeSpan pause)
    {
        await Task.Delay(pause, _clock, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_end.IsCancellationRequested;
    }

    private static IAnsiConsole Terminal() => AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(new StandardError()), Ansi = AnsiSupport.Yes });

    private static Color ColorOf(string verdict) => verdict switch
    {
        "ok" => Color.Green,
        "setup-error" or "internal-error" or "invalid-job" => Color.Red,
        "cancelled" => Color.Grey,
        _ => Color.Yellow,
    };

    // A terminal that takes no more, such as one that was stopped with ^S, must not hold the batch up.
    private sealed class StandardError : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => StandardStreams.ShowError(value.ToString());

        public override void Write(string? value) => StandardStreams.ShowError(value ?? "");
    }
}
