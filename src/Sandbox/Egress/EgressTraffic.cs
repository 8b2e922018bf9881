namespace Sandbox.Egress;

/// <summary>What one job may move over its connections, and has moved. From any thread.</summary>
/// <param name="most">Bytes both ways together; null for no limit.</param>
internal sealed class EgressTraffic(long? most)
{
    private long _in;
    private long _out;

    /// <summary>Bytes that came to the job.</summary>
    public long In => Interlocked.Read(ref _in);

    /// <summary>Bytes that the job sent.</summary>
    public long Out => Interlocked.Read(ref _out);

    /// <summary>The limit is reached: nothing goes any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Counts bytes before they are passed on; false if they may not be.</summary>
    public bool Count(long bytes, bool toJob)
    {
        _ = toJob ? Interlocked.Add(ref _in, bytes) : Interlocked.Add(ref _out, bytes);
        if (most is { } limit && In + Out > limit)
        {
            IsOver = true;
        }

        return !IsOver;
    }
}
