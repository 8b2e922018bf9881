namespace Sandbox.Policies;

/// <summary>
/// Makes each decision once. Decisions share what they end in: comparing two by their content would walk every
/// path through them, of which there are exponentially many.
/// </summary>
internal sealed class DecisionPool
{
    private readonly Dictionary<uint, ReturnDecision> _returns = [];
    private readonly Dictionary<(FilterWord, ushort, uint, Decision, Decision), TestDecision> _tests = [];

    public ReturnDecision Return(uint action)
    {
        if (!_returns.TryGetValue(action, out var known))
            _returns.Add(action, known = new ReturnDecision(action));
        return known;
    }

    /// <summary>A comparison; or what follows, where both answers lead to the same.</summary>
    public Decision Test(FilterWord word, ushort jump, uint value, Decision yes, Decision no)
    {
        if (yes == no)
            return yes;
        var key = (word, jump, value, yes, no);
        if (!_tests.TryGetValue(key, out var known))
            _tests.Add(key, known = new TestDecision(word, jump, value, yes, no));
        return known;
    }
}
