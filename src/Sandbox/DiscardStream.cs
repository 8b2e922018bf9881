namespace Sandbox;

/// <summary>Counted and dropped.</summary>
public sealed record DiscardStream : StreamSpec;
