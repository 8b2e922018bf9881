namespace Sandbox.Policies;

/// <summary>A binary search over ranges of call numbers.</summary>
internal static class SearchTree
{
    /// <summary>The ranges in ascending order, the first from 0, each up to the next.</summary>
    public static Decision Build(IReadOnlyList<(uint First, Decision Decision)> ranges, DecisionPool pool) => Build(ranges, 0, ranges.Count, pool);

    private static Decision Build(IReadOnlyList<(uint First, Decision Decision)> ranges, int from, int to, DecisionPool pool)
    {
        if (to - from == 1)
        {
            return ranges[from].Decision;
        }

        if (to - from == 3 && IsException(ranges, from))
        {
            return pool.Test(
                FilterWord.Number, BpfInstruction.JumpIfEqual, ranges[from + 1].First, ranges[from + 1].Decision, ranges[from].Decision);
        }

        var middle = Middle(ranges, from, to);
        return pool.Test(
            FilterWord.Number, BpfInstruction.JumpIfGreaterOrEqual, ranges[middle].First, Build(ranges, middle, to, pool), Build(ranges, from, middle, pool));
    }

    // A single number within a range takes one comparison instead of two, so it is not cut apart if the cut
    // can be made one place further.
    private static int Middle(IReadOnlyList<(uint First, Decision Decision)> ranges, int from, int to)
    {
        var middle = from + ((to - from) / 2);
        for (var at = Math.Max(from, middle - 2); at < middle && at + 3 <= to; at++)
        {
            if (IsException(ranges, at) && at > from)
            {
                return at;
            }
        }

        return middle;
    }

    private static bool IsException(IReadOnlyList<(uint First, Decision Decision)> ranges, int at) =>
        ranges[at + 2].First - ranges[at + 1].First == 1 && ranges[at].Decision == ranges[at + 2].Decision;
}
