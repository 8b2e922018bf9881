namespace Sandbox.Server.Queue;

// Who goes next: the highest priority; within it the account that had the least of the slots' time; of that one's tenants the one that had least; of its
// jobs the oldest. To come under ever new names of tenants brings an account nothing. A job whose memory is not free yet lets smaller ones pass, but only so often: then nothing starts until there is enough for it.

/// <summary>The jobs that wait for a slot, bounded in number, and those that have one. Safe for use from many threads.</summary>
internal sealed class JobQueue : IDisposable
{
    // How much the last duration counts for the mean: about the last thirty jobs.
    private const double Weight = 1.0 / 16;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, PriorityClass> _classes = new(Comparer<int>.Create(static (one, other) => other.CompareTo(one)));
    private readonly Dictionary<string, Tenant> _accounts = [];
    private readonly Dictionary<(string Account, string Name), Tenant> _tenants = [];
    private readonly SortedSet<QueueTicket> _deadlines = new(Comparer<QueueTicket>.Create(static (one, other) =>
        one.Deadline != other.Deadline ? one.Deadline.CompareTo(other.Deadline) : one.Number.CompareTo(other.Number)));
    private readonly Stack<int> _slots;
    private readonly QueueOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _expiry;
    private long _memoryFree;
    private double _meanSeconds;
    private int _waiting;
    private long _entered;
    private bool _isClosed;

    /// <summary>Makes an empty one.</summary>
    public JobQueue(QueueOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _slots = new(Enumerable.Range(0, options.Slots).Reverse());
        _memoryFree = options.MemoryBytes;
        _meanSeconds = options.ExpectedDuration.TotalSeconds;
        _expiry = time.CreateTimer(static state => ((JobQueue)state!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How many wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiting;
            }
        }
    }

    /// <summary>How many have a slot.</summary>
    public int Running
    {
        get
        {
            lock (_lock)
            {
                return _options.Slots - _slots.Count;
            }
        }
    }

