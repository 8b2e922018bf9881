using Sandbox.Jobs;

namespace Sandbox.Policies;

/// <summary>Turns the names, wildcards and groups that a policy writes into call names of one architecture.</summary>
internal sealed class SyscallNames(uint arch, IReadOnlyList<PolicyDocument> scope, PolicyProblems problems)
{
    /// <summary>The calls that a list stands for. The flag: the user wrote this very name.</summary>
    public IEnumerable<(string Name, bool Literal)> Expand(IEnumerable<PolicyWord> words) =>
        words.SelectMany(word => Expand(word, [], literal: true));

    /// <summary>Reports what is wrong in groups, whether or not anything names them.</summary>
    public void Check(IEnumerable<IReadOnlyList<PolicyWord>> groups)
    {
        foreach (var word in groups.SelectMany(group => group))
        {
            Expand(word, [], literal: false);
        }
    }

    private IEnumerable<(string Name, bool Literal)> Expand(PolicyWord word, HashSet<string> open, bool literal)
    {
        if (word.Text.StartsWith('@'))
        {
            return Group(word, open);
        }

        if (word.Text.Contains('*'))
        {
            return Wildcard(word);
        }

        if (!SyscallTable.IsKnown(word.Text))
        {
            problems.Add(word, $"unknown system call \"{word.Text}\"", Suggestions.For(word.Text, [.. SyscallTable.Names]));
            return [];
        }

        if (SyscallTable.Number(word.Text, arch) is not null)
        {
            return [(word.Text, literal)];
        }

        // One group serves several architectures; a name written for this very policy is meant to do something.
        if (literal)
        {
            problems.Add(word, $"{SyscallTable.ArchName(arch)} has no system call \"{word.Text}\": put it in a group to have it skipped there");
        }

        return [];
    }

    private List<(string Name, bool Literal)> Group(PolicyWord word, HashSet<string> open)
    {
        var group = scope.Select(document => document.Groups.GetValueOrDefault(word.Text)).FirstOrDefault(found => found is not null);
        if (group is null)
        {
            var names = scope.SelectMany(document => document.Groups.Keys).ToArray();
            problems.Add(word, $"unknown group \"{word.Text}\"", Suggestions.For(word.Text, names));
            return [];
        }

        if (!open.Add(word.Text))
        {
            problems.Add(word, $"the group {word.Text} contains itself");
            return [];
        }

        var calls = group.SelectMany(member => Expand(member, open, literal: false)).ToList();
        open.Remove(word.Text);
        return calls;
    }

    private IEnumerable<(string Name, bool Literal)> Wildcard(PolicyWord word)
    {
        var stem = word.Text[..^1];
        if (!word.Text.EndsWith('*') || stem.Contains('*') || stem.Length == 0)
        {
            problems.Add(word, "a wildcard is a name's beginning and one \"*\", such as \"timer_*\"");
            return [];
        }

        var names = SyscallTable.Names.Where(name => name.StartsWith(stem, StringComparison.Ordinal)).ToList();
        if (names.Count == 0)
        {
            problems.Add(word, $"no system call begins with \"{stem}\"");
        }

        return names.Where(name => SyscallTable.Number(name, arch) is not null).Select(name => (name, false));
    }
}
