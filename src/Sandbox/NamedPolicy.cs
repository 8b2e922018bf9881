namespace Sandbox;

/// <summary>A built-in policy.</summary>
public sealed record NamedPolicy : SeccompSpec
{
    /// <summary>The policy's name, such as <c>default</c>.</summary>
    public required string Name { get; init; }
}
