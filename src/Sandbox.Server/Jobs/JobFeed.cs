namespace Sandbox.Server.Jobs;

// What somebody may see of a job while it runs. The job's thread writes and never waits: the newest output is kept up to a size, and whoever reads more
// slowly is told where what is kept begins. Every piece of output has its offset in its stream, so a gap has an exact size for whoever counts.

/// <summary>What an entry of a feed tells.</summary>
internal enum FeedKind
{
    /// <summary>The job waits, runs, or is over.</summary>
    State,

    /// <summary>A moment of its life: <see cref="JobEventKind"/>.</summary>
    Phase,

    /// <summary>It wrote to stdout, or to its terminal.</summary>
    Stdout,

    /// <summary>It wrote to stderr.</summary>
    Stderr,
}

/// <summary>One thing that happened.</summary>
/// <param name="Id">Its number within the job, from 1.</param>
/// <param name="Kind">What it tells.</param>
/// <param name="Word">Which state or phase.</param>
/// <param name="At">When it was.</param>
/// <param name="Bytes">What was written.</param>
/// <param name="Offset">Where in its stream that begins.</param>
internal sealed record FeedEntry(long Id, FeedKind Kind, string Word, DateTimeOffset At, ReadOnlyMemory<byte> Bytes, long Offset);

/// <summary>Output that came before what is kept is gone.</summary>
/// <param name="Stdout">How many bytes of stdout there were before the first that is kept.</param>
/// <param name="Stderr">The same of stderr.</param>
internal sealed record FeedGap(long Stdout, long Stderr);

/// <summary>What a reader gets at a time.</summary>
/// <param name="Gap">Told before the entries; null for none.</param>
/// <param name="Entries">The next ones.</param>
/// <param name="IsOver">There is nothing after them.</param>
internal sealed record FeedBatch(FeedGap? Gap, IReadOnlyList<FeedEntry> Entries, bool IsOver);

/// <summary>What happens to one job, for any number of readers. Safe for use from many threads.</summary>
/// <param name="maxBytes">How much output is kept for readers, with what it takes to keep it.</param>
/// <param name="time">The clock.</param>
internal sealed class JobFeed(int maxBytes, TimeProvider time)
{
    /// <summary>What an entry takes besides its bytes, roughly: a job that writes single bytes is bounded too.</summary>
    public const int Overhead = 128;

    private const int MaxBatch = 64;

    private readonly Lock _lock = new();
    // States and phases, of which there are few: none is ever dropped.
    private readonly List<FeedEntry> _notes = new(8);
    private readonly List<FeedEntry> _output = [];
    private readonly long[] _written = new long[2];
    private readonly long[] _dropped = new long[2];
    private int _first;
    private int _size;
    private long _lastId;
    private long _droppedThrough;
    private bool _isOver;
    private TaskCompletionSource? _awaited;

    /// <summary>What it keeps.</summary>
    public long KeptBytes
    {
        get
        {
            lock (_lock)
            {
                return _size;
            }
        }
    }

    /// <summary>The job is in another state.</summary>
    public void Note(FeedKind kind, string word) => Note(kind, word, time.GetUtcNow());

    /// <summary>It has come to a moment of its life.</summary>
    public void Note(FeedKind kind, string word, DateTimeOffset at)
    {
        TaskCompletionSource? told;
        lock (_lock)
        {
            _notes.Add(new(++_lastId, kind, word, at, default, 0));
            told = Awaited();
        }

        told?.SetResult();
    }

    /// <summary>When something came to be; null if it has not.</summary>
    public DateTimeOffset? TimeOf(FeedKind kind, string word)
    {
        lock (_lock)
        {
            return _notes.Find(note => note.Kind == kind && note.Word == word)?.At;
        }
    }

    /// <summary>It has written something.</summary>
    /// <param name="descriptor">1 or 2.</param>
    /// <param name="bytes">What.</param>
    public void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        var copy = bytes.ToArray();
        TaskCompletionSource? told;
        lock (_lock)
        {
            _output.Add(new(++_lastId, descriptor == 2 ? FeedKind.Stderr : FeedKind.Stdout, "", default, copy, _written[descriptor - 1]));
            _written[descriptor - 1] += copy.Length;
            _size += copy.Length + Overhead;
            while (_size > maxBytes)
            {
                DropOldest();
            }

            told = Awaited();
        }

        told?.SetResult();
    }

    /// <summary>Nothing comes any more.</summary>
    public void Complete()
    {
        TaskCompletionSource? told;
        lock (_lock)
        {
            _isOver = true;
            told = Awaited();
        }

        told?.SetResult();
    }

    /// <summary>What comes after an entry, or null and a task that is over when there may be something.</summary>
    /// <param name="after">The last entry that was read; 0 for none.</param>
    /// <param name="told">Up to where the reader knows that output was dropped; moved on.</param>
    /// <param name="more">What to wait for, if there is nothing.</param>
    internal FeedBatch? Read(long after, ref long told, out Task more)
    {
        lock (_lock)
        {
            var gap = Math.Max(after, told) < _droppedThrough ? new FeedGap(_dropped[0], _dropped[1]) : null;
            told = Math.Max(told, _droppedThrough);
            var entries = Next(after);
            more = Task.CompletedTask;
            var isLast = entries.Count == 0 || entries[^1].Id == _lastId;
            if (gap is not null || entries.Count > 0 || _isOver)
            {
                return new(gap, entries, _isOver && isLast);
            }

            more = (_awaited ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            return null;
        }
    }

    private List<FeedEntry> Next(long after)
    {
        var entries = new List<FeedEntry>();
        var note = _notes.FindIndex(known => known.Id > after) is var found and >= 0 ? found : _notes.Count;
        for (var output = After(after); entries.Count < MaxBatch && (note < _notes.Count || output < _output.Count);)
        {
            var isNote = output == _output.Count || (note < _notes.Count && _notes[note].Id < _output[output].Id);
            entries.Add(isNote ? _notes[note++] : _output[output++]);
        }

        return entries;
    }

    private int After(long id)
    {
        var (low, high) = (_first, _output.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _output[middle].Id > id ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private void DropOldest()
    {
        var oldest = _output[_first];
        _dropped[oldest.Kind == FeedKind.Stderr ? 1 : 0] = oldest.Offset + oldest.Bytes.Length;
        _droppedThrough = oldest.Id;
        _size -= oldest.Bytes.Length + Overhead;
        _output[_first++] = null!;
        if (_first > _output.Count / 2)
        {
            _output.RemoveRange(0, _first);
            _first = 0;
        }
    }

    private TaskCompletionSource? Awaited()
    {
        var awaited = _awaited;
        _awaited = null;
        return awaited;
    }
}

/// <summary>One who reads a feed, at a pace of its own.</summary>
/// <param name="feed">The feed.</param>
/// <param name="after">The last entry that it has already; 0 for none.</param>
internal sealed class FeedReader(JobFeed feed, long after)
{
    private long _after = after;
    private long _told;

    /// <summary>Waits for what comes next.</summary>
    public async Task<FeedBatch> NextAsync(CancellationToken cancellationToken)
    {
        FeedBatch? batch;
        while ((batch = feed.Read(_after, ref _told, out var more)) is null)
        {
            await more.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        _after = batch.Entries is [.., var last] ? last.Id : _after;
        return batch;
    }
}
