using System.Net;

namespace Sandbox.Egress;

/// <summary>What a list says of one connection: the rule that allows it, or why it is refused.</summary>
/// <param name="Rule">The rule; null if it is refused.</param>
/// <param name="Reason">Why it is refused; null if it is allowed.</param>
internal readonly record struct EgressDecision(EgressRule? Rule, string? Reason)
{
    public static EgressDecision Refused(string reason) => new(null, reason);
}

/// <summary>The list of what a job may reach. What no rule allows is refused.</summary>
internal sealed class EgressList(IReadOnlyList<EgressRule> rules)
{
    /// <summary>The list of rules that were checked.</summary>
    public static EgressList Of(EgressNetwork network) => Of(network.Allow);

    /// <summary>The same for a network of jobs; it may be empty.</summary>
    public static EgressList Of(JoinedNetwork network) => Of(network.Allow);

    /// <summary>Nothing is reached.</summary>
    public bool IsEmpty => rules.Count == 0;

    private static EgressList Of(IReadOnlyList<string> rules) =>
        new([.. rules.Select(static text => EgressRule.Parse(text, out var rule) is { } problem ? throw new FormatException($"{text}: {problem}") : rule!)]);

    /// <summary>Whether a job may look a name up: to know that it is there, and to reach some port of it.</summary>
    public bool Names(string name) => rules.Any(rule => (rule.IsAny || rule.Name is not null) && rule.Names(name));

    /// <summary>Whether a job may reach a port of the host that a name stands for, wherever that is.</summary>
    public EgressDecision ForName(string name, int port)
    {
        var named = false;
        foreach (var rule in rules)
        {
            if ((rule.IsAny || rule.Name is not null) && rule.Names(name))
            {
                if (rule.HasPort(port))
                {
                    return new(rule, null);
                }

                named = true;
            }
        }

        return EgressDecision.Refused(named ? "no rule for this port" : "no rule for this name");
    }

    /// <summary>Whether a job may reach an address that it names itself.</summary>
    public EgressDecision ForAddress(IPAddress address, int port) =>
        AddressClasses.Of(address, out var kind) switch
        {
            AddressClass.Never => EgressDecision.Refused($"never reached: {kind}"),
            AddressClass.Special => ListedSpecial(address, port) is { } rule ? new(rule, null) : EgressDecision.Refused($"no rule for this address, which is {kind}"),
            _ => (Listed(address, port) ?? rules.FirstOrDefault(static rule => rule.IsAny)) is { } rule ? new(rule, null) : EgressDecision.Refused("no rule for this address"),
        };

    /// <summary>Whether an address that an allowed name was resolved to may be dialled. Who answers for a name chooses its address: it must not be one that only the list may give.</summary>
    /// <returns>Why not; null if it may.</returns>
    public string? ForResolved(IPAddress address, int port) =>
        AddressClasses.Of(address, out var kind) switch
        {
            AddressClass.Never => $"resolved to {address}, which is never reached: {kind}",
            AddressClass.Special when ListedSpecial(address, port) is null => $"resolved to {address}, which is {kind} and has no rule",
            _ => null,
        };

    /// <summary>Whether a rule names the address itself, and not only one of the public ones at large.</summary>
    public bool IsListed(IPAddress address, int port) => Listed(address, port) is not null;

    private EgressRule? Listed(IPAddress address, int port) =>
        rules.FirstOrDefault(rule => rule.Addresses is { } block && block.Contains(address) && rule.HasPort(port));

    // A block of everything, or of half of it, was not written to open the networks that nobody had in mind.
    private EgressRule? ListedSpecial(IPAddress address, int port) =>
        rules.FirstOrDefault(rule => rule.Addresses is { } block && block.Contains(address) && rule.HasPort(port) && AddressClasses.Of(block, out _) == AddressClass.Special);
}
