namespace Sandbox.Policies;

/// <summary>The filter ends with a <c>SECCOMP_RET_</c> value.</summary>
internal sealed class ReturnDecision(uint action) : Decision
{
    public uint Action => action;
}
