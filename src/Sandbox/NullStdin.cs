namespace Sandbox;

/// <summary>End of file at once.</summary>
public sealed record NullStdin : StdinSpec;
