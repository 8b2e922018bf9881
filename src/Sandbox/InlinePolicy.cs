namespace Sandbox;

/// <summary>A policy written in the job itself.</summary>
public sealed record InlinePolicy : SeccompSpec
{
    /// <summary>The policy's JSON, UTF-8.</summary>
    public required ReadOnlyMemory<byte> Json { get; init; }
}
