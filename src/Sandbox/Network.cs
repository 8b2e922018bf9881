using System.Diagnostics.CodeAnalysis;

namespace Sandbox;

/// <summary>The network the job sees.</summary>
public abstract record Network
{
    private protected Network() { }

    /// <summary>An own network namespace with nothing up, in which no name is found.</summary>
    public static Network None { get; } = new NoNetwork();

    /// <summary>An own network namespace with the loopback device up.</summary>
    public static Network Loopback { get; } = new LoopbackNetwork();

    /// <summary>The host's network, unrestricted.</summary>
    public static Network Host { get; } = new HostNetwork();

    /// <summary>An own network namespace from which TCP reaches what a list allows.</summary>
    /// <param name="allow">The list; see <see cref="EgressNetwork.Allow"/>.</param>
    public static Network Egress(params IReadOnlyList<string> allow) => new EgressNetwork { Allow = allow };

    /// <summary>A network that the job shares with others of its caller; see <see cref="JoinedNetwork"/>.</summary>
    /// <param name="network">The network's name.</param>
    /// <param name="name">What the other jobs find this one by; null for nothing.</param>
    public static Network Join(string network, string? name = null) => new JoinedNetwork { NetworkName = network, Name = name };

    /// <summary>The network of another job; see <see cref="ContainerNetwork"/>.</summary>
    /// <param name="container">Which job: its name in its network, its <see cref="JobSpec.Name"/>, or its id.</param>
    public static Network Of(string container) => new ContainerNetwork { Container = container };

    /// <summary>Those that a word stands for, in the order in which they are told.</summary>
    public static IReadOnlyList<Network> All { get; } = [None, Loopback, Host];

    /// <summary>The word that stands for it in job files and on the command line, such as <c>loopback</c>.</summary>
    public abstract override string ToString();

    /// <summary>The network that a word stands for, as <see cref="ToString"/> writes it.</summary>
    /// <exception cref="FormatException">No such word is known.</exception>
    public static Network Parse(string word) => TryParse(word, out var network) ? network : throw new FormatException($"no network is called \"{word}\"");

    /// <summary>Finds the network that a word stands for, as <see cref="ToString"/> writes it.</summary>
    /// <param name="word">The word.</param>
    /// <param name="network">The network; null if no such word is known.</param>
    public static bool TryParse(string? word, [NotNullWhen(true)] out Network? network)
    {
        network = All.FirstOrDefault(candidate => candidate.ToString() == word);
        return network is not null;
    }
}

/// <summary>An own network namespace with nothing up, in which no name is found.</summary>
public sealed record NoNetwork : Network
{
    /// <inheritdoc/>
    public override string ToString() => "none";
}

/// <summary>An own network namespace with the loopback device up.</summary>
public sealed record LoopbackNetwork : Network
{
    /// <inheritdoc/>
    public override string ToString() => "loopback";
}

/// <summary>The host's network, unrestricted.</summary>
public sealed record HostNetwork : Network
{
    /// <inheritdoc/>
    public override string ToString() => "host";
}

/// <summary>
/// An own network namespace with the loopback device up, from which TCP reaches what a list allows, by way of the process that runs the job, and in which
/// the names that the list allows are found. Nothing else leaves it.
/// </summary>
public sealed record EgressNetwork : Network
{
    /// <summary>
    /// What the job may reach: names (<c>registry.example.org:443</c>; <c>*.example.org</c> for all below), addresses (<c>10.0.0.0/8:5432</c>,
    /// <c>[2001:db8::1]:443</c>), or <c>any</c> for everything public. Without a port all of them. Addresses that are not public are reached only
    /// where an entry of addresses has them, whatever names resolve to. <c>host.sandbox.internal:8080</c> is a port of the host's loopback.
    /// </summary>
    public required IReadOnlyList<string> Allow { get; init; }

    /// <inheritdoc/>
    public override string ToString() => "egress";

    /// <inheritdoc/>
    public bool Equals(EgressNetwork? other) => other is not null && Allow.SequenceEqual(other.Allow, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => Allow.Aggregate(0, static (hash, rule) => HashCode.Combine(hash, StringComparer.Ordinal.GetHashCode(rule)));
}

/// <summary>
/// A network that the job shares with others of its caller (<see cref="SharedNetworks"/>): an own network namespace with the loopback device and <c>eth0</c> up, which
/// is connected with a switch. Nothing else is reached, but what <see cref="Allow"/> lists. IPv4 only.
/// </summary>
public sealed record JoinedNetwork : Network
{
    /// <summary>The network's name. It has to be there.</summary>
    public required string NetworkName { get; init; }

    /// <summary>What the other jobs find this one by: 1 to 63 lower-case letters, digits and hyphens. Null (the default) for nothing. No two jobs of a network have the same.</summary>
    public string? Name { get; init; }

    /// <summary>The job's address in the network, such as <c>10.89.0.7</c>; null (the default) for the lowest that is free.</summary>
    public string? Address { get; init; }

    /// <summary>The job reaches no other job that is isolated, and is not reached by it; those that are not it reaches. Default false.</summary>
    public bool Isolated { get; init; }

    /// <summary>Other jobs of the same caller may have this job's network as theirs (<see cref="ContainerNetwork"/>). Default false.</summary>
    public bool Shareable { get; init; }

    /// <summary>What the job may reach beside the network, as in <see cref="EgressNetwork.Allow"/>; empty (the default) for nothing.</summary>
    public IReadOnlyList<string> Allow { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => "join";

    /// <inheritdoc/>
    public bool Equals(JoinedNetwork? other) =>
        other is not null && (NetworkName, Name, Address, Isolated, Shareable) == (other.NetworkName, other.Name, other.Address, other.Isolated, other.Shareable) && Allow.SequenceEqual(other.Allow, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(NetworkName, Name, Address, Isolated, Shareable, Allow.Count);
}

/// <summary>
/// The network namespace of another job of the same caller, which has joined a network and lets others share its own (<see cref="JoinedNetwork.Shareable"/>): its loopback, address, ports and
/// way out, as long as that job runs.
/// </summary>
public sealed record ContainerNetwork : Network
{
    /// <summary>Which job: its name in its network, its <see cref="JobSpec.Name"/>, or its id, of which the last 4 digits are enough. It has to run.</summary>
    public required string Container { get; init; }

    /// <summary>What that job is in its network, once it was found.</summary>
    internal JoinedNetwork? Owner { get; init; }

    /// <inheritdoc/>
    public override string ToString() => "container";
}
