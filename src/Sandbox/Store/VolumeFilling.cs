using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Store;

// It is made beside what jobs see and then takes its place, which the kernel allows only while that is empty (rename(2), ENOTEMPTY): a volume has all of
// it or nothing, however the process that fills it ends. Meanwhile the volume is locked by that process alone.

/// <summary>What a volume without files is filled with.</summary>
internal sealed record VolumeContent
{
    /// <summary>The permissions of the directory itself.</summary>
    public required int Mode { get; init; }

    /// <summary>There is anything in it.</summary>
    public required bool HasFiles { get; init; }

    /// <summary>Puts it into an empty directory, which is to replace the one with that status, and on the disk.</summary>
    public required Action<SafeFileHandle, FileStatus> Copy { get; init; }
}

/// <summary>Fills volumes.</summary>
internal static class VolumeFilling
{
    // One besides "." and "..".
    private const int NamesOfOne = 3;

    private static readonly byte[] s_passing = "filling\0"u8.ToArray();
    private static readonly byte[] s_data = "data\0"u8.ToArray();

    /// <summary>What the volume is to be filled with; null where it has files, cannot be looked into, or nothing would change.</summary>
    /// <param name="volume">Locked by the caller alone.</param>
    /// <param name="find">Looks for the content: only where the volume is empty.</param>
    public static VolumeContent? For(SafeFileHandle volume, Func<VolumeContent?> find) =>
        IsEmpty(volume, out var status) && find() is { } content && (content.HasFiles || content.Mode != status.Permissions) ? content : null;

    /// <summary>Fills it; 0 or the negated errno.</summary>
    /// <inheritdoc cref="For"/>
    public static int Fill(SafeFileHandle volume, VolumeContent content)
    {
        // What a crash has left.
        var error = TreeRemoval.Remove(volume, s_passing);
        error = error < 0 ? error : Libc.MakePrivateDirectoryAt(volume, s_passing);
        if (error < 0)
        {
            return error;
        }

        try
        {
            error = Make(volume, content);
            error = error < 0 ? error : Libc.RenameAt(volume, s_passing, volume, s_data);
            return error == -Errno.ENOTEMPTY ? 0 : error;
        }
        finally
        {
            // Nothing of it is there any more where all went well.
            _ = TreeRemoval.Remove(volume, s_passing);
        }
    }

    private static int Make(SafeFileHandle volume, VolumeContent content)
    {
        var error = UntrustedTree.OpenDirectory(volume, s_passing, out var directory);
        using (directory)
        {
            var replaced = default(FileStatus);
            error = error < 0 ? error : Libc.StatusOfName(volume, s_data, out replaced);
            if (error < 0)
            {
                return error;
            }

            // Directories of an image are their owner's to write to.
            error = Libc.ChangeMode(directory, content.Mode);
            if (error == 0)
            {
                content.Copy(directory, replaced);
            }

            return error;
        }
    }

    private static bool IsEmpty(SafeFileHandle volume, out FileStatus status)
    {
        var found = 0;
        var error = Libc.StatusOfName(volume, s_data, out status);
        if (error < 0)
        {
            return false;
        }

        error = UntrustedTree.OpenDirectory(volume, s_data, out var data);
        using (data)
        {
            return error == 0 && new UntrustedTree(data, TreeScope.OneMount, new(NamesOfOne)).List(data, _ => found++) == 0 && found == 0;
        }
    }
}
