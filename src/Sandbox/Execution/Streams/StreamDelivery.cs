using Sandbox.Interop;

namespace Sandbox.Execution.Streams;

/// <summary>Brings what the job writes to whoever reads it, and what is left of it once the job is over, for as long as the readers may take.</summary>
internal sealed class StreamDelivery(JobStreams streams)
{
    private readonly DeliveryPatience _patience = new(TimeProvider.System);
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 << 10);
    private bool _hasBegun;

    /// <summary>Somebody has not got everything yet.</summary>
    public bool IsOwed => !streams.Stdout.Finished || streams.Stderr is { Finished: false };

    /// <summary>A stream brought more than <c>output</c> bytes.</summary>
    public bool IsOverLimit => streams.Stdout.OverLimit || streams.Stderr is { OverLimit: true };

    /// <summary>Time until a reader that takes nothing is given up; null for never.</summary>
    public TimeSpan? Left => Waits.Shorter(LeftOf(streams.Stdout), streams.Stderr is { } stderr ? LeftOf(stderr) : null);

    /// <summary>What the three wait for: stdout, stderr, stdin.</summary>
    public void Wait(Span<PollEntry> entries)
    {
        entries[0] = streams.Stdout.Wait;
        entries[1] = streams.Stderr?.Wait ?? PollEntry.Nobody;
        entries[2] = streams.Feed?.Wait ?? PollEntry.Nobody;
    }

    /// <summary>Moves what can be moved.</summary>
    public void Pump(ReadOnlySpan<PollEntry> entries)
    {
        if (entries[0].Ready != 0)
        {
            streams.Stdout.Pump(_buffer);
        }

        if (entries[1].Ready != 0)
        {
            streams.Stderr!.Pump(_buffer);
        }

        if (entries[2].Ready != 0)
        {
            streams.Feed!.Pump();
        }
    }

    /// <summary>The job is over: nothing more goes in, and what it wrote goes out while somebody takes it.</summary>
    /// <param name="free">The time that readers have before their pauses count; null for any. The first one said counts.</param>
    /// <param name="isCancelled">Nobody waits for readers any more.</param>
    public void Finish(TimeSpan? free, bool isCancelled)
    {
        if (!_hasBegun)
        {
            _hasBegun = true;
            _patience.Begin(free);
        }

        streams.Feed?.Stop();
        Finish(streams.Stdout, isCancelled);
        if (streams.Stderr is { } stderr)
        {
            Finish(stderr, isCancelled);
        }
    }

    private void Finish(OutputPipe stream, bool isCancelled)
    {
        stream.Finish(_buffer);
        if (stream.IsStuck && (isCancelled || _patience.Left(stream.LastTaken) == TimeSpan.Zero))
        {
            stream.GiveUp(_buffer);
        }
    }

    private TimeSpan? LeftOf(OutputPipe stream) => stream.IsStuck ? _patience.Left(stream.LastTaken) : null;
}
