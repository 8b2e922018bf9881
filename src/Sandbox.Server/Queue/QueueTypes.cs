namespace Sandbox.Server.Queue;

/// <summary>The bounds of a queue.</summary>
internal sealed record QueueOptions
{
    /// <summary>How many jobs run at once; at least 1.</summary>
    public required int Slots { get; init; }

    /// <summary>How many may wait.</summary>
    public int MaxWaiting { get; init; } = 1000;

    /// <summary>What the memory limits of all jobs that run may come to, in bytes.</summary>
    public long MemoryBytes { get; init; } = long.MaxValue;

    /// <summary>How often a job that waits for memory lets others pass, before nothing else starts until it can.</summary>
    public int MaxPasses { get; init; } = 16;

    /// <summary>What a job is taken to last until some have been seen.</summary>
    public TimeSpan ExpectedDuration { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>What a job asks of the queue.</summary>
internal sealed record QueueRequest
{
    /// <summary>Who shares the slots with whom.</summary>
    public string Account { get; init; } = "";

    /// <summary>A name within the account, for turns within what the account has.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>How many jobs of the account may wait; null for as many as there are places.</summary>
    public int? MostWaiting { get; init; }

    /// <summary>Higher goes first, whatever others have had.</summary>
    public int Priority { get; init; }

    /// <summary>The job's memory limit, in bytes.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>It is not worth starting later than this after it came; null for no such time.</summary>
    public TimeSpan? StartBefore { get; init; }

    /// <summary>It was let in before, as by an earlier server: however many wait, it does too.</summary>
    public bool WasLetIn { get; init; }
}

/// <summary>Why a job was not let in.</summary>
internal enum QueueRefusal
{
    /// <summary>As many wait as may.</summary>
    Full,

    /// <summary>It asks for more memory than there is for all jobs together.</summary>
    NeverFits,

    /// <summary>No more jobs are taken.</summary>
    Draining,
}

/// <summary>How waiting ended.</summary>
internal enum QueueOutcome
{
    /// <summary>It has a slot.</summary>
    Started,

    /// <summary>Its time to start has passed.</summary>
    Expired,

    /// <summary>It was taken back.</summary>
    Cancelled,

    /// <summary>No more jobs are started.</summary>
    Draining,
}

/// <summary>Either a ticket or a refusal.</summary>
internal readonly record struct QueueEntry(QueueTicket? Ticket, QueueRefusal? Refusal);

/// <summary>A job in the queue.</summary>
internal sealed class QueueTicket(JobQueue queue, QueueRequest request, long enteredAt, long number)
{
    private readonly TaskCompletionSource<(QueueOutcome Outcome, QueueGrant? Grant)> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What it asked for.</summary>
    public QueueRequest Request { get; } = request;

    /// <summary>How waiting ended, and the slot if it has one.</summary>
    public Task<(QueueOutcome Outcome, QueueGrant? Grant)> End => _end.Task;

    /// <summary>How many would be started before it as things stand; null once it does not wait any more.</summary>
    public int? Position => queue.PositionOf(this);

    /// <summary>How long it is known.</summary>
    public TimeSpan Age => queue.AgeOf(this);

    internal long EnteredAt { get; } = enteredAt;

    internal long Number { get; } = number;

    internal LinkedListNode<QueueTicket>? Node { get; set; }

    internal Tenant Tenant { get; set; } = null!;

    internal long Deadline { get; set; }

    internal double Charged { get; set; }

    internal int Passed { get; set; }

    /// <summary>That of a job that is over already, of which the queue knows nothing.</summary>
    public static QueueTicket OfPast(JobQueue queue, QueueRequest request) => new(queue, request, 0, 0);

    /// <summary>Takes it back; of no effect on a job that has its slot.</summary>
    public void Cancel() => queue.Leave(this);

    internal void Complete(QueueOutcome outcome, QueueGrant? grant) => _end.SetResult((outcome, grant));
}

/// <summary>A slot and memory for one job, until disposed of.</summary>
internal sealed class QueueGrant(JobQueue queue, QueueTicket ticket, int slot, long startedAt) : IDisposable
{
    private int _isReturned;

    /// <summary>The number of the slot, from 0.</summary>
    public int Slot => slot;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReturned, 1) == 0)
        {
            queue.Return(ticket, slot, startedAt);
        }
    }
}
