namespace Sandbox.Images;

/// <summary>No image has this name, or several have; or nothing is at the path.</summary>
internal sealed class UnknownImageException(string message) : SandboxException(message);
