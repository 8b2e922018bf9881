using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandbox.Running;

namespace Sandbox.Server.Access;

/// <summary>Reads files that hold a secret, and refuses those that others can read: of the open file, because what a name stands for may change.</summary>
internal static partial class PrivateFile
{
    private const int Flags = 0x800 | 0x80000; // O_RDONLY | O_NONBLOCK | O_CLOEXEC: a pipe that nobody writes to is not waited for

    private static readonly int s_noFollow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000; // O_NOFOLLOW

    /// <summary>Reads one.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="most">How many bytes it may have.</param>
    /// <param name="mayBeLink">A link as its last part is followed.</param>
    /// <param name="mayBeRootsGroups">A file of root's may be readable for its group.</param>
    /// <exception cref="IOException">It cannot be read, or others could, too.</exception>
    public static byte[] Read(string path, int most, bool mayBeLink, bool mayBeRootsGroups)
    {
        using var file = open(path, Flags | (mayBeLink ? 0 : s_noFollow));
        if (file.IsInvalid)
        {
            throw new IOException(Marshal.GetLastPInvokeError() switch
            {
                2 => "no such file",
                13 => "permission denied",
                40 => "it is a symbolic link; name the file itself",
                var errno => $"cannot be opened: {Marshal.GetPInvokeErrorMessage(errno)}",
            });
        }

        var status = PathStatus.Of(file) ?? throw new IOException("cannot be looked at (statx(2))");
        if (Refusal(status, mayBeRootsGroups) is { } refusal)
        {
            throw new IOException(refusal);
        }

        return InputFile.Read(file, most);
    }

    private static string? Refusal(PathStatus status, bool mayBeRootsGroups) =>
        !status.IsRegularFile ? "it is no regular file"
        : !status.IsOfUserOrRoot ? "it belongs to another user"
        : status.IsOnlyOwners || (mayBeRootsGroups && status.IsRootsAndReadOnly) ? null
        : "its mode lets the group or others have it: chmod 600";

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags);
}
