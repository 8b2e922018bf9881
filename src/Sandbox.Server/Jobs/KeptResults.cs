namespace Sandbox.Server.Jobs;

/// <summary>What is kept of jobs that are over.</summary>
internal sealed record RetentionOptions
{
    /// <summary>How long a result is kept after its job is over.</summary>
    public TimeSpan Age { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many results are kept; the oldest go first.</summary>
    public int Count { get; init; } = 10_000;

    /// <summary>What the captured output of all of them may come to in bytes.</summary>
    public long Bytes { get; init; } = 256L << 20;
}

/// <summary>The jobs that are over and whose results are kept, the oldest first. The table's lock guards it.</summary>
/// <param name="retention">What is kept.</param>
/// <param name="time">The clock.</param>
internal sealed class KeptResults(RetentionOptions retention, TimeProvider time)
{
    // What a result takes besides what it captured, roughly.
    private const long Overhead = 4096;

    private readonly Queue<KeptResult> _kept = new();

    /// <summary>How many there are.</summary>
    public int Count => _kept.Count;

    /// <summary>What they come to in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>A result more.</summary>
    /// <param name="job">Its job.</param>
    /// <param name="key">The key that stands for the job; null for none.</param>
    /// <param name="captured">The bytes of what it captured.</param>
    /// <param name="age">How long the job has been over.</param>
    public void Add(ServerJob job, string? key, long captured, TimeSpan age = default)
    {
        var bytes = Overhead + captured;
        _kept.Enqueue(new(job, key, time.GetTimestamp() - (long)(age.TotalSeconds * time.TimestampFrequency), bytes));
        Bytes += bytes;
    }

    /// <summary>Takes the oldest out that is not to be kept any longer; null once there is none.</summary>
    public KeptResult? TakeOverdue()
    {
        if (!_kept.TryPeek(out var oldest)
            || (_kept.Count <= retention.Count && Bytes <= retention.Bytes && time.GetElapsedTime(oldest.FinishedAt) <= retention.Age))
        {
            return null;
        }

        Bytes -= oldest.Bytes;
        return _kept.Dequeue();
    }
}

/// <summary>A result that is kept.</summary>
/// <param name="Job">Its job.</param>
/// <param name="Key">The key that stands for the job; null for none.</param>
/// <param name="FinishedAt">When the job was over, as a timestamp of the clock.</param>
/// <param name="Bytes">What it takes.</param>
internal sealed record KeptResult(ServerJob Job, string? Key, long FinishedAt, long Bytes);
