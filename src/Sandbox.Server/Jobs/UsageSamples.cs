namespace Sandbox.Server.Jobs;

/// <summary>What a job had used by some moment of its run.</summary>
/// <param name="AtMs">How long it had run, in milliseconds.</param>
/// <param name="CpuMs">CPU time, in milliseconds.</param>
/// <param name="PeakBytes">The most memory so far, in bytes.</param>
/// <param name="MemoryBytes">The memory that it had then; null where nobody had asked for it.</param>
internal readonly record struct UsageSample(int AtMs, int CpuMs, long PeakBytes, long? MemoryBytes);

/// <summary>How a job's use has grown, in a bounded number of samples: when there is no more room, every second one goes, and half as many come. Safe for use from many threads.</summary>
internal sealed class UsageSamples
{
    /// <summary>The most that are kept.</summary>
    public const int Most = 240;

    private const int BytesEach = 32;

    private readonly Lock _lock = new();
    private readonly List<UsageSample> _samples = [];
    private int _stride = 1;
    private int _passed;
    private int _lastAtMs = -1;

    /// <summary>What they take, in bytes.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _samples.Capacity * BytesEach;
            }
        }
    }

    /// <summary>Takes one, if it is its turn, and of a look that was not taken before.</summary>
    public void Add(UsageSample sample)
    {
        lock (_lock)
        {
            if (sample.AtMs == _lastAtMs)
            {
                return;
            }

            _lastAtMs = sample.AtMs;
            if (_passed++ % _stride != 0)
            {
                return;
            }

            if (_samples.Count == Most)
            {
                Thin();
            }

            _samples.Add(sample);
        }
    }

    /// <summary>All of them, in order.</summary>
    public UsageSample[] All()
    {
        lock (_lock)
        {
            return [.. _samples];
        }
    }

    private void Thin()
    {
        var kept = 0;
        _samples.RemoveAll(_ => kept++ % 2 == 1);
        _stride *= 2;
        _passed = 1; // this one is taken, and the next after a stride
    }
}
