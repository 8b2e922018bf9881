using Microsoft.Win32.SafeHandles;

namespace Sandbox.Interop;

/// <summary>What a symbolic link says.</summary>
internal static class LinkText
{
    private const int Longest = 4096; // PATH_MAX

    /// <summary>The bytes of a link in a folder; null if it cannot be read.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">With a final NUL.</param>
    public static byte[]? Read(SafeFileHandle folder, ReadOnlySpan<byte> name)
    {
        var text = new byte[Longest];
        var length = Libc.ReadLinkAt(folder, name, text);
        return length < 0 ? null : text[..length];
    }
}
