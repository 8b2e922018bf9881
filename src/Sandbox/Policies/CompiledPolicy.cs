namespace Sandbox.Policies;

/// <summary>A policy as the kernel takes it.</summary>
internal sealed record CompiledPolicy
{
    /// <summary>The built-in's name, the file's path, or <c>inline</c>.</summary>
    public required string Name { get; init; }

    /// <summary>An array of <c>struct sock_filter</c>, ready to install.</summary>
    public required ReadOnlyMemory<byte> Program { get; init; }

    /// <summary>SHA-256 of <see cref="Program"/> in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }
}
