namespace Sandbox;

/// <summary>What the job reads on descriptor 0.</summary>
public abstract record Stdin
{
    private protected Stdin() { }

    /// <summary>End of file at once.</summary>
    public static Stdin Null { get; } = new NullStdin();

    /// <summary>The caller's own standard input.</summary>
    public static Stdin Inherit { get; } = new InheritStdin();

    /// <summary>What the caller writes to <see cref="SandboxJob.Stdin"/> while the job runs; for <see cref="SandboxRunner.StartAsync"/> only.</summary>
    public static Stdin Live { get; } = new LiveStdin();

    /// <summary>These bytes, a file of the host, or one of the store.</summary>
    public static Stdin From(Content content) => new ContentStdin { Content = content };

    /// <summary>This text, in UTF-8.</summary>
    public static Stdin Text(string text) => From(Sandbox.Content.Text(text));
}

/// <summary>End of file at once.</summary>
public sealed record NullStdin : Stdin;

/// <summary>The caller's own standard input, relayed through a pipe.</summary>
public sealed record InheritStdin : Stdin;

/// <summary>What the caller writes to <see cref="SandboxJob.Stdin"/> while the job runs; has no form in job.json.</summary>
public sealed record LiveStdin : Stdin;

/// <summary>What another process of the same <see cref="ProcessesJob"/> writes, through a pipe of the kernel.</summary>
public sealed record PipeStdin : Stdin
{
    /// <summary>The pipe's name; exactly one other process writes it.</summary>
    public required string Pipe { get; init; }
}

/// <summary>Given bytes or a host file; the job cannot write to them through any path.</summary>
public sealed record ContentStdin : Stdin
{
    /// <summary>Where the bytes come from.</summary>
    public required Content Content { get; init; }
}
