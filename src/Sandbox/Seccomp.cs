namespace Sandbox;

/// <summary>Which seccomp policy filters the job's system calls.</summary>
public abstract record SeccompSpec
{
    private protected SeccompSpec() { }
}

/// <summary>A built-in policy.</summary>
public sealed record NamedPolicy : SeccompSpec
{
    /// <summary>The policy's name, such as <c>default</c>.</summary>
    public required string Name { get; init; }
}

/// <summary>A policy written in the job itself.</summary>
public sealed record InlinePolicy : SeccompSpec
{
    /// <summary>The policy's JSON, UTF-8.</summary>
    public required ReadOnlyMemory<byte> Json { get; init; }
}

/// <summary>A policy read from a host file.</summary>
public sealed record PolicyFile : SeccompSpec
{
    /// <summary>Absolute path on the host.</summary>
    public required string Path { get; init; }
}
