namespace Sandbox.Policies;

/// <summary>
/// What a filter does from some point on: the meaning of a program, without its layout. Decisions come from a
/// <see cref="DecisionPool"/>, so that equal ones of one pool are the same object.
/// </summary>
internal abstract class Decision;

/// <summary>The filter ends with a <c>SECCOMP_RET_</c> value.</summary>
internal sealed class ReturnDecision(uint action) : Decision
{
    public uint Action => action;
}

/// <summary>One comparison of a masked 32-bit word of <c>struct seccomp_data</c>.</summary>
internal sealed class TestDecision(FilterWord word, ushort jump, uint value, Decision yes, Decision no) : Decision
{
    /// <summary>What is compared.</summary>
    public FilterWord Word => word;

    /// <summary>The conditional jump's code.</summary>
    public ushort Jump => jump;

    /// <summary>What the word is compared with.</summary>
    public uint Value => value;

    /// <summary>Taken when it holds.</summary>
    public Decision Yes => yes;

    /// <summary>Taken otherwise.</summary>
    public Decision No => no;
}

/// <summary>The masked 32-bit word of <c>struct seccomp_data</c> at an offset.</summary>
internal readonly record struct FilterWord(uint Offset, uint Mask)
{
    public static FilterWord Number { get; } = new(0, uint.MaxValue);

    public static FilterWord Arch { get; } = new(4, uint.MaxValue);
}

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
        {
            _returns.Add(action, known = new ReturnDecision(action));
        }

        return known;
    }

    /// <summary>A comparison; or what follows, where both answers lead to the same.</summary>
    public Decision Test(FilterWord word, ushort jump, uint value, Decision yes, Decision no)
    {
        if (yes == no)
        {
            return yes;
        }

        var key = (word, jump, value, yes, no);
        if (!_tests.TryGetValue(key, out var known))
        {
            _tests.Add(key, known = new TestDecision(word, jump, value, yes, no));
        }

        return known;
    }
}
