using Sandbox.Interop;
using Sandbox.Jobs;

namespace Sandbox.Policies;

/// <summary>Turns the conditions of a rule into alternatives of matches that hold together.</summary>
internal sealed class ConditionMatches(PolicyProblems problems)
{
    // Each alternative becomes a handful of BPF instructions.
    private const int MaxAlternatives = 256;

    public IReadOnlyList<IReadOnlyList<ArgumentMatch>> For(string syscall, IReadOnlyList<PolicyCondition> conditions)
    {
        List<IReadOnlyList<ArgumentMatch>> alternatives = [[]];
        foreach (var condition in conditions)
        {
            var matches = Matches(syscall, condition);
            alternatives = [.. alternatives.SelectMany(known => matches.Select(match => Join(known, match)).OfType<IReadOnlyList<ArgumentMatch>>())];
            if (alternatives.Count > MaxAlternatives)
            {
                problems.Add(condition.Values[0], $"the conditions make more than {MaxAlternatives} combinations");
                break;
            }
        }

        return alternatives;
    }

    private List<ArgumentMatch> Matches(string syscall, PolicyCondition condition)
    {
        var mask = ArgumentWidths.Mask(syscall, condition.Argument);
        if (condition.Mask is { } word)
        {
            mask &= Resolve(word);
        }

        var matches = new List<ArgumentMatch>();
        foreach (var value in condition.Values)
        {
            // Bits above the width do not reach the kernel: -1 as 64 bits is the same int as as 32.
            var wanted = Resolve(value) & (condition.Mask is null ? mask : ulong.MaxValue);
            if ((wanted & ~mask) != 0)
            {
                problems.Add(value, "has bits that the mask does not: this can never match");
            }
            else
            {
                matches.Add(new ArgumentMatch(condition.Argument, mask, wanted));
            }
        }

        return matches;
    }

    // libseccomp takes one comparison per argument in a rule, so two of one argument become one.
    private static List<ArgumentMatch>? Join(IReadOnlyList<ArgumentMatch> known, ArgumentMatch match)
    {
        var joined = new List<ArgumentMatch>(known);
        var same = joined.FindIndex(other => other.Argument == match.Argument);
        if (same < 0)
        {
            joined.Add(match);
            return joined;
        }

        var other = joined[same];
        if (((other.Value ^ match.Value) & other.Mask & match.Mask) != 0)
        {
            return null;
        }

        joined[same] = new ArgumentMatch(match.Argument, other.Mask | match.Mask, other.Value | match.Value);
        return joined;
    }

    private ulong Resolve(PolicyWord word)
    {
        if (ArgumentNames.TryResolve(word.Text, out var value))
        {
            return value;
        }

        problems.Add(word, $"unknown name or number \"{word.Text}\"", Suggestions.For(word.Text, [.. ArgumentNames.All]));
        return 0;
    }
}
