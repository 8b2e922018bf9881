namespace Sandbox;

/// <summary>What a job with <see cref="EgressNetwork"/> reached or was refused. Connections that are alike share one of these.</summary>
public sealed record JobConnection
{
    /// <summary>The name that the job looked up; null if it named an address itself.</summary>
    public required string? Name { get; init; }

    /// <summary>The address that was dialled, or that the job wanted; null if none was.</summary>
    public required string? Address { get; init; }

    /// <summary>The port; null if only a name was looked up.</summary>
    public required int? Port { get; init; }

    /// <summary>How many there were.</summary>
    public long Count { get; init; } = 1;

    /// <summary>Bytes that came to the job.</summary>
    public long BytesIn { get; init; }

    /// <summary>Bytes that the job sent.</summary>
    public long BytesOut { get; init; }

    /// <summary>The list allowed it.</summary>
    public bool Allowed => Rule is not null;

    /// <summary>The entry of the list that allowed it; null if it was refused.</summary>
    public required string? Rule { get; init; }

    /// <summary>Why there was no connection, or why it was ended: what the list says, or the error of the network. Null for nothing of the kind.</summary>
    public string? Reason { get; init; }
}
