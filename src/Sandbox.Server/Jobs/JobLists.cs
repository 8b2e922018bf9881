namespace Sandbox.Server.Jobs;

/// <summary>The jobs of the server in order, so that the newest are found without a look at all of them; and how many ended with which verdict. The table's lock guards it.</summary>
internal sealed class JobLists
{
    private const int MostTenants = 1000;

    private static readonly Verdict[] s_verdicts = Enum.GetValues<Verdict>();

    private readonly LinkedList<ServerJob> _queued = new();
    private readonly LinkedList<ServerJob> _running = new();
    private readonly LinkedList<ServerJob> _ended = new();
    private readonly Dictionary<string, long[]> _verdicts = [];

    /// <summary>Those that run, in no order.</summary>
    public IReadOnlyCollection<ServerJob> Running => _running;

    /// <summary>Those that wait, the oldest first.</summary>
    public IReadOnlyCollection<ServerJob> Queued => _queued;

    /// <summary>It waits.</summary>
    public void Enter(ServerJob job) => _queued.AddLast(job.Place);

    /// <summary>It runs.</summary>
    public void Start(ServerJob job) => Move(job, _running);

    /// <summary>It is over, and its result is kept.</summary>
    public void End(ServerJob job) => Move(job, _ended);

    /// <summary>Nothing of it is kept.</summary>
    public static void Forget(ServerJob job) => job.Place.List?.Remove(job.Place);

    /// <summary>There is a result more of a tenant's. Who has had too many tenants before it is not counted: names of certificates have no bound.</summary>
    public void Count(string owner, Verdict verdict)
    {
        if (!_verdicts.TryGetValue(owner, out var counts))
        {
            if (_verdicts.Count == MostTenants)
            {
                return;
            }

            _verdicts.Add(owner, counts = new long[s_verdicts.Length]);
        }

        counts[Array.IndexOf(s_verdicts, verdict)]++;
    }

    /// <summary>How many results a tenant had of each verdict that it had.</summary>
    public IReadOnlyList<(Verdict Verdict, long Count)> Verdicts(string owner) =>
        _verdicts.TryGetValue(owner, out var counts) ? [.. s_verdicts.Zip(counts).Where(static pair => pair.Second > 0)] : [];

    /// <summary>A tenant's newest of those that run, that wait and that ended.</summary>
    /// <param name="owner">The tenant; another's are not there for it.</param>
    /// <param name="most">How many of each.</param>
    public IReadOnlyList<ServerJob> Newest(string owner, int most) =>
        [.. Newest(_running, owner).Take(most), .. Newest(_queued, owner).Take(most), .. Newest(_ended, owner).Take(most)];

    private static IEnumerable<ServerJob> Newest(LinkedList<ServerJob> list, string owner)
    {
        for (var node = list.Last; node is not null; node = node.Previous)
        {
            if (node.Value.Owner == owner)
            {
                yield return node.Value;
            }
        }
    }

    private static void Move(ServerJob job, LinkedList<ServerJob> to)
    {
        job.Command = [];
        job.Place.List?.Remove(job.Place);
        to.AddLast(job.Place);
    }
}
