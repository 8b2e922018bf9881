namespace Sandbox.Cli.Batch;

/// <summary>Where the results of a batch go: first into the journal, so that none that was seen is lost, then to standard output, then into the tables.</summary>
internal sealed class BatchReports : IDisposable
{
    private static readonly TimeSpan s_syncPause = TimeSpan.FromSeconds(1);

    private readonly BatchJournal? _journal;
    private readonly CsvReport? _csv;
    private readonly JunitReport? _junit;
    private readonly BatchTally _tally;
    private readonly ITimer? _sync;

    private BatchReports(BatchJournal? journal, CsvReport? csv, JunitReport? junit, BatchTally tally)
    {
        (_journal, _csv, _junit, _tally) = (journal, csv, junit, tally);
        _sync = journal is null ? null : TimeProvider.System.CreateTimer(_ => SyncQuietly(journal), null, s_syncPause, s_syncPause);
    }

    /// <summary>Opens all files before a job starts; null, after the reason was told, when one cannot be.</summary>
    public static BatchReports? Open(BatchJournal? journal, string? csv, string? junit, BatchTally tally)
    {
        var file = csv;
        CsvReport? table = null;
        try
        {
            table = csv is null ? null : new CsvReport(Create(csv));
            file = junit;
            return new(journal, table, junit is null ? null : new JunitReport(Create(junit)), tally);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            table?.Dispose();
            Diagnostics.Write($"batch: cannot write {DisplayText.QuoteWhole(file!)}: {Diagnostics.Reason(failure)}");
            return null;
        }
    }

    /// <summary>Keeps a result in the journal, as soon as it is there: the output may have to wait for others before it. Several at the same time.</summary>
    /// <exception cref="IOException">It could not be written; the message is the reason.</exception>
    public void Keep(BatchOutcome outcome)
    {
        if (outcome is { IsFromJournal: false, Fingerprint: { } fingerprint, Row.IsFinal: true })
        {
            Write("the journal", () => _journal!.Append(outcome.Item, fingerprint, outcome.Result));
        }
    }

    /// <summary>Prints one result and adds it to the tables.</summary>
    /// <exception cref="IOException">It could not be written everywhere; the message is the reason.</exception>
    public void Add(BatchOutcome outcome)
    {
        var line = BatchLine.ForOutput(outcome.Item, outcome.Result);
        if (StandardStreams.TryWriteOutput(line.Span) is < 0 and var error)
        {
            throw new IOException("cannot write to stdout: " + ErrnoNames.Of(-error));
        }

        Write("the CSV file", () => _csv?.Add(outcome.Row));
        Write("the JUnit file", () => _junit?.Add(outcome.Row));
        _tally.Add(outcome.Row, outcome.IsFromJournal);
    }

    /// <summary>No more will come.</summary>
    /// <exception cref="IOException">Something could not be written; the message is the reason.</exception>
    public void Finish()
    {
        Write("the journal", () => _journal?.Sync());
        Write("the CSV file", () => _csv?.Dispose());
        Write("the JUnit file", () => _junit?.Finish(_tally.Elapsed));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sync?.Dispose();
        try
        {
            _csv?.Dispose();
            _junit?.Dispose();
        }
        catch (IOException)
        {
            // What is buffered for a full disk; it was told of when it was written.
        }
    }

    private static FileStream Create(string path) => new(path, FileMode.Create, FileAccess.Write, FileShare.Read);

    // A disk that fails is told of by the next write, or at the end.
    private static void SyncQuietly(BatchJournal journal)
    {
        try
        {
            journal.Sync();
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
        }
    }

    private static void Write(string what, Action write)
    {
        try
        {
            write();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"cannot write {what}: {Diagnostics.Reason(failure)}");
        }
    }
}
