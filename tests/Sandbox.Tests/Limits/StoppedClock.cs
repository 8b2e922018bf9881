namespace Sandbox.Tests.Limits;

/// <summary>A clock that stands still: looks cost nothing, so only the limits decide about the next one.</summary>
internal sealed class StoppedClock : TimeProvider
{
    public override long GetTimestamp() => 0;
}
