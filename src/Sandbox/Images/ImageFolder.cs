using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Images;

// images/
//   layers/DIFFID/tree        a layer as overlayfs wants it      DIFFID/facts   what is known about it
//   configs/DIGEST            an image: its config; its time is that of the last use; a running job holds a shared lock
//   names.json                names of images                    sources/…      which file on the host is which image
//   passing/                  what is being made or removed      locks/         who is making it

/// <summary>The folder of an image store on the host, and how files in it change: whole, or not at all.</summary>
internal sealed class ImageFolder(string path)
{
    private const int WritableByOthers = 0x12; // 0022

    private static long s_serial;

    /// <summary>Absolute path.</summary>
    public string Path => path;

    public string Layers => path + "/layers";

    public string Configs => path + "/configs";

    public string Sources => path + "/sources";

    public string Passing => path + "/passing";

    public string Locks => path + "/locks";

    public string Names => path + "/names.json";

    /// <summary>Makes what is missing.</summary>
    /// <exception cref="SandboxException">The host refuses, or somebody else may write there.</exception>
    public void Make()
    {
        for (var end = path.IndexOf('/', 1); end > 0; end = path.IndexOf('/', end + 1))
            MakeOne(path[..end]);

        Check();
        foreach (var folder in (ReadOnlySpan<string>)[path, Layers, Configs, Sources, Passing, Locks])
            MakeOne(folder);

        Check();
    }

    /// <summary>
    /// It is there. Throws if it is, but is not the caller's alone: others could have put anything into it. Who may write to the folder above could
    /// put a link to any other folder of the caller's in its place, and have it filled and cleaned.
    /// </summary>
    /// <exception cref="SandboxException">Somebody else may write there.</exception>
    public bool Check() =>
        // The folder of locks is made last: without it the store is being made at this moment, or who made it was killed.
        IsPrivate(System.IO.Path.GetDirectoryName(path)!) && IsPrivate(path) && Libc.StatusOf(Locks, out _) == 0;

    /// <summary>A name that nothing in the store has.</summary>
    public static string PassingName(string what) => $"{what}-{Environment.ProcessId}-{Interlocked.Increment(ref s_serial)}";

    /// <summary>Opens one of the folders to work in.</summary>
    public static SafeFileHandle Open(string folder)
    {
        var error = Libc.OpenFolderToList(Bytes(folder), out var handle);
        return error == 0 ? handle : throw StoreFailure.Of("a folder of the image store cannot be opened", folder, -error);
    }

    /// <summary>The names in one of the folders; none if it is not there.</summary>
    public static IReadOnlyList<string> List(string folder) => Libc.ListFolder(folder).Select(entry => entry.Name).ToArray();

    /// <summary>A small file, or null if it is not there.</summary>
    public static byte[]? Read(string file)
    {
        var error = Libc.OpenForReading(Bytes(file), out var handle);
        using (handle)
        {
            if (error == -Errno.ENOENT)
                return null;

            var status = default(FileStatus);
            if (error == 0)
                error = Libc.Status(handle, out status);
            return error < 0 ? throw StoreFailure.Of("a file of the image store cannot be read", file, -error) : ReadAll(handle, status.Size, file);
        }
    }

    /// <summary>
    /// Puts a small file in its place in one step, and on the disk: the power may fail at any moment. Under the lock of the
    /// store, or what is written might be taken for a leftover.
    /// </summary>
    public void Write(string file, ReadOnlySpan<byte> bytes)
    {
        var temporary = $"{Passing}/{PassingName("file")}";
        var error = Libc.CreateNew(Bytes(temporary), 0x180, out var handle);
        using (handle)
        {
            if (error == 0)
                error = Libc.WriteAll(handle, bytes);
            if (error == 0)
                error = Libc.Sync(handle);
            if (error == 0)
                error = Libc.Rename(Bytes(temporary), Bytes(file));
        }

        if (error == 0)
            return;

        Libc.Unlink(Bytes(temporary));
        throw StoreFailure.Of("a file of the image store cannot be written", file, -error);
    }

    /// <summary>Removes a file, if it is there.</summary>
    public static void Remove(string file)
    {
        if (Libc.Unlink(Bytes(file)) is var error && error is < 0 and not -Errno.ENOENT)
            throw StoreFailure.Of("a file of the image store cannot be removed", file, -error);
    }

    /// <summary>A path for system calls.</summary>
    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text + '\0');

    private static bool IsPrivate(string folder)
    {
        var error = Libc.StatusOf(folder, out var status);
        if (error == -Errno.ENOENT)
            return false;
        if (error < 0)
            throw StoreFailure.Of("the image store cannot be opened", folder, -error);
        if (status.Owner != Libc.EffectiveUid() || (status.Mode & WritableByOthers) != 0)
            throw StoreFailure.Of("the image store belongs to, or can be written by, somebody else",
                folder, Errno.EPERM,
                "chmod go-w it, or name another folder by SANDBOX_STORE");

        return true;
    }

    private static byte[] ReadAll(SafeFileHandle handle, long size, string file)
    {
        const int largest = 16 << 20;
        var bytes = new byte[Math.Clamp(size, 0, largest)];
        for (var filled = 0; filled < bytes.Length;)
        {
            var count = Libc.Read(handle, bytes.AsSpan(filled));
            if (count < 0)
                throw StoreFailure.Of("a file of the image store cannot be read", file, -count);
            if (count == 0)
                return bytes[..filled];

            filled += count;
        }

        return bytes;
    }

    private static void MakeOne(string folder)
    {
        var error = Libc.StatusOf(folder, out _);
        if (error == -Errno.ENOENT)
            error = Libc.MakePrivateDirectory(Bytes(folder));
        if (error is < 0 and not -Errno.EEXIST)
            throw StoreFailure.Of("the image store cannot be made", folder, -error);
    }
}
