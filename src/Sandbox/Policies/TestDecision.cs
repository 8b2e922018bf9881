namespace Sandbox.Policies;

/// <summary>One comparison of a masked 32-bit word of <c>struct seccomp_data</c>.</summary>
/// <param name="Word">What is compared.</param>
/// <param name="Jump">The conditional jump's code.</param>
/// <param name="Value">What it is compared with.</param>
/// <param name="Yes">Taken when it holds.</param>
/// <param name="No">Taken otherwise.</param>
internal sealed record TestDecision(FilterWord Word, ushort Jump, uint Value, Decision Yes, Decision No) : Decision;
