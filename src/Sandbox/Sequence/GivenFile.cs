using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Sequence;

/// <summary>
/// A file of the host that a job is judged by. Somebody may have given the job its directory, writable: then it must not judge, whether the job wrote to it or put
/// another in its place. That it changed shows in the time of its last change, which only the kernel sets (inode(7)).
/// </summary>
internal sealed class GivenFile
{
    private readonly (ulong Device, ulong Inode, long Size, FileTime Modified, FileTime Changed)? _was;

    private GivenFile(string path) => (Path, _was) = (path, Look(path));

    /// <summary>Its path on the host.</summary>
    public string Path { get; }

    /// <summary>What of these is a file of the host.</summary>
    /// <param name="answer">What the output is compared with.</param>
    /// <param name="input">What a checker is shown of what the job reads; a FIFO can be shown to nobody twice.</param>
    public static List<GivenFile> Of(Content? answer, Content? input)
    {
        var files = new List<GivenFile>(2);
        if (answer is FileContent expected)
        {
            files.Add(new(expected.Path));
        }

        if (input is FileContent given && new GivenFile(given.Path) is { _was: not null } regular)
        {
            files.Add(regular);
        }

        return files;
    }

    /// <summary>It could be looked at, and is as it was.</summary>
    public bool IsSame() => _was is { } was && Look(Path) is { } now && was == now;

    /// <summary>Opens a regular file to read it; 0, the negated errno, or 1 for one of another kind: a FIFO or a device could keep the judge waiting for ever.</summary>
    public static int Open(string path, out SafeFileHandle file, out FileStatus status)
    {
        status = default;
        var flags = OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.CloseOnExec | OpenFlags.NoControllingTerminal;
        var error = Libc.Open(Encoding.UTF8.GetBytes(path + '\0'), flags, out file);
        error = error < 0 ? error : Libc.Status(file, out status);
        error = error == 0 && status.Kind != FileKind.Regular ? 1 : error;
        if (error != 0)
        {
            file.Dispose();
        }

        return error;
    }

    private static (ulong Device, ulong Inode, long Size, FileTime Modified, FileTime Changed)? Look(string path)
    {
        var error = Open(path, out var file, out var status);
        using (file)
        {
            return error == 0 ? (status.Device, status.Inode, status.Size, status.Modified, status.Changed) : null;
        }
    }
}
