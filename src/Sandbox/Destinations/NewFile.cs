using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Destinations;

// Without a name (O_TMPFILE, open(2)) nobody can put another file in the place of the one that is written, nor can it be left
// behind half written, by whatever end. Some file systems know no such files (NFS, overlayfs before Linux 6.1): there it has a name that
// nobody can guess, and is locked for as long as its writer lives, so that the next one can tell what was left behind.

/// <summary>A file that is being written to a directory, and appears in it whole or not at all.</summary>
internal sealed class NewFile : IDisposable
{
    private readonly HostDirectory _directory;
    private readonly SafeFileHandle _file;
    private string? _passingName;
    private long _length;
    private bool _endsInHole;

    private NewFile(HostDirectory directory, SafeFileHandle file, string? passingName) => (_directory, _file, _passingName) = (directory, file, passingName);

    /// <summary>The open file.</summary>
    public SafeFileHandle Handle => _file;

    /// <summary>Begins one; 0 or the negated errno.</summary>
    public static int Create(HostDirectory directory, int mode, out NewFile? created)
    {
        created = null;
        var error = Libc.CreateNamelessAt(directory.Handle, mode, out var file);
        if (error == 0)
        {
            created = new(directory, file, null);
            return 0;
        }

        file.Dispose();
        return IsUnknown(-error) ? CreateNamed(directory, mode, out created) : error;
    }

    /// <summary>The same on a file system without files that have no name.</summary>
    internal static int CreateNamed(HostDirectory directory, int mode, out NewFile? created)
    {
        created = null;
        directory.Sweep();
        var name = PassingNames.New();
        var error = Libc.CreateAt(directory.Handle, name, mode, out var file);
        if (error == 0)
        {
            // A file system without locks (ENOLCK) keeps what a killed writer leaves: Sweep takes nothing that it cannot lock.
            _ = Libc.TryLock(file);
            created = new(directory, file, name);
            return 0;
        }

        file.Dispose();
        return error;
    }

    /// <summary>Appends bytes; 0 or the negated errno.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        var error = Libc.WriteAll(_file, bytes);
        if (error < 0)
        {
            return error;
        }

        _length += bytes.Length;
        _endsInHole = false;
        return 0;
    }

    /// <summary>Appends zeros that take no room where the file system knows holes; 0 or the negated errno.</summary>
    public int Skip(long bytes)
    {
        var error = Libc.Skip(_file, bytes);
        if (error < 0)
        {
            return error;
        }

        _length += bytes;
        _endsInHole = true;
        return 0;
    }

    /// <summary>Gives the file its name. What was there before is replaced, a link itself and not what it leads to (rename(2)). 0 or the negated errno.</summary>
    public int Commit(string name)
    {
        if (_endsInHole && Libc.SetLength(_file, _length) is var unfinished && unfinished < 0)
        {
            return unfinished;
        }

        if (_passingName is null)
        {
            var named = Libc.NameAt(_file, _directory.Handle, name);
            if (named != -Errno.EEXIST)
            {
                return named;
            }

            // No call replaces a file by one without a name.
            var passing = PassingNames.New();
            named = Libc.NameAt(_file, _directory.Handle, passing);
            if (named < 0)
            {
                return named;
            }

            _passingName = passing;
        }

        var error = Libc.RenameAt(_directory.Handle, _passingName, _directory.Handle, name);
        if (error < 0)
        {
            return error;
        }

        // Somebody who may write to the directory can have put something else at the passing name, but not made us write to it.
        _passingName = null;

        // With its name it is the user's, whose programs may not open what is locked (.NET's do not).
        _ = Libc.Unlock(_file);
        return _directory.Has(name, _file) ? 0 : -Errno.ESTALE;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_passingName is { } name)
        {
            _ = Libc.UnlinkAt(_directory.Handle, name);
        }

        _file.Dispose();
    }

    // What file systems answer that do not know the flag, or cannot do it (open(2), "O_TMPFILE"; EINVAL: some of FUSE).
    private static bool IsUnknown(int error) => error is Errno.EOPNOTSUPP or Errno.EISDIR or Errno.EINVAL or Errno.ENOSYS;
}
