namespace Sandbox.Cli.Batch;

/// <summary>Tells on standard error how far a batch is: on a terminal in one line that changes, elsewhere in a line now and then.</summary>
internal sealed class BatchProgress : IDisposable
{
    private const string ClearLine = "\r\x1b[K";

    private static readonly TimeSpan s_live = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_plain = TimeSpan.FromSeconds(10);

    private readonly BatchTally _tally;
    private readonly bool _isLive;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private bool _isOver;

    /// <summary>From now on, until it is disposed of.</summary>
    public BatchProgress(BatchTally tally, TimeProvider clock)
    {
        _tally = tally;

        // Where results go to the same terminal, they would be written into the line that changes.
        _isLive = StandardStreams.IsTerminal(2) && !StandardStreams.IsTerminal(1);
        var pause = _isLive ? s_live : s_plain;
        _timer = clock.CreateTimer(_ => Tell(), null, pause, pause);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
        {
            _isOver = true;
            if (_isLive)
            {
                StandardStreams.ShowError(ClearLine);
            }
        }
    }

    private void Tell()
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            if (_isLive)
            {
                StandardStreams.ShowError(ClearLine + _tally.Line());
                return;
            }

            Diagnostics.Write("batch: " + _tally.Line());
        }
    }
}
