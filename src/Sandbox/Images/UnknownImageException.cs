namespace Sandbox.Images;

/// <summary>No image has this name, or several have.</summary>
internal sealed class UnknownImageException(string message) : SandboxException(message);
