namespace Sandbox.Policies;

/// <summary>
/// What a filter does from some point on: the meaning of a program, without its layout. Decisions come from a
/// <see cref="DecisionPool"/>, so that equal ones of one pool are the same object.
/// </summary>
internal abstract class Decision;
