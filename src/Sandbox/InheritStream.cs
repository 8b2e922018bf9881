namespace Sandbox;

/// <summary>To the caller's stream of the same number.</summary>
public sealed record InheritStream : StreamSpec;
