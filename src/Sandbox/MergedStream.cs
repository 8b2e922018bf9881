namespace Sandbox;

/// <summary>For stderr only: into the same stream as stdout, in the order of writing.</summary>
public sealed record MergedStream : StreamSpec;
