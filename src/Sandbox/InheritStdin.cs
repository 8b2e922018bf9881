namespace Sandbox;

/// <summary>The caller's own standard input, relayed through a pipe.</summary>
public sealed record InheritStdin : StdinSpec;
