using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Store;

/// <summary>
/// The opened directory of volumes, and who may change what in it when: whoever begins to use one shares the lock, whoever makes or removes one has it
/// alone. Nobody holds it for longer than a few calls.
/// </summary>
/// <remarks>
/// <c>named</c> has a directory for each volume, with <c>data</c> in it: all that a job ever sees, and what it may do anything to. No path below <c>data</c>
/// is ever looked up by who uses a volume. <c>trash</c> has what is being removed.
/// </remarks>
internal sealed class VolumesRoot : IDisposable
{
    /// <summary>The name of the directory in the store.</summary>
    public const string Directory = "volumes";

    private const string LockFile = "lock";
    private const string NamedDirectory = "named";
    private const string TrashDirectory = "trash";

    private VolumesRoot(string path, SafeFileHandle handle, SafeFileHandle named, SafeFileHandle trash) => (Path, Handle, Named, Trash) = (path, handle, named, trash);

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>The directory itself.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>The volumes.</summary>
    public SafeFileHandle Named { get; }

    /// <summary>What is being removed.</summary>
    public SafeFileHandle Trash { get; }

    /// <summary>Opens it; makes it if it is missing.</summary>
    /// <exception cref="SandboxException">It cannot be made or opened.</exception>
    public static VolumesRoot Create(string store)
    {
        using var directory = StoreLocation.Create(store);
        var path = PathIn(store);
        Check(Libc.MakePrivateDirectoryAt(directory, Bytes(Directory)), path, "the directory of volumes cannot be made");
        using (var volumes = OpenPrivate(directory, Directory, path))
        {
            Check(Libc.MakePrivateDirectoryAt(volumes, Bytes(NamedDirectory)), $"{path}/{NamedDirectory}", "the directory of volumes cannot be made");
            Check(Libc.MakePrivateDirectoryAt(volumes, Bytes(TrashDirectory)), $"{path}/{TrashDirectory}", "the directory of volumes cannot be made");
        }

        return Open(directory, path);
    }

    /// <summary>Opens it; null if it is not there.</summary>
    /// <exception cref="SandboxException">It cannot be opened.</exception>
    public static VolumesRoot? Find(string store)
    {
        using var directory = StoreLocation.Open(store);
        return directory is null || Libc.StatusIn(directory, $"{Directory}/{TrashDirectory}", out _) < 0 ? null : Open(directory, PathIn(store));
    }

    /// <summary>Where it is in a store.</summary>
    public static string PathIn(string store) => $"{store.TrimEnd('/')}/{Directory}";

    /// <summary>The path of what a job sees of a volume.</summary>
    public string DataOf(string name) => DataIn(Path, name);

    /// <summary>The same in a directory of volumes.</summary>
    public static string DataIn(string path, string name) => $"{path}/{NamedDirectory}/{name}/{StoredVolumes.Data}";

    /// <summary>To begin to use: nothing is made or removed until it is disposed of.</summary>
    public StoreLock Share() => Lock(Libc.LockTogether);

    /// <summary>To make or remove: nobody else does, or begins to use anything, until it is disposed of.</summary>
    public StoreLock Own() => Lock(Libc.LockAlone);

    /// <summary>A failure about one volume.</summary>
    public SandboxException Failure(string message, Operation operation, string name, int error) =>
        new(message) { Operation = operation, Path = $"{Path}/{NamedDirectory}/{name}", Errno = Errno.Name(-error) };

    /// <inheritdoc/>
    public void Dispose()
    {
        Handle.Dispose();
        Named.Dispose();
        Trash.Dispose();
    }

    private static VolumesRoot Open(SafeFileHandle directory, string path)
    {
        var handle = OpenPrivate(directory, Directory, path);
        try
        {
            var named = OpenPrivate(handle, NamedDirectory, $"{path}/{NamedDirectory}");
            try
            {
                return new(path, handle, named, OpenPrivate(handle, TrashDirectory, $"{path}/{TrashDirectory}"));
            }
            catch
            {
                named.Dispose();
                throw;
            }
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private StoreLock Lock(Func<SafeFileHandle, int> take)
    {
        var error = StoreLock.Take(Handle, LockFile, take, out var taken);
        return taken ?? throw new SandboxException("the volumes cannot be locked") { Operation = Operation.OpenVolumes, Path = $"{Path}/{LockFile}", Errno = Errno.Name(-error) };
    }

    // Nobody else may even enter it: programs that a job makes set-user-ID in a volume are inert in jobs only.
    private static SafeFileHandle OpenPrivate(SafeFileHandle above, string name, string path)
    {
        var error = StoreDirectory.Open(above, name, out var directory);
        if (error == 0 && Libc.Status(directory, out var status) == 0 && (status.Permissions & 0x3f) != 0)
        {
            error = -Errno.EPERM;
        }

        if (error == 0)
        {
            return directory;
        }

        directory.Dispose();
        throw new SandboxException("a directory of volumes cannot be opened, or others may enter it") { Operation = Operation.OpenVolumes, Path = path, Errno = Errno.Name(-error) };
    }

    private static void Check(int error, string path, string message)
    {
        if (error is < 0 and not -Errno.EEXIST)
        {
            throw new SandboxException(message) { Operation = Operation.OpenVolumes, Path = path, Errno = Errno.Name(-error) };
        }
    }

    private static byte[] Bytes(string name) => Encoding.UTF8.GetBytes(name + '\0');
}
