namespace Sandbox;

/// <summary>A network that jobs share, as it is found.</summary>
public sealed record SharedNetwork
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its addresses, such as <c>10.89.0.0/24</c>.</summary>
    public required string Subnet { get; init; }

    /// <summary>The address of the switch, which answers to it and forwards nothing out of the network.</summary>
    public required string Gateway { get; init; }

    /// <summary>The largest packet that it carries, in bytes.</summary>
    public int Mtu { get; init; } = 1500;

    /// <summary>It ends once it has had a job and has none any more.</summary>
    public required bool EndsWithLastJob { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The jobs in it, in no order.</summary>
    public required IReadOnlyList<NetworkMember> Members { get; init; }
}

/// <summary>A job in a network.</summary>
public sealed record NetworkMember
{
    /// <summary>What the others find it by; null for nothing.</summary>
    public string? Name { get; init; }

    /// <summary>Its address.</summary>
    public required string Address { get; init; }

    /// <summary>It reaches no other one that is isolated.</summary>
    public bool IsIsolated { get; init; }
}
