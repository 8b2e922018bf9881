namespace Sandbox.Server.Logging;

/// <summary>Lets so many lines of each kind through, and then one for each of an interval: what clients can cause must not fill a journal. Safe for use from many threads.</summary>
/// <param name="burst">How many at first, and again after a pause.</param>
/// <param name="interval">How long until the next.</param>
/// <param name="time">The clock.</param>
internal sealed class LineThrottle(int burst, TimeSpan interval, TimeProvider time)
{
    // A kind is named by us; whoever names it by what a client sent would fill this.
    private readonly Dictionary<string, (double Left, long At, long Swallowed)> _kinds = [];
    private readonly Lock _lock = new();

    /// <summary>The line if it is to be written, with how many of its kind were not before it; else null.</summary>
    public string? Pass(string kind, string line)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            var (left, at, swallowed) = _kinds.GetValueOrDefault(kind, (burst, now, 0));
            left = Math.Min(burst, left + (time.GetElapsedTime(at, now) / interval));
            var passes = left >= 1;
            _kinds[kind] = passes ? (left - 1, now, 0) : (left, now, swallowed + 1);
            return !passes ? null : swallowed == 0 ? line : $"{line} ({swallowed} more like this were not written)";
        }
    }
}
