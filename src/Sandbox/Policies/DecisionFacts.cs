namespace Sandbox.Policies;

/// <summary>
/// What the comparisons on the way to a point have established about the words of a call, so that what they
/// answer already is not compared again. Layers of clauses repeat each other's comparisons.
/// </summary>
internal sealed class DecisionFacts
{
    private readonly FilterWord _word;
    private readonly uint _value;
    private readonly bool _equal;
    private readonly DecisionFacts? _earlier;

    private DecisionFacts(DecisionFacts? earlier, TestDecision test, bool equal) =>
        (_earlier, _word, _value, _equal) = (earlier, test.Word, test.Value, equal);

    /// <summary>Puts <paramref name="next"/> in the place of every <paramref name="open"/> action and drops comparisons with a known answer.</summary>
    public static Decision Simplify(Decision decision, uint open, Decision next) => Simplify(decision, open, next, null);

    private static Decision Simplify(Decision decision, uint open, Decision? next, DecisionFacts? facts)
    {
        if (decision is not TestDecision test)
            return next is not null && ((ReturnDecision)decision).Action == open ? Simplify(next, open, null, facts) : decision;
        if (Answer(test, facts) is { } answer)
            return Simplify(answer ? test.Yes : test.No, open, next, facts);

        var learns = test.Jump == BpfInstruction.JumpIfEqual;
        var yes = Simplify(test.Yes, open, next, learns ? new DecisionFacts(facts, test, true) : facts);
        var no = Simplify(test.No, open, next, learns ? new DecisionFacts(facts, test, false) : facts);
        return yes == no ? yes : test with { Yes = yes, No = no };
    }

    private static bool? Answer(TestDecision test, DecisionFacts? facts)
    {
        // libseccomp compares both halves of an argument even where the mask has no bits in one.
        if (test.Word.Mask == 0)
            return BpfInstruction.Holds(test.Jump, 0, test.Value);
        for (var fact = facts; fact is not null; fact = fact._earlier)
        {
            if (fact._word != test.Word)
                continue;
            if (fact._equal)
                return BpfInstruction.Holds(test.Jump, fact._value, test.Value);
            if (fact._value == test.Value && test.Jump == BpfInstruction.JumpIfEqual)
                return false;
        }

        return null;
    }
}
