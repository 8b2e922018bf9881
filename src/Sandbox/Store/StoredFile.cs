namespace Sandbox.Store;

/// <summary>One file of the store.</summary>
internal sealed record StoredFile
{
    /// <summary>64 hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    public required long Bytes { get; init; }

    /// <summary>When it was last put or used, to a minute.</summary>
    public required DateTimeOffset UsedAt { get; init; }

    /// <summary>A running job has it.</summary>
    public bool InUse { get; init; }
}
