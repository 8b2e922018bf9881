namespace Sandbox.Policies;

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
