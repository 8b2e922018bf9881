using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution;

// The user's folder is opened by the host's rules; from there on every name may be the job's, and what lies there may be
// anybody's link: folders are entered one by one without following any (openat2(2)), and the file is made anew.

/// <summary>A file being written on the host under a passing name, next to where it will be.</summary>
internal sealed class OutputDestination : IDisposable
{
    private const ulong Resolve = OpenHow.Beneath | OpenHow.NoSymlinks | OpenHow.NoMagicLinks;
    private const int Eexist = 17;
    private const int Enotdir = 20;
    private const int Eisdir = 21;
    private const int Enametoolong = 36;
    private const int Eloop = 40;

    private static long s_serial;

    private readonly OutputPlace _place;
    private readonly SafeFileHandle _folder;
    private readonly byte[] _temporary;
    private readonly SafeFileHandle _file;
    private long _length;
    private bool _endsInHole;
    private bool _isCommitted;

    private OutputDestination(OutputPlace place, SafeFileHandle folder, byte[] temporary, SafeFileHandle file) =>
        (_place, _folder, _temporary, _file) = (place, folder, temporary, file);

    /// <summary>Creates the passing file, and its folders where they are missing. Null, or why the job's name for it cannot be had.</summary>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public static string? Create(OutputPlace place, int mode, out OutputDestination? destination)
    {
        destination = null;
        MakeFolders(place);
        if (Libc.OpenFolder(Bytes(place.Folder), out var folder) is var error && error < 0)
            throw Failure("open the folder of the output file", place.Folder, -error, place);
        if (Descend(place, ref folder) is { } refusal)
        {
            folder.Dispose();
            return refusal;
        }

        while (true)
        {
            // Not made of the job's file name: that may already be as long as a name can be.
            var temporary = Bytes($".sandbox-{Environment.ProcessId}-{Interlocked.Increment(ref s_serial)}.part");
            error = Libc.CreateNewAt(folder, temporary, mode, out var file);
            if (error == 0)
            {
                destination = new(place, folder, temporary, file);
                return null;
            }

            if (error == -Eexist)
                continue;

            folder.Dispose();
            throw Failure("create the output file", place.Path, -error, place);
        }
    }

    /// <summary>Appends bytes.</summary>
    /// <exception cref="SandboxException">The host refuses, for instance for want of space.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (Libc.WriteAll(_file, bytes) is var error && error < 0)
            throw Failure("write the output file", _place.Path, -error, _place);

        _length += bytes.Length;
        _endsInHole = false;
    }

    /// <summary>Appends zeros that take no room where the file system knows holes.</summary>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public void Skip(long bytes)
    {
        if (Libc.Skip(_file, bytes) is var error && error < 0)
            throw Failure("write the output file", _place.Path, -error, _place);

        _length += bytes;
        _endsInHole = true;
    }

    /// <summary>Gives the file its name; one that was there before is replaced (rename(2)). Null, or why the job's name cannot be had.</summary>
    /// <exception cref="SandboxException">The host refuses.</exception>
    public string? Commit()
    {
        if (_endsInHole && Libc.SetLength(_file, _length) is var failed && failed < 0)
            throw Failure("write the output file", _place.Path, -failed, _place);

        var error = -Libc.RenameAt(_folder, _temporary, Bytes(_place.Below[(_place.Below.LastIndexOf('/') + 1)..]));
        if (error != 0)
            return Refusal(_place, error) ?? throw Failure("rename the output file", _place.Path, error, _place);

        _isCommitted = true;
        return null;
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_isCommitted)
            Libc.UnlinkAt(_folder, _temporary);
        _folder.Dispose();
    }

    private static void MakeFolders(OutputPlace place)
    {
        var folder = place.Folder;
        for (var end = folder.IndexOf('/', 1); end > 0; end = folder.IndexOf('/', end + 1))
        {
            if (Libc.MakeDirectory(Bytes(folder[..end])) is var error && error is < 0 and not -Eexist && !Directory.Exists(folder[..end]))
                throw Failure("create the folder of the output file", folder[..end], -error, place);
        }
    }

    private static string? Descend(OutputPlace place, ref SafeFileHandle folder)
    {
        for (int start = 0, end; (end = place.Below.IndexOf('/', start)) >= 0; start = end + 1)
        {
            var name = Bytes(place.Below[start..end]);
            var error = -Libc.MakeDirectoryAt(folder, name);
            SafeFileHandle? next = null;
            if (error is 0 or Eexist)
                error = -Libc.OpenAt2(folder, name, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow, Resolve, out next);
            if (error != 0)
            {
                next?.Dispose();
                return Refusal(place, error) ?? throw Failure("create the folder of the output file", place.Folder + place.Below[..end], error, place);
            }

            folder.Dispose();
            folder = next!;
        }

        return null;
    }

    // What is in the way of a name that the job chose is no failure of the sandbox: the job could bring it about at will.
    private static string? Refusal(OutputPlace place, int error) => !place.IsOfJob ? null : error switch
    {
        Eloop or Enotdir => $"on the way to {place.Path} there is a file or a symbolic link on the host",
        Eisdir => $"{place.Path} is a folder on the host",
        Enametoolong => $"{place.Path} is too long for the host",
        _ => null,
    };

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path + '\0');

    private static SandboxException Failure(string step, string path, int errno, OutputPlace place) =>
        new($"cannot {step} {path}: {Errno.Name(errno)}")
        {
            Phase = "collect",
            Step = step,
            Path = path,
            Errno = Errno.Name(errno),
            Pointer = place.Pointer + "/to",
        };
}
