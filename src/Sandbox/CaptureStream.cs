namespace Sandbox;

/// <summary>Into the result, up to the <c>output</c> limit.</summary>
public sealed record CaptureStream : StreamSpec;
