namespace Sandbox;

/// <summary>A call the policy killed for.</summary>
public sealed record PolicyViolation
{
    /// <summary>Name of the call, or <c>unknown</c>.</summary>
    public required string Syscall { get; init; }

    /// <summary>Its number.</summary>
    public required int Number { get; init; }

    /// <summary>Architecture of the call, such as <c>x86_64</c>.</summary>
    public required string Arch { get; init; }

    /// <summary>Process id as the job sees it.</summary>
    public required int Pid { get; init; }

    /// <summary>What the policy did: <c>kill</c>.</summary>
    public required string Action { get; init; }
}
