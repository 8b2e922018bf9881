using Sandbox.Interop;

namespace Sandbox.Policies;

/// <summary>An action for a call when one of the alternatives holds.</summary>
internal sealed record SyscallClause
{
    /// <summary>The <c>SECCOMP_RET_</c> value.</summary>
    public required uint Action { get; init; }

    /// <summary>Each a list of matches that hold together; an empty list always holds.</summary>
    public required IReadOnlyList<IReadOnlyList<ArgumentMatch>> Alternatives { get; init; }

    public bool IsUnconditional => Alternatives.Any(matches => matches.Count == 0);

    public bool Holds(SystemCall call)
    {
        // Asked a million times by the proof: no enumerators.
        for (var i = 0; i < Alternatives.Count; i++)
        {
            if (Hold(Alternatives[i], call))
                return true;
        }

        return false;
    }

    private static bool Hold(IReadOnlyList<ArgumentMatch> matches, SystemCall call)
    {
        for (var i = 0; i < matches.Count; i++)
        {
            if (!call.Matches(matches[i]))
                return false;
        }

        return true;
    }
}
