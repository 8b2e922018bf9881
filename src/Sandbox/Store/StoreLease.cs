using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Store;

/// <summary>
/// Keeps files in the store for as long as a job runs: a file that names them, locked by the host (flock(2)). The kernel gives
/// the lock up however the host ends, and a lease that nobody locks counts for nothing.
/// </summary>
/// <remarks>One for a job, not a lock for each file: a thousand files would be a thousand descriptors. No job ever sees it.</remarks>
internal sealed class StoreLease : IDisposable
{
    private const string Directory = "leases";
    private const int Private = 0x180; // 0600

    private readonly StoreRoot _root;
    private readonly SafeFileHandle _file;
    private readonly string _name;

    private StoreLease(StoreRoot root, SafeFileHandle file, string name) => (_root, _file, _name) = (root, file, name);

    /// <summary>Takes over <paramref name="root"/>, also if it fails.</summary>
    /// <exception cref="SandboxException">It cannot be written.</exception>
    public static StoreLease Take(StoreRoot root, IReadOnlyList<StoredName> files)
    {
        var name = $"{Guid.NewGuid():n}";
        StoreLease? lease = null;
        try
        {
            using var guard = root.Share();
            var error = Libc.CreateAt(root.Leases, name, Private, out var file);
            lease = new StoreLease(root, file, name);
            if (error == 0)
            {
                error = Libc.TryLock(file);
            }

            if (error == 0)
            {
                error = Libc.WriteAll(file, Text(files));
            }

            return error == 0 ? lease : throw root.Failure("files of the store cannot be reserved", Operation.LeaseStoredFiles, $"{Directory}/{name}", error);
        }
        catch
        {
            lease?.Dispose();
            if (lease is null)
            {
                root.Dispose();
            }

            throw;
        }
    }

    /// <summary>The files that running jobs have; leases of hosts that are gone are removed. The store is the caller's alone.</summary>
    public static HashSet<string> InUse(StoreRoot root)
    {
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in StoreDirectory.Names(root.Leases))
        {
            if (Libc.OpenToReadAt(root.Leases, name, out var file) < 0)
            {
                continue;
            }

            using (file)
            {
                if (Libc.TryLock(file) == 0)
                {
                    _ = Libc.UnlinkAt(root.Leases, name);
                }
                else
                {
                    used.UnionWith(Read(file).Split('\n', StringSplitOptions.RemoveEmptyEntries));
                }
            }
        }

        return used;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_file.IsClosed)
        {
            return;
        }

        _ = Libc.UnlinkAt(_root.Leases, _name);
        _file.Dispose();
        _root.Dispose();
    }

    private static byte[] Text(IReadOnlyList<StoredName> files)
    {
        var text = new StringBuilder();
        foreach (var file in files)
        {
            text.Append(file.Sha256).Append('\n');
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }

    private static string Read(SafeFileHandle file)
    {
        _ = Libc.Status(file, out var status);
        var bytes = new byte[status.Size];
        var filled = 0;
        while (filled < bytes.Length && Libc.Read(file, bytes.AsSpan(filled)) is var count and > 0)
        {
            filled += count;
        }

        return Encoding.ASCII.GetString(bytes, 0, filled);
    }
}
