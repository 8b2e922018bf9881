namespace Sandbox.Images;

/// <summary>What was given as an image is none, is damaged, or tries what no image may; nothing of it was kept.</summary>
internal sealed class InvalidImageException(string message) : SandboxException(message);
