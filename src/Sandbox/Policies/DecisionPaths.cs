namespace Sandbox.Policies;

/// <summary>Finds arguments that lead through both sides of every comparison of a decision.</summary>
internal static class DecisionPaths
{
    public static IReadOnlyList<SystemCall.Values> Through(Decision decision)
    {
        var tests = new HashSet<TestDecision>();
        Collect(decision, tests);
        var found = new HashSet<SystemCall.Values>();
        foreach (var start in new[] { default, SystemCall.Values.Ones, Elsewhere(tests) })
        {
            Follow(decision, start, found, []);
        }

        return [.. found];
    }

    private static void Collect(Decision decision, HashSet<TestDecision> tests)
    {
        if (decision is not TestDecision test || !tests.Add(test))
        {
            return;
        }

        Collect(test.Yes, tests);
        Collect(test.No, tests);
    }

    // What every comparison answers with "no" is reached by none of the values that are compared with.
    private static SystemCall.Values Elsewhere(HashSet<TestDecision> tests)
    {
        const uint Step = 0x9e37_79b9;
        var arguments = default(SystemCall.Values);
        foreach (var word in tests.GroupBy(test => test.Word.Offset))
        {
            // One value more than there are comparisons: one is left, unless masks leave none.
            var value = Step;
            for (var left = word.Count(); left > 0 && word.Any(test => BpfInstruction.Holds(test.Jump, value & test.Word.Mask, test.Value)); left--)
            {
                value += Step;
            }

            arguments = SystemCall.With(arguments, new FilterWord(word.Key, uint.MaxValue), value);
        }

        return arguments;
    }

    // Every comparison is entered once: all paths through those that share their ends are too many.
    private static void Follow(Decision decision, SystemCall.Values arguments, HashSet<SystemCall.Values> found, HashSet<Decision> entered)
    {
        if (decision is not TestDecision test || !entered.Add(test))
        {
            found.Add(arguments);
            return;
        }

        Follow(test.Yes, SystemCall.With(arguments, test.Word, test.Value), found, entered);
        Follow(test.No, arguments, found, entered);
    }
}
