namespace Sandbox;

/// <summary>Which seccomp policy filters the job's system calls.</summary>
public abstract record Seccomp
{
    private protected Seccomp() { }

    /// <summary>A built-in policy, such as <c>judge</c>.</summary>
    public static Seccomp Policy(string name) => new NamedPolicy { Name = name };

    /// <summary>A policy written in JSON, UTF-8.</summary>
    public static Seccomp Inline(ReadOnlyMemory<byte> json) => new InlinePolicy { Json = json };

    /// <summary>A policy read from a host file at this absolute path.</summary>
    public static Seccomp File(string path) => new PolicyFile { Path = path };
}

/// <summary>A built-in policy.</summary>
public sealed record NamedPolicy : Seccomp
{
    /// <summary>The policy's name, such as <c>default</c>.</summary>
    public required string Name { get; init; }
}

/// <summary>A policy written in the job itself.</summary>
public sealed record InlinePolicy : Seccomp
{
    /// <summary>The policy's JSON, UTF-8.</summary>
    public required ReadOnlyMemory<byte> Json { get; init; }

    /// <summary>What it extends has to be built in: no file of the host is read for it. A job file has no form for it. Default false.</summary>
    public bool ExtendsBuiltInOnly { get; init; }
}

/// <summary>A policy read from a host file.</summary>
public sealed record PolicyFile : Seccomp
{
    /// <summary>Absolute path on the host.</summary>
    public required string Path { get; init; }
}
