namespace Sandbox.Policies;

/// <summary>The filter ends with a <c>SECCOMP_RET_</c> value.</summary>
internal sealed record ReturnDecision(uint Action) : Decision;
