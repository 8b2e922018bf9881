using System.Globalization;
using System.Text;

namespace Sandbox.Cli.Batch;

/// <summary>What became of the jobs of a batch so far, in numbers; the table at its end is made of them.</summary>
internal sealed class BatchTally(TimeProvider clock)
{
    private readonly SortedDictionary<string, int> _verdicts = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly long _start = clock.GetTimestamp();
    private BatchRow? _slowest;
    private int _done;
    private int _fromJournal;
    private int _running;

    /// <summary>How many jobs are done.</summary>
    public int Done => Volatile.Read(ref _done);

    /// <summary>How long it has taken.</summary>
    public TimeSpan Elapsed => clock.GetElapsedTime(_start);

    /// <summary>The largest exit status that one of the jobs alone would have.</summary>
    public int Status { get; private set; }

    /// <summary>So many jobs more are running.</summary>
    public void Run(int change) => Interlocked.Add(ref _running, change);

    /// <summary>A job is done.</summary>
    public void Add(BatchRow row, bool isFromJournal)
    {
        lock (_lock)
        {
            _done++;
            _fromJournal += isFromJournal ? 1 : 0;
            _verdicts[row.Verdict] = _verdicts.GetValueOrDefault(row.Verdict) + 1;
            Status = Math.Max(Status, row.Status);
            _slowest = _slowest is null || row.WallMs > _slowest.WallMs ? row with { Stdout = "", Stderr = "" } : _slowest;
        }
    }

    /// <summary>How many jobs have which verdict.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> Verdicts()
    {
        lock (_lock)
        {
            return [.. _verdicts];
        }
    }

    /// <summary>One line about now.</summary>
    public string Line()
    {
        lock (_lock)
        {
            var ok = _verdicts.GetValueOrDefault("ok");
            return string.Create(CultureInfo.InvariantCulture, $"{_done} done: {ok} ok, {_done - ok} not; {_running} running; {Elapsed:hh\\:mm\\:ss}");
        }
    }

    /// <summary>The table, in lines.</summary>
    public string Table()
    {
        lock (_lock)
        {
            var text = new StringBuilder();
            foreach (var (verdict, count) in _verdicts)
            {
                text.Append(CultureInfo.InvariantCulture, $"{verdict,-18}{count,9}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"{"together",-18}{_done,9}   in {Elapsed.TotalSeconds:0.0} s");
            text.Append(_fromJournal > 0 ? string.Create(CultureInfo.InvariantCulture, $", {_fromJournal} from the journal") : "");
            if (_slowest is { WallMs: > 0 } slowest)
            {
                var name = slowest.Name.Length > 0 ? $" {DisplayText.Quote(slowest.Name)}" : "";
                text.Append(CultureInfo.InvariantCulture, $"\n{"slowest",-18}{slowest.WallMs,6:0} ms   {DisplayText.Quote(slowest.Input)}{name}");
            }

            return text.ToString();
        }
    }
}
