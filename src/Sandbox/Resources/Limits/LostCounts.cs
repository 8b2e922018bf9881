namespace Sandbox.Resources.Limits;

// The kernel adds a child's CPU time and page faults to its parent only when the parent waits for it; the children of a
// parent that ignores SIGCHLD are reaped by nobody and what they used vanishes from /proc (wait(2), "Notes"). What the last
// look saw of a vanished process, and no waiter's total has grown by since, is kept here.

/// <summary>Accounts for what processes used that ended without being waited for: a lower bound.</summary>
internal sealed class LostCounts
{
    private long _pending;
    private long _credit;

    /// <summary>What was seen in processes that vanished, and found in no other process afterwards.</summary>
    public long Counted { get; private set; }

    /// <summary>Takes the balance of one look at the tree.</summary>
    /// <param name="vanished">Last seen in processes that are gone.</param>
    /// <param name="reaped">Growth of what all living processes had from those they waited for.</param>
    public void Add(long vanished, long reaped)
    {
        // A waiter may have been read before it waited: what vanished now is settled at the next look only.
        _credit += reaped;
        var found = Math.Min(_credit, _pending);
        Counted += _pending - found;
        _credit = Math.Min(_credit - found, vanished);
        _pending = vanished;
    }
}
