namespace Sandbox;

/// <summary>Bytes written in the job itself (<c>text</c> or <c>base64</c>).</summary>
public sealed record InlineContent : ContentSource
{
    /// <summary>The bytes.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }
}
