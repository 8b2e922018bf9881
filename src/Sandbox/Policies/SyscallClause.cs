namespace Sandbox.Policies;

/// <summary>An action for a call when one of the alternatives holds.</summary>
internal sealed record SyscallClause
{
    /// <summary>The <c>SECCOMP_RET_</c> value.</summary>
    public required uint Action { get; init; }

    /// <summary>Each a list of matches that hold together; an empty list always holds.</summary>
    public required IReadOnlyList<IReadOnlyList<ArgumentMatch>> Alternatives { get; init; }

    public bool IsUnconditional => Alternatives.Any(matches => matches.Count == 0);

    public bool Holds(SystemCall call) => Alternatives.Any(matches => matches.All(match => match.Holds(call)));
}
