namespace Sandbox.Egress;

// A side that may not send on yet is not read from either, so a rate costs no memory: the sender waits in the kernel.

/// <summary>What one job may make of connections and move over them, and what it did. From any thread.</summary>
/// <param name="limits">The limits; those of connections at once are not among what is looked at here.</param>
/// <param name="clock">The time.</param>
internal sealed class EgressTraffic(ResourceLimits limits, TimeProvider clock)
{
    /// <summary>Why a connection ends once <see cref="IsOver"/>.</summary>
    public const string TrafficReached = "the limit of traffic was reached";

    // Small enough that nobody waits long for another connection's turn, whatever the rate.
    private const int PortionsPerSecond = 10;

    private const int MostAtOnce = 64 << 10;

    private readonly ResourceLimits _limits = limits;
    private readonly TimeProvider _clock = clock;
    private readonly TokenBucket? _pace = limits.TrafficRateBytes is { } rate ? new(Math.Max(1, rate / (double)PortionsPerSecond), rate, clock) : null;
    private long _in;
    private long _out;
    private int _connections;

    /// <summary>Bytes that came to the job.</summary>
    public long In => Interlocked.Read(ref _in);

    /// <summary>Bytes that the job sent.</summary>
    public long Out => Interlocked.Read(ref _out);

    /// <summary>The limit of bytes is reached: nothing goes any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>More connections were wanted than there may be in all.</summary>
    public bool IsOutOfConnections { get; private set; }

    /// <summary>How many bytes are read at once.</summary>
    public int Portion { get; } = (int)Math.Clamp((limits.TrafficRateBytes ?? long.MaxValue) / PortionsPerSecond, 1, MostAtOnce);

    /// <summary>Counts a connection that is to be made.</summary>
    /// <returns>Why it may not be; null if it may.</returns>
    public string? Connect()
    {
        if (IsOver)
        {
            return TrafficReached;
        }

        if (Interlocked.Increment(ref _connections) <= (_limits.ConnectionsTotal ?? int.MaxValue))
        {
            return null;
        }

        // never beyond the range of numbers, however often it is tried
        _ = Interlocked.Decrement(ref _connections);
        IsOutOfConnections = true;
        return "the limit of connections in all was reached";
    }

    /// <summary>Counts bytes before they are passed on; false if they may not be.</summary>
    public bool Count(long bytes, bool toJob)
    {
        _ = toJob ? Interlocked.Add(ref _in, bytes) : Interlocked.Add(ref _out, bytes);
        if (_limits.TrafficBytes is { } limit && In + Out > limit)
        {
            IsOver = true;
        }

        return !IsOver;
    }

    /// <summary>Returns once bytes may be passed on.</summary>
    public Task PaceAsync(int bytes, CancellationToken cancellationToken)
    {
        if (_pace is null)
        {
            return Task.CompletedTask;
        }

        TimeSpan wait;
        lock (_pace)
        {
            wait = _pace.Take(bytes);
        }

        return wait > TimeSpan.Zero ? Task.Delay(wait, _clock, cancellationToken) : Task.CompletedTask;
    }
}
