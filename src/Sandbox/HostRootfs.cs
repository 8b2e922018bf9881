namespace Sandbox;

/// <summary>The host's toolchain folders, read-only, with only what programs need to start of /etc.</summary>
public sealed record HostRootfs : RootfsSpec;
