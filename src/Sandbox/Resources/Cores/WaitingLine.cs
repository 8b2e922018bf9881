namespace Sandbox.Resources.Cores;

/// <summary>Lets the threads of this process through one at a time, in the order they came.</summary>
/// <remarks>The locks of the runtime promise no order (SemaphoreSlim: "no guaranteed order"), so the line is a list of its own.</remarks>
internal sealed class WaitingLine
{
    private readonly Lock _lock = new();
    private readonly LinkedList<ManualResetEventSlim> _waiting = new();

    /// <summary>How many are in the line, the one at the front counted.</summary>
    public int Length
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Waits until everybody who came before has left. The caller is at the front until it disposes of the place.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; the place in the line is given up.</exception>
    public Place Enter(CancellationToken cancellationToken)
    {
        var place = new Place(this);
        try
        {
            place.AwaitFront(cancellationToken);
            return place;
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    /// <summary>Ends the nap of whoever is at the front.</summary>
    public void WakeFront()
    {
        lock (_lock)
        {
            _waiting.First?.Value.Set();
        }
    }

    /// <summary>A place in the line.</summary>
    internal sealed class Place : IDisposable
    {
        private readonly WaitingLine _line;
        private readonly LinkedListNode<ManualResetEventSlim> _node;

        public Place(WaitingLine line)
        {
            _line = line;
            lock (line._lock)
            {
                _node = line._waiting.AddLast(new ManualResetEventSlim(line._waiting.Count == 0));
            }
        }

        public void AwaitFront(CancellationToken cancellationToken) => _node.Value.Wait(cancellationToken);

        /// <summary>From here on <see cref="WakeFront"/> ends the next nap, also if that begins later.</summary>
        public void Listen() => _node.Value.Reset();

        /// <summary>Waits at the front; true if it was woken before the time was over.</summary>
        public bool Nap(TimeSpan time, CancellationToken cancellationToken) => _node.Value.Wait(time, cancellationToken);

        /// <summary>Leaves the line; the next one comes to the front.</summary>
        public void Dispose()
        {
            // Under the lock: whoever returns a core could still be signalling us.
            lock (_line._lock)
            {
                _line._waiting.Remove(_node);
                _line._waiting.First?.Value.Set();
                _node.Value.Dispose();
            }
        }
    }
}
