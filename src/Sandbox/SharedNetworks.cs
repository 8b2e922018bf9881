using Sandbox.Execution;
using Sandbox.Jobs;
using Sandbox.Resources.Networks;

namespace Sandbox;

/// <summary>
/// The networks that jobs of this user share (<see cref="JoinedNetwork"/>). Each is held by a process of its own, which outlives the one that makes it, until the
/// network is removed or, if it was made so, until its last job has ended.
/// </summary>
/// <remarks>Who may connect to its socket below <c>$XDG_RUNTIME_DIR/sandbox</c> (for root without it: <c>~/.cache/sandbox</c>) may use it: this user's processes outside of jobs.</remarks>
public static class SharedNetworks
{
    /// <summary>Makes a network.</summary>
    /// <param name="name">1 to 63 lower-case letters, digits and hyphens, and no word for another network.</param>
    /// <param name="subnet">Its 256 addresses, private ones such as <c>10.89.0.0/24</c> (the default, null). Networks may have the same: nothing leads from one to another.</param>
    /// <param name="endsWithLastJob">It ends once it has had a job and has none any more. Default false: it stays until it is removed.</param>
    /// <param name="mtu">The largest packet in bytes, 576 to 65535. Default 1500 (null).</param>
    /// <exception cref="FormatException">The name, the subnet or the MTU is none.</exception>
    /// <exception cref="SandboxException">There is one of that name, or this host cannot make it.</exception>
    public static void Create(string name, string? subnet = null, bool endsWithLastJob = false, int? mtu = null)
    {
        Check(name);
        var addresses = subnet is null ? Subnet.Usual : Subnet.Parse(subnet) ?? throw new FormatException("the subnet must be a private one of 256 addresses, such as 10.89.0.0/24");
        if (mtu is < Subnet.LeastMtu or > Subnet.MostMtu)
        {
            throw new FormatException($"the MTU must be from {Subnet.LeastMtu} to {Subnet.MostMtu} bytes");
        }

        using var place = NetworkPlace.Open();
        place.Make(name, listener => NetworkHolder.Start(place, listener, name, addresses, mtu ?? Subnet.UsualMtu, isKept: !endsWithLastJob, TimeProvider.System.GetUtcNow()));
    }

    /// <summary>Those that are there, in the order of their names.</summary>
    /// <exception cref="SandboxException">There is no place for networks.</exception>
    public static IReadOnlyList<SharedNetwork> List()
    {
        using var place = NetworkPlace.Open();
        return [.. place.Names().Select(name => Look(place, name)).OfType<SharedNetwork>()];
    }

    /// <summary>One of them; null if there is none of that name.</summary>
    /// <exception cref="SandboxException">There is no place for networks, or its holder does not answer.</exception>
    public static SharedNetwork? Find(string name)
    {
        using var place = NetworkPlace.Open();
        return NetworkRules.NameProblem(name) is null ? Look(place, name) : null;
    }

    /// <summary>Removes a network that has no job.</summary>
    /// <exception cref="SandboxException">There is none of that name, or it has jobs.</exception>
    public static void Remove(string name)
    {
        using var place = NetworkPlace.Open();
        using var holder = NetworkRules.NameProblem(name) is null ? place.Connect(name) : null;
        var answer = holder?.Ask(new(NetworkAsk.End)) ?? throw new SandboxException($"there is no network {name}") { Operation = Operation.FindNetwork, Errno = "ENOENT" };
        if (answer.Error != 0)
        {
            throw new SandboxException($"the network {name} has jobs") { Operation = Operation.UseNetwork, Errno = ErrnoNames.Of(answer.Error) };
        }

        holder.AwaitEnd();
    }

    private static void Check(string name)
    {
        if (NetworkRules.NameProblem(name) is { } problem)
        {
            throw new FormatException($"the name {problem}");
        }
    }

    private static SharedNetwork? Look(NetworkPlace place, string name)
    {
        using var holder = place.Connect(name);
        if (holder?.Ask(new(NetworkAsk.Show)) is not { Error: 0 } shown)
        {
            return null;
        }

        var members = new List<NetworkMember>(shown.Number);
        for (var number = 0u; holder.Ask(new(NetworkAsk.Member) { Number = number }) is { Error: 0 } member; number++)
        {
            members.Add(new() { Name = member.Name.Length > 0 ? member.Name : null, Address = member.Address.ToString(), IsIsolated = member.Flags.HasFlag(NetworkFlags.Isolated) });
        }

        return new()
        {
            Name = name,
            Subnet = shown.Subnet.ToString(),
            Gateway = shown.Subnet.Gateway.ToString(),
            Mtu = shown.Mtu,
            EndsWithLastJob = !shown.Flags.HasFlag(NetworkFlags.Kept),
            CreatedAt = shown.Since,
            Members = members,
        };
    }
}
