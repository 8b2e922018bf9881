namespace Sandbox.Images;

/// <summary>What a collection of garbage has freed.</summary>
internal sealed record Collection
{
    /// <summary>Layers that no image needs.</summary>
    public required int Layers { get; init; }

    /// <summary>Bytes of the files in them.</summary>
    public required long Bytes { get; init; }

    /// <summary>What processes that died have left half made.</summary>
    public required int Leftovers { get; init; }
}
