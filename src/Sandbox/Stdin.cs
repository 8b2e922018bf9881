namespace Sandbox;

/// <summary>What the job reads on descriptor 0.</summary>
public abstract record StdinSpec
{
    private protected StdinSpec() { }
}

/// <summary>End of file at once.</summary>
public sealed record NullStdin : StdinSpec;

/// <summary>The caller's own standard input, relayed through a pipe.</summary>
public sealed record InheritStdin : StdinSpec;

/// <summary>Given bytes or a host file; the job cannot write to them through any path.</summary>
public sealed record ContentStdin : StdinSpec
{
    /// <summary>Where the bytes come from.</summary>
    public required ContentSource Content { get; init; }
}
