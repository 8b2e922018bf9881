namespace Sandbox;

/// <summary>Given bytes or a host file; the job cannot write to them through any path.</summary>
public sealed record ContentStdin : StdinSpec
{
    /// <summary>Where the bytes come from.</summary>
    public required ContentSource Content { get; init; }
}
