namespace Sandbox;

/// <summary>An empty root: only /dev, /proc, /work, /tmp and what mounts and files add.</summary>
public sealed record EmptyRootfs : RootfsSpec;
