namespace Sandbox.Interop;

/// <summary>An argument of a call, masked, equals a value.</summary>
internal readonly record struct ArgumentMatch(int Argument, ulong Mask, ulong Value);
