using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Store;

/// <summary>
/// The opened directory of the store of files, and who may change what in it when: whoever adds something or begins to use it
/// shares the lock, whoever takes something away has it alone. Nobody holds it for longer than a few calls.
/// </summary>
/// <remarks>
/// <c>objects</c> has the files, named by their SHA-256: all that a job ever sees of it. Beside it are <c>marks</c> (what was verified and when it was
/// last used), <c>leases</c> (what running jobs use), <c>incoming</c> (what is being put), <c>damaged</c> and <c>trash</c>.
/// </remarks>
internal sealed class StoreRoot : IDisposable
{
    private const string Directory = "files";
    private const string LockFile = "lock";

    private static readonly string[] s_directories = ["objects", "marks", "leases", "incoming", "damaged", "trash"];

    private readonly SafeFileHandle[] _directories;

    private StoreRoot(string path, SafeFileHandle handle, SafeFileHandle[] directories) => (Path, Handle, _directories) = (path, handle, directories);

    /// <summary>Absolute path.</summary>
    public string Path { get; }

    /// <summary>The directory itself.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Its directories, opened once and without following a link: names in them are of one component, so that nothing leads out of the store.</summary>
    public SafeFileHandle Objects => _directories[0];

    /// <inheritdoc cref="Objects"/>
    public SafeFileHandle Marks => _directories[1];

    /// <inheritdoc cref="Objects"/>
    public SafeFileHandle Leases => _directories[2];

    /// <inheritdoc cref="Objects"/>
    public SafeFileHandle Incoming => _directories[3];

    /// <inheritdoc cref="Objects"/>
    public SafeFileHandle Damaged => _directories[4];

    /// <inheritdoc cref="Objects"/>
    public SafeFileHandle Trash => _directories[5];

    /// <summary>Where the files are on the host.</summary>
    public static string ObjectsOf(string store) => $"{store.TrimEnd('/')}/{Directory}/objects";

    /// <summary>Opens it; makes it if it is missing.</summary>
    /// <exception cref="SandboxException">It cannot be made or opened.</exception>
    public static StoreRoot Create(string store)
    {
        using var directory = StoreLocation.Create(store);
        Make(directory, Directory, store);
        using (var files = OpenDirectory(directory, Directory, store))
        {
            foreach (var name in s_directories)
            {
                Make(files, name, $"{store.TrimEnd('/')}/{Directory}");
            }
        }

        return Open(directory, store);
    }

    /// <summary>Opens it; null if it is not there.</summary>
    /// <exception cref="SandboxException">It cannot be opened.</exception>
    public static StoreRoot? Find(string store)
    {
        using var directory = StoreLocation.Open(store);
        return directory is null || Libc.StatusIn(directory, Directory + "/trash", out _) < 0 ? null : Open(directory, store);
    }

    /// <summary>To add, or to begin to use: nothing is taken away until it is disposed of.</summary>
    public StoreLock Share() => Lock(Libc.LockTogether);

    /// <summary>To take away: nobody adds or begins to use anything until it is disposed of.</summary>
    public StoreLock Own() => Lock(Libc.LockAlone);

    /// <summary>A failure of a call on a name in the store.</summary>
    public SandboxException Failure(string message, Operation operation, string name, int error) =>
        new(message) { Operation = operation, Path = $"{Path}/{name}", Errno = Errno.Name(-error) };

    /// <inheritdoc/>
    public void Dispose()
    {
        Handle.Dispose();
        foreach (var directory in _directories)
        {
            directory.Dispose();
        }
    }

    private StoreLock Lock(Func<SafeFileHandle, int> take)
    {
        var error = StoreLock.Take(Handle, LockFile, take, out var taken);
        return taken ?? throw Failure("the store cannot be locked", Operation.LockStore, LockFile, error);
    }

    private static StoreRoot Open(SafeFileHandle directory, string store)
    {
        var path = $"{store.TrimEnd('/')}/{Directory}";
        var handle = OpenDirectory(directory, Directory, store);
        var directories = new List<SafeFileHandle>(s_directories.Length);
        try
        {
            foreach (var name in s_directories)
            {
                directories.Add(OpenDirectory(handle, name, path));
            }

            return new StoreRoot(path, handle, [.. directories]);
        }
        catch
        {
            handle.Dispose();
            directories.ForEach(opened => opened.Dispose());
            throw;
        }
    }

    private static SafeFileHandle OpenDirectory(SafeFileHandle above, string name, string path)
    {
        var error = StoreDirectory.Open(above, name, out var directory);
        if (error == 0)
        {
            return directory;
        }

        directory.Dispose();
        throw new SandboxException("a directory of the store cannot be opened, or is not this user's alone")
        {
            Operation = error == -Errno.EPERM ? Operation.ShareStore : Operation.OpenStore,
            Path = $"{path.TrimEnd('/')}/{name}",
            Errno = Errno.Name(-error),
        };
    }

    // Jobs of real root read as an id of their own, so the umask must not close the directory; nobody else can come to it
    // through the directory above.
    private static void Make(SafeFileHandle directory, string name, string path)
    {
        var text = System.Text.Encoding.UTF8.GetBytes(name + '\0');
        var error = Libc.MakeDirectoryAt(directory, text);
        if (error == -Errno.EEXIST)
        {
            return;
        }

        if (error == 0)
        {
            error = Libc.OpenAt(directory, text, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, out var made) is var opened and < 0 ? opened : Opened(made);
        }

        if (error < 0)
        {
            throw NotMade($"{path}/{name}", error);
        }
    }

    private static int Opened(SafeFileHandle directory)
    {
        using (directory)
        {
            return Libc.ChangeMode(directory, 0x1ed);
        }
    }

    private static SandboxException NotMade(string path, int error) =>
        new("a directory of the store cannot be made") { Operation = Operation.OpenStore, Path = path, Errno = Errno.Name(-error) };
}
