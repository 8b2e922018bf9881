namespace Sandbox.Policies;

/// <summary>An argument of a call, masked, equals a value.</summary>
internal readonly record struct ArgumentMatch(int Argument, ulong Mask, ulong Value)
{
    public bool Holds(SystemCall call) => (call.Arguments[Argument] & Mask) == Value;
}
