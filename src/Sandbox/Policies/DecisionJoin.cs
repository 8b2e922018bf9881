namespace Sandbox.Policies;

/// <summary>
/// Puts one decision in the place of another's open ends, and drops every comparison that those on the way to it
/// have answered: layers of clauses repeat each other's comparisons.
/// </summary>
/// <param name="pool">Where decisions come from and go to.</param>
/// <param name="open">The action that stands for an open end.</param>
internal sealed class DecisionJoin(DecisionPool pool, uint open)
{
    // What was worked out once holds wherever the same is known of the words that are still to be compared;
    // without this the work would double with each comparison.
    private readonly Dictionary<(Decision Decision, Decision? Next, Fact? Facts), Decision> _done = [];
    private readonly Dictionary<(Fact? Earlier, FilterWord Word, uint Value, bool Equal), Fact> _facts = [];
    private readonly Dictionary<Decision, HashSet<FilterWord>> _words = [];

    public Decision Join(Decision decision, Decision next) => Simplify(decision, next, null);

    private Decision Simplify(Decision decision, Decision? next, Fact? facts)
    {
        if (decision is not TestDecision test)
        {
            return next is not null && ((ReturnDecision)decision).Action == open ? Simplify(next, null, facts) : decision;
        }

        if (Answer(test, facts) is { } answer)
        {
            return Simplify(answer ? test.Yes : test.No, next, facts);
        }

        var relevant = Keep(facts, word => Words(test).Contains(word) || (next is not null && Words(next).Contains(word)));
        if (_done.TryGetValue((test, next, relevant), out var known))
        {
            return known;
        }

        var yes = Simplify(test.Yes, next, Learn(relevant, test, true));
        var no = Simplify(test.No, next, Learn(relevant, test, false));
        return _done[(test, next, relevant)] = pool.Test(test.Word, test.Jump, test.Value, yes, no);
    }

    private static bool? Answer(TestDecision test, Fact? facts)
    {
        // libseccomp compares both halves of an argument even where the mask has no bits in one.
        if (test.Word.Mask == 0)
        {
            return BpfInstruction.Holds(test.Jump, 0, test.Value);
        }

        for (var fact = facts; fact is not null; fact = fact.Earlier)
        {
            if (fact.Word != test.Word)
            {
                continue;
            }

            if (fact.Equal)
            {
                return BpfInstruction.Holds(test.Jump, fact.Value, test.Value);
            }

            if (fact.Value == test.Value && test.Jump == BpfInstruction.JumpIfEqual)
            {
                return false;
            }
        }

        return null;
    }

    private Fact? Learn(Fact? facts, TestDecision test, bool equal)
    {
        if (test.Jump != BpfInstruction.JumpIfEqual)
        {
            return facts;
        }
        // What a word equals says all about it.
        return Remember(equal ? Keep(facts, word => word != test.Word) : facts, test.Word, test.Value, equal);
    }

    private Fact? Keep(Fact? facts, Func<FilterWord, bool> wanted)
    {
        if (facts is null)
        {
            return null;
        }

        var earlier = Keep(facts.Earlier, wanted);
        return wanted(facts.Word) ? Remember(earlier, facts.Word, facts.Value, facts.Equal) : earlier;
    }

    private Fact Remember(Fact? earlier, FilterWord word, uint value, bool equal)
    {
        if (!_facts.TryGetValue((earlier, word, value, equal), out var known))
        {
            _facts.Add((earlier, word, value, equal), known = new Fact(earlier, word, value, equal));
        }

        return known;
    }

    private HashSet<FilterWord> Words(Decision decision)
    {
        if (_words.TryGetValue(decision, out var known))
        {
            return known;
        }

        var words = new HashSet<FilterWord>();
        if (decision is TestDecision test)
        {
            words.Add(test.Word);
            words.UnionWith(Words(test.Yes));
            words.UnionWith(Words(test.No));
        }

        _words.Add(decision, words);
        return words;
    }

    private sealed class Fact(Fact? earlier, FilterWord word, uint value, bool equal)
    {
        public Fact? Earlier => earlier;

        public FilterWord Word => word;

        public uint Value => value;

        public bool Equal => equal;
    }
}
