using System.Net;
using System.Net.Sockets;

namespace Sandbox.Egress;

/// <summary>What became of a connection that a job wanted: a socket, or a reason.</summary>
internal sealed record Passage
{
    /// <summary>The name that it is for; null for an address.</summary>
    public string? Name { get; init; }

    /// <summary>The address that was dialled, or was not.</summary>
    public IPAddress? Address { get; init; }

    public required int Port { get; init; }

    /// <summary>The rule that allows it; null if none does.</summary>
    public EgressRule? Rule { get; init; }

    /// <summary>Why there is no socket; null if there is one.</summary>
    public string? Reason { get; init; }

    /// <summary>The socket, connected; null without.</summary>
    public Socket? Outside { get; init; }
}

/// <summary>Holds what a job wants to connect to against its list and its limits, and connects to what they allow. From any thread.</summary>
internal sealed class EgressGate(EgressList list, NameTable names, HostDialer dialer, EgressTraffic traffic)
{
    /// <summary>To an address, which may stand for a name that the job has looked up.</summary>
    public Task<Passage> OpenAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        var isOfName = names.IsOfName(address, out var name);
        return name is not null ? OpenAsync(name, port, cancellationToken)
            : isOfName ? Task.FromResult(new Passage { Port = port, Reason = "stands for no name that was looked up" })
            : DialAsync(new() { Address = address, Port = port }, list.ForAddress(address, port), cancellationToken);
    }

    /// <summary>To a name, as <see cref="HostNames.Normal"/> gives it.</summary>
    public Task<Passage> OpenAsync(string name, int port, CancellationToken cancellationToken) =>
        DialAsync(new() { Name = name, Port = port }, HostNames.IsLocal(name) ? EgressDecision.Refused("names the job's own loopback") : list.ForName(name, port), cancellationToken);

    private async Task<Passage> DialAsync(Passage wanted, EgressDecision decision, CancellationToken cancellationToken)
    {
        if (decision.Rule is not { } rule)
        {
            return wanted with { Reason = decision.Reason };
        }

        if (traffic.Connect() is { } limit)
        {
            return wanted with { Rule = rule, Reason = limit };
        }

        var dialled = wanted.Name is { } name
            ? await dialer.ToNameAsync(name, wanted.Port, cancellationToken).ConfigureAwait(false)
            : await dialer.ToAddressAsync(wanted.Address!, wanted.Port, isLoopback: false, cancellationToken).ConfigureAwait(false);
        return wanted with { Address = dialled.Address, Rule = dialled.IsRefused ? null : rule, Reason = dialled.Reason, Outside = dialled.Socket };
    }
}
