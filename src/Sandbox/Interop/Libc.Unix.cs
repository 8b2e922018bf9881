using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace Sandbox.Interop;

/// <summary>Sockets that have a name in a directory (unix(7)): of records, with descriptors. The runtime's own would remove the name with the process that made it.</summary>
internal static partial class Libc
{
    private const int PathOffset = 2; // offsetof(struct sockaddr_un, sun_path)
    private const int MostOfPath = 107;
    private const int PathsWait = 64;

    /// <summary>A socket that listens at a name of a directory; 0 or the negated errno.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="name">A single component.</param>
    /// <param name="socket">The socket, close-on-exec.</param>
    public static unsafe int ListenAt(SafeFileHandle directory, string name, out SafeFileHandle socket)
    {
        var result = OpenRecords(out socket);
        var address = AddressOf(directory, name);
        fixed (byte* bytes = address)
        {
            result = result < 0 ? result : Check(bind(socket, bytes, (uint)address.Length));
        }

        return result < 0 ? result : Check(listen(socket, PathsWait));
    }

    /// <summary>A connection to the socket of that name; 0 or the negated errno.</summary>
    public static unsafe int ConnectAt(SafeFileHandle directory, string name, out SafeFileHandle socket)
    {
        var result = OpenRecords(out socket);
        var address = AddressOf(directory, name);
        fixed (byte* bytes = address)
        {
            return result < 0 ? result : Check(connect(socket, bytes, (uint)address.Length));
        }
    }

    private static int OpenRecords(out SafeFileHandle socket) => Take(LibC.socket(LibC.AF_UNIX, LibC.SOCK_SEQPACKET | LibC.SOCK_CLOEXEC, 0), out socket);

    // By way of the descriptor: a path of any length may lead to the directory.
    private static byte[] AddressOf(SafeFileHandle directory, string name)
    {
        var path = System.Text.Encoding.UTF8.GetBytes($"/proc/self/fd/{Number(directory)}/{name}");
        if (path.Length > MostOfPath)
        {
            throw new ArgumentOutOfRangeException(nameof(name));
        }

        var bytes = new byte[PathOffset + path.Length + 1];
        // AF_UNIX
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, 1);
        path.CopyTo(bytes, PathOffset);
        return bytes;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int bind(SafeFileHandle socket, byte* address, uint size);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int connect(SafeFileHandle socket, byte* address, uint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(SafeFileHandle socket, int backlog);
}