    /// <summary>No more jobs are taken.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_lock)
            {
                return _isClosed;
            }
        }
    }

    /// <summary>What the limits of further jobs may come to now, in bytes.</summary>
    public long MemoryFree
    {
        get
        {
            lock (_lock)
            {
                return _memoryFree;
            }
        }
    }

    /// <summary>How many hold a place among the deadlines.</summary>
    internal int Deadlines => _deadlines.Count;

    /// <summary>How long a job is likely to wait with so many before it.</summary>
    public TimeSpan EstimatedWait(int ahead)
    {
        lock (_lock)
        {
            return TimeSpan.FromSeconds(Math.Max(ahead + 1 - _slots.Count, 0) * _meanSeconds / _options.Slots);
        }
    }

    /// <summary>Puts a job into the queue, unless there is no place in it or it can never have what it asks for.</summary>
    public QueueEntry Enter(QueueRequest request)
    {
        QueueTicket ticket;
        lock (_lock)
        {
            if (_isClosed)
            {
                return new(null, QueueRefusal.Draining);
            }

            if (request.MemoryBytes > _options.MemoryBytes)
            {
                return new(null, QueueRefusal.NeverFits);
            }

            if (!request.WasLetIn && (_waiting >= _options.MaxWaiting || (_accounts.TryGetValue(request.Account, out var account) && account.Waiting >= request.MostWaiting)))
            {
                return new(null, QueueRefusal.Full);
            }

            ticket = new(this, request, _time.GetTimestamp(), _entered++);
            Add(ticket);
        }

        Dispatch();
        return new(ticket, null);
    }

    /// <summary>No more jobs are let in; those that wait are let go of with <see cref="QueueOutcome.Draining"/>, those that run go on.</summary>
    public void Close()
    {
        List<QueueTicket> left;
        lock (_lock)
        {
            _isClosed = true;
            left = [.. _classes.Values.SelectMany(static members => members.All())];
            foreach (var ticket in left)
            {
                Remove(ticket);
                Forget(ticket);
            }
        }

        foreach (var ticket in left)
        {
            ticket.Complete(QueueOutcome.Draining, null);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        _expiry.Dispose();
    }

    /// <summary>All that wait, in the order in which they would be started as things stand.</summary>
    public IReadOnlyList<QueueTicket> InOrder()
    {
        lock (_lock)
        {
            return [.. _classes.Values.SelectMany(static members => members.InOrder())];
        }
    }

    /// <summary>How many would be started before this one as things stand; null if it does not wait.</summary>
    internal int? PositionOf(QueueTicket ticket)
    {
        lock (_lock)
        {
            return ticket.Node is null ? null
                : _classes.TakeWhile(pair => pair.Key > ticket.Request.Priority).Sum(static pair => pair.Value.Count) + _classes[ticket.Request.Priority].Before(ticket);
        }
    }

    internal TimeSpan AgeOf(QueueTicket ticket) => _time.GetElapsedTime(ticket.EnteredAt);

    internal void Leave(QueueTicket ticket)
    {
        lock (_lock)
        {
            if (ticket.Node is null)
            {
                return;
            }

            Remove(ticket);
            Forget(ticket);
        }

        ticket.Complete(QueueOutcome.Cancelled, null);
        Dispatch();
    }

    internal void Return(QueueTicket ticket, int slot, long startedAt)
    {
        lock (_lock)
        {
            var seconds = _time.GetElapsedTime(startedAt).TotalSeconds;
            ticket.Tenant.End(ticket.Charged, seconds);
            Forget(ticket);
            _meanSeconds += (seconds - _meanSeconds) * Weight;
            _memoryFree += ticket.Request.MemoryBytes;
            _slots.Push(slot);
        }

        Dispatch();
    }

    private void Add(QueueTicket ticket)
    {
        if (!_accounts.TryGetValue(ticket.Request.Account, out var account))
        {
            _accounts.Add(ticket.Request.Account, account = new(ticket.Request.Account, null, _accounts.Values));
        }

        if (!_tenants.TryGetValue((account.Name, ticket.Request.Tenant), out var tenant))
        {
            tenant = new(ticket.Request.Tenant, account, _tenants.Values.Where(known => known.Account == account));
            _tenants.Add((account.Name, tenant.Name), tenant);
        }

        ticket.Tenant = tenant;
        tenant.Wait(1);
        if (!_classes.TryGetValue(ticket.Request.Priority, out var members))
        {
            _classes.Add(ticket.Request.Priority, members = new());
        }

        ticket.Node = members.Add(ticket);
        _waiting++;
        if (ticket.Request.StartBefore is { } limit)
        {
            ticket.Deadline = ticket.EnteredAt + (long)(limit.TotalSeconds * _time.TimestampFrequency);
            _deadlines.Add(ticket);
            SetExpiry();
        }
    }

    private void Remove(QueueTicket ticket)
    {
        var members = _classes[ticket.Request.Priority];
        members.Remove(ticket);
        if (members.Count == 0)
        {
            _classes.Remove(ticket.Request.Priority);
        }

        ticket.Node = null;
        if (ticket.Request.StartBefore is not null)
        {
            _deadlines.Remove(ticket);
        }

        ticket.Tenant.Wait(-1);
        _waiting--;
    }

    private void Forget(QueueTicket ticket)
    {
        if (ticket.Tenant is { Waiting: 0, Running: 0 })
        {
            _tenants.Remove((ticket.Request.Account, ticket.Request.Tenant));
        }

        if (ticket.Tenant.Account is { Waiting: 0, Running: 0 })
        {
            _accounts.Remove(ticket.Request.Account);
        }
    }

    private void Dispatch()
    {
        while (Next() is { } started)
        {
            started.Ticket.Complete(QueueOutcome.Started, started.Grant);
        }
    }

    private (QueueTicket Ticket, QueueGrant Grant)? Next()
    {
        lock (_lock)
        {
            if (_slots.Count == 0 || Choose() is not { } ticket)
            {
                return null;
            }

            Remove(ticket);
            ticket.Charged = _meanSeconds;
            ticket.Tenant.Start(ticket.Charged);
            _memoryFree -= ticket.Request.MemoryBytes;
            return (ticket, new QueueGrant(this, ticket, _slots.Pop(), _time.GetTimestamp()));
        }
    }

    private QueueTicket? Choose()
    {
        var heads = _classes.Values.SelectMany(static members => members.Heads()).ToList();
        var overdue = heads.Where(head => head.Passed >= _options.MaxPasses).MinBy(static head => head.Number);
        var chosen = heads.Find(head => Fits(head) && (overdue is null || head == overdue || head.Request.Priority > overdue.Request.Priority));
        if (chosen is not null)
        {
            heads.FindAll(head => !Fits(head) && IsPassed(head, chosen)).ForEach(static head => head.Passed++);
        }

        return chosen;
    }

    private bool Fits(QueueTicket ticket) => ticket.Request.MemoryBytes <= _memoryFree;

    // By age and not by turn: to come under ever new names would be a way to stay ahead.
    private static bool IsPassed(QueueTicket waiting, QueueTicket by) =>
        waiting.Request.Priority > by.Request.Priority || (waiting.Request.Priority == by.Request.Priority && waiting.Number < by.Number);

    private void Expire()
    {
        var expired = new List<QueueTicket>();
        lock (_lock)
        {
            while (_deadlines.Min is { } ticket && ticket.Deadline <= _time.GetTimestamp())
            {
                Remove(ticket);
                Forget(ticket);
                expired.Add(ticket);
            }

            SetExpiry();
        }

        foreach (var ticket in expired)
        {
            ticket.Complete(QueueOutcome.Expired, null);
        }

        Dispatch();
    }

    private void SetExpiry()
    {
        if (_deadlines.Min is { } first)
        {
            var left = _time.GetElapsedTime(_time.GetTimestamp(), first.Deadline);
            _expiry.Change(left > TimeSpan.Zero ? left + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
