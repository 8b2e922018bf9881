using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Destinations;

/// <summary>
/// Files of this user that hold or speed up later jobs. They only ever save time: what is missing or foreign is made again, and a directory that
/// cannot be written is no error.
/// </summary>
/// <remarks>
/// What is in it holds later jobs, so no job may write to it. Jobs of an ordinary user have his id, and <c>~/.cache</c> is bound
/// into builds for their own caches: it is in <c>$XDG_RUNTIME_DIR</c>, whose sockets would be the end of all isolation anyway, or nowhere.
/// </remarks>
internal sealed class OwnCache(string directory)
{
    private const int OwnerReadWrite = 0x180; // 0600
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Where it is.</summary>
    public string Directory => directory;

    /// <summary>The cache of the user who runs the sandbox; null where there is no place for one.</summary>
    public static OwnCache? OfUser() =>
        DirectoryOf(Environment.GetEnvironmentVariable, HostPathWalk.JobsHaveOtherIds) is { } directory ? new OwnCache(directory) : null;

    /// <summary>Where it is in a given environment; null for nowhere.</summary>
    internal static string? DirectoryOf(Func<string, string?> variable, bool jobsHaveOtherIds)
    {
        // The XDG base directory specification: a relative path is to be ignored.
        if (variable("XDG_RUNTIME_DIR") is { } runtime && Path.IsPathRooted(runtime))
        {
            return Path.Join(runtime, "sandbox");
        }

        if (!jobsHaveOtherIds)
        {
            return null;
        }

        if (variable("XDG_CACHE_HOME") is { } cache && Path.IsPathRooted(cache))
        {
            return Path.Join(cache, "sandbox");
        }

        return variable("HOME") is { } home && Path.IsPathRooted(home) ? Path.Join(home, ".cache/sandbox") : null;
    }

    /// <summary>The file of that name, or null.</summary>
    /// <param name="name">A single component.</param>
    /// <param name="most">The largest that is read, in bytes.</param>
    public byte[]? Find(string name, int most)
    {
        using var opened = Open(makes: false);
        if (opened is null)
        {
            return null;
        }

        var error = Libc.OpenToReadAt(opened.Handle, name, out var file);
        using (file)
        {
            return error < 0 ? null : Read(file, most);
        }
    }

    /// <summary>Keeps a file, if that is possible.</summary>
    public void Keep(string name, byte[] content)
    {
        using var opened = Open(makes: true);
        if (opened is null || NewFile.Create(opened, OwnerReadWrite, out var file) < 0)
        {
            return;
        }

        // A read-only or full place: the next job makes it again. Readers see the whole file or none.
        using (file)
        {
            if (file!.Write(content) == 0)
            {
                _ = file.Commit(name);
            }
        }
    }

    private HostDirectory? Open(bool makes)
    {
        if (makes)
        {
            Make();
        }

        if (HostDirectory.Open(directory, makes: false, out var opened, out _) < 0)
        {
            return null;
        }

        if (opened!.IsPrivate)
        {
            return opened;
        }

        opened.Dispose();
        return null;
    }

    private void Make()
    {
        try
        {
            System.IO.Directory.CreateDirectory(directory, OwnerOnly);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // There is none then.
        }
    }

    private static byte[]? Read(SafeFileHandle file, int most)
    {
        if (!SeccompFiles.IsPrivate(file) || Libc.Status(file, out var status) < 0 || status.Size is var length && length > most)
        {
            return null;
        }

        var content = new byte[length];
        return Libc.ReadAt(file, content, 0) == length ? content : null;
    }
}
