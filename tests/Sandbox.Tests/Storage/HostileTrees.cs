using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Storage;

/// <summary>Makes what only somebody hostile makes.</summary>
internal static partial class HostileTrees
{
    /// <summary>Directories within each other, deeper than any path can say.</summary>
    public static void Dig(string path, int depth)
    {
        Assert.Equal(0, Libc.OpenDirectory(Bytes(path), out var above));
        for (var i = 0; i < depth; i++)
        {
            Assert.Equal(0, Libc.MakePrivateDirectoryAt(above, "d\0"u8));
            Assert.Equal(0, Libc.OpenAt(above, "d\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out var inner));
            above.Dispose();
            above = inner;
        }

        Assert.Equal(0, Libc.CreateAt(above, "file\0"u8, out var file));
        file.Dispose();
        above.Dispose();
    }

    public static void Fifo(string path) => Assert.Equal(0, MakeNode(path, 0x1000 | 0x1a4, 0));

    public static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text + '\0');

    [LibraryImport("libc", EntryPoint = "mknod", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeNode(string path, uint mode, ulong device);
}
