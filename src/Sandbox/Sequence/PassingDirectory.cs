using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Sequence;

/// <summary>
/// A directory for files on their way, this user's alone. It is locked for as long as it is used (flock(2)), and the kernel gives a lock up however its holder ends: what a
/// process that was killed has left is removed by the next one that makes such a directory.
/// </summary>
internal sealed class PassingDirectory : IDisposable
{
    private const string Prefix = "sandbox-steps-";

    // Once for each process: who runs thousands of jobs looks at what others left only as it begins.
    private static int s_hasTidied;

    private readonly SafeFileHandle _lock;

    private PassingDirectory(string path, SafeFileHandle held) => (Path, _lock) = (path, held);

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>Makes one, in the directory for passing files (TMPDIR).</summary>
    /// <exception cref="SandboxException">It cannot be made.</exception>
    public static PassingDirectory Create()
    {
        var above = System.IO.Path.GetTempPath();
        if (Interlocked.Exchange(ref s_hasTidied, 1) == 0)
        {
            RemoveLeft(above);
        }

        try
        {
            while (true)
            {
                // Between its making and its lock somebody who tidies may take it away.
                var path = Directory.CreateTempSubdirectory(Prefix).FullName;
                if (TryLock(path) is { } held)
                {
                    return new(path, held);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SandboxException("no directory can be made for files on their way to the store: " + failure.Message) { Operation = Operation.OpenStore, Path = above };
        }
    }

    /// <summary>Removes what processes that are gone have left in a directory.</summary>
    public static void RemoveLeft(string above)
    {
        var error = Libc.OpenDirectory(Encoding.UTF8.GetBytes(above + '\0'), out var directory);
        using (directory)
        {
            foreach (var name in error == 0 ? StoreDirectory.Names(directory).Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal)) : [])
            {
                RemoveIfLeft(directory, name);
            }
        }
    }

    /// <summary>A directory in it, which is there then.</summary>
    public string Below(string name) => Directory.CreateDirectory($"{Path}/{name}").FullName;

    /// <summary>The path is that of something in it.</summary>
    public bool Contains(string path) => path.StartsWith(Path + "/", StringComparison.Ordinal);

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        finally
        {
            _lock.Dispose();
        }
    }

    // Anybody may put something of that name where everybody may write: only a directory of this user, which is no link, is its own. One that was made a
    // moment ago is about to be locked.
    private static void RemoveIfLeft(SafeFileHandle above, string name)
    {
        var error = Libc.OpenAt(above, Encoding.UTF8.GetBytes(name + '\0'), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.CloseOnExec, out var found);
        using (found)
        {
            if (error == 0 && StoreDirectory.IsPrivate(found) && Libc.TryLock(found) == 0)
            {
                _ = TreeRemoval.Remove(above, Encoding.UTF8.GetBytes(name + '\0'));
            }
        }
    }

    // Null if it is not there any more, or about not to be.
    private static SafeFileHandle? TryLock(string path)
    {
        var error = Libc.OpenDirectoryToList(Encoding.UTF8.GetBytes(path + '\0'), out var held);
        error = error < 0 ? error : Libc.TryLock(held);
        if (error == 0 && Directory.Exists(path))
        {
            return held;
        }

        held.Dispose();
        return error is 0 or -Errno.ENOENT or -Errno.EAGAIN ? null : throw new IOException(Errno.Name(-error));
    }
}
