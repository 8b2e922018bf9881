namespace Sandbox.Server.Queue;

/// <summary>Whoever has jobs here: an account, or a tenant of one. What a tenant has is its account's, too.</summary>
internal sealed class Tenant
{
    private double _estimated;

    /// <summary>A new one, level with whoever had least.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="account">What it is a tenant of; null for an account.</param>
    /// <param name="others">Those that it takes turns with. Whoever was away has not saved up slots for it, and does not pay for what runs by estimate either.</param>
    public Tenant(string name, Tenant? account, IEnumerable<Tenant> others) =>
        (Name, Account, Served) = (name, account, others.Select(static known => known.Served - known._estimated).DefaultIfEmpty().Min());

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>What it is a tenant of; null for an account.</summary>
    public Tenant? Account { get; }

    /// <summary>Seconds of slots it has had, those it holds by estimate.</summary>
    public double Served { get; private set; }

    /// <summary>How many jobs it has that wait.</summary>
    public int Waiting { get; private set; }

    /// <summary>How many it has that run.</summary>
    public int Running { get; private set; }

    /// <summary>One more waits, or one less.</summary>
    public void Wait(int more)
    {
        Waiting += more;
        Account?.Wait(more);
    }

    /// <summary>One more runs, and is charged so many seconds until it is known better.</summary>
    public void Start(double charged)
    {
        Running++;
        Served += charged;
        _estimated += charged;
        Account?.Start(charged);
    }

    /// <summary>One that was charged so has run for so many seconds.</summary>
    public void End(double charged, double seconds)
    {
        Running--;
        Served += seconds - charged;
        _estimated -= charged;
        Account?.End(charged, seconds);
    }
}

/// <summary>The waiting jobs of one priority, by tenant and age.</summary>
internal sealed class PriorityClass
{
    private readonly Dictionary<Tenant, LinkedList<QueueTicket>> _lines = [];

    /// <summary>How many they are.</summary>
    public int Count { get; private set; }

    public LinkedListNode<QueueTicket> Add(QueueTicket ticket)
    {
        if (!_lines.TryGetValue(ticket.Tenant, out var line))
        {
            _lines.Add(ticket.Tenant, line = new());
        }

        Count++;
        return line.AddLast(ticket);
    }

    public void Remove(QueueTicket ticket)
    {
        var line = _lines[ticket.Tenant];
        line.Remove(ticket.Node!);
        Count--;
        if (line.Count == 0)
        {
            _lines.Remove(ticket.Tenant);
        }
    }

    /// <summary>The oldest job of each tenant: of the account that had least first, and within it of the tenant that had least.</summary>
    public IEnumerable<QueueTicket> Heads() =>
        _lines.Select(static pair => pair.Value.First!.Value).OrderBy(static head => head.Tenant.Account!.Served).ThenBy(static head => head.Tenant.Served).ThenBy(static head => head.EnteredAt);

    public IEnumerable<QueueTicket> All() => _lines.Values.SelectMany(static line => line);

    /// <summary>How many of the class go before a job, if each account has one in turn, and within it each tenant.</summary>
    public int Before(QueueTicket ticket)
    {
        var index = 0;
        for (var node = ticket.Node!.Previous; node is not null; node = node.Previous)
        {
            index++;
        }

        var account = ticket.Tenant.Account!;
        var own = _lines.Where(pair => pair.Key.Account == account && pair.Key != ticket.Tenant).Select(static pair => (pair.Key, pair.Value.Count));
        var heads = Heads().Select(static head => head.Tenant).ToList();
        var inAccount = index + InTurn(own, index, heads.Where(tenant => tenant.Account == account).TakeWhile(tenant => tenant != ticket.Tenant));
        var others = _lines.Where(pair => pair.Key.Account != account).GroupBy(static pair => pair.Key.Account!).Select(static group => (group.Key, group.Sum(static pair => pair.Value.Count)));
        return inAccount + InTurn(others, inAccount, heads.Select(static tenant => tenant.Account!).TakeWhile(other => other != account));
    }

    /// <summary>All of the class in the order in which they would be started, if each account has one in turn, and within it each tenant: what <see cref="Before"/> counts.</summary>
    public IEnumerable<QueueTicket> InOrder()
    {
        var heads = Heads().Select(static head => head.Tenant).ToList();
        var accounts = heads.Select(static tenant => tenant.Account!).Distinct().ToList();
        var inAccounts = heads.GroupBy(static tenant => tenant.Account!).ToDictionary(static group => group.Key, group => InTurn([.. group.Select(tenant => _lines[tenant])]));
        return InTurn([.. accounts.Select(account => inAccounts[account])]);
    }

    private static List<QueueTicket> InTurn(IReadOnlyList<IEnumerable<QueueTicket>> lines) =>
        [.. lines.SelectMany(static (line, first) => line.Select((ticket, index) => (ticket, index, first))).OrderBy(static one => one.index).ThenBy(static one => one.first).Select(static one => one.ticket)];

    private static int InTurn(IEnumerable<(Tenant Who, int Count)> lines, int turns, IEnumerable<Tenant> first)
    {
        var ahead = first.ToHashSet();
        return lines.Sum(line => Math.Min(line.Count, turns + (ahead.Contains(line.Who) ? 1 : 0)));
    }
}
