namespace Sandbox.Policies;

/// <summary>What a filter does from some point on: the meaning of a program, without its layout.</summary>
internal abstract record Decision;
