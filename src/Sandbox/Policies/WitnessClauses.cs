using Sandbox.Interop;

namespace Sandbox.Policies;

/// <summary>Clauses by which pid 1 gets to know of calls that the policy lets through, and which then go on.</summary>
internal static class WitnessClauses
{
    /// <summary>Puts a clause for what is looked for before each one that allows the call.</summary>
    public static void AddTo(List<SyscallClause> clauses, uint action, IReadOnlyList<IReadOnlyList<ArgumentMatch>> wanted)
    {
        for (var at = clauses.Count - 1; at >= 0; at--)
        {
            if (clauses[at].Action != PolicyAction.Allow)
            {
                continue;
            }

            List<IReadOnlyList<ArgumentMatch>> told =
                [.. clauses[at].Alternatives.SelectMany(matches => wanted.Select(ours => Join(matches, ours))).OfType<List<ArgumentMatch>>()];
            if (told.Count > 0)
            {
                clauses.Insert(at, new SyscallClause { Action = action, Alternatives = told });
            }
        }
    }

    // libseccomp compares an argument once in a rule: where both look at one, the narrower comparison stands for both.
    private static List<ArgumentMatch>? Join(IReadOnlyList<ArgumentMatch> matches, IReadOnlyList<ArgumentMatch> ours)
    {
        List<ArgumentMatch> joined = [.. ours];
        foreach (var match in matches)
        {
            var at = joined.FindIndex(other => other.Argument == match.Argument);
            if (at < 0)
            {
                joined.Add(match);
            }
            else if (Narrower(match, joined[at]) is { } one)
            {
                joined[at] = one;
            }
            else
            {
                return null;
            }
        }

        return joined;
    }

    private static ArgumentMatch? Narrower(ArgumentMatch one, ArgumentMatch other)
    {
        if ((one.Mask & ~other.Mask) == 0)
        {
            return (other.Value & one.Mask) == one.Value ? other : null;
        }

        return (other.Mask & ~one.Mask) == 0 && (one.Value & other.Mask) == other.Value ? one : null;
    }
}
