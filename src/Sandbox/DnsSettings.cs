namespace Sandbox;

/// <summary>What the job's <c>/etc/resolv.conf</c> says (resolv.conf(5)).</summary>
public sealed record DnsSettings
{
    /// <summary>Addresses of name servers, at most 3. With <see cref="HostNetwork"/> there has to be one, elsewhere there must be none: a network of the job's own has the sandbox's. Default: none.</summary>
    public IReadOnlyList<string> Servers { get; init; } = [];

    /// <summary>Domains in which a name without dots is looked up, at most 6. Default: none.</summary>
    public IReadOnlyList<string> Search { get; init; } = [];

    /// <summary>Options of the resolver, such as <c>ndots:2</c>. Default: none.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(DnsSettings? other) => other is not null && Servers.SequenceEqual(other.Servers) && Search.SequenceEqual(other.Search) && Options.SequenceEqual(other.Options);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Servers.Count, Search.Count, Options.Count);
}
