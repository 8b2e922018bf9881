using Sandbox.Interop;

namespace Sandbox;

/// <summary>The names of the kernel's error numbers, as <see cref="SandboxException.Errno"/> has them.</summary>
public static class ErrnoNames
{
    /// <summary>The name that people search for, such as <c>ENOSPC</c>; <c>errno 200</c> for a number without one.</summary>
    /// <param name="number">As of errno(3); the <see cref="Exception.HResult"/> of an <see cref="IOException"/> of .NET is one on Linux.</param>
    public static string Of(int number) => Errno.Name(number);
}
