using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Host;

/// <summary>Tells, without ever waiting for a server, which paths lead to file systems of the kernel's own.</summary>
/// <remarks>
/// openat2(2) with RESOLVE_NO_XDEV (Linux 5.6) leaves the file system it began in by no mount point and no link, and says so before it asks the
/// other one. The root, from which this program was just executed, is taken to answer; the list of mounts is read only for what is not in it.
/// </remarks>
internal sealed class LocalFiles(HostFiles files) : IDisposable
{
    private List<(string Target, bool IsLocal)>? _mounts;
    private SafeFileHandle? _directory;
    private string? _from;

    /// <summary>Of this host.</summary>
    public LocalFiles()
        : this(new HostFiles())
    {
    }

    /// <summary>Nothing on the way to the path, and nothing there, can be waited for; also where there is nothing.</summary>
    public bool Holds(string path)
    {
        // What is behind a descriptor another process cannot look at for us, and what is a device has no server.
        if (Paths.IsAtOrBelow(path, "/proc") || Paths.IsAtOrBelow(path, "/dev"))
        {
            return true;
        }

        if (Stays("/", path))
        {
            return true;
        }

        _mounts ??= Read();
        var around = _mounts.Where(mount => Paths.IsAtOrBelow(path, mount.Target)).ToList();
        return around.TrueForAll(mount => mount.IsLocal) && around.MaxBy(mount => mount.Target.Length).Target is { } inner && Stays(inner, path);
    }

    /// <inheritdoc/>
    public void Dispose() => _directory?.Dispose();

    private bool Stays(string from, string path)
    {
        if (from != _from)
        {
            _directory?.Dispose();
            (_directory, _from) = (null, from);
            if (Libc.OpenDirectory(Encoding.UTF8.GetBytes(from + '\0'), out _directory) < 0)
            {
                return false;
            }
        }

        var rest = path.AsSpan(from.Length).TrimStart('/');
        var error = Libc.OpenAt2(_directory!, Encoding.UTF8.GetBytes($"{(rest.IsEmpty ? "." : rest)}\0"), OpenFlags.Path, OpenHow.NoMountCrossing, out var file);
        file.Dispose();
        return error != -Errno.EXDEV;
    }

    private List<(string Target, bool IsLocal)> Read() =>
        [.. files.Lines("proc/self/mountinfo").Select(MountEntry.Parse).OfType<MountEntry>().Select(mount => (Unescaped(mount.Target), IsLocal(mount.Type)))];

    private static bool IsLocal(string type) => type is
        "bpf" or "btrfs" or "cgroup" or "cgroup2" or "debugfs" or "devpts" or "devtmpfs" or "efivarfs" or "erofs" or "exfat" or "ext2" or "ext3" or "ext4" or "f2fs" or
        "hostfs" or "hugetlbfs" or "iso9660" or "mqueue" or "ntfs3" or "overlay" or "proc" or "pstore" or "ramfs" or "rootfs" or "securityfs" or "squashfs" or "sysfs" or
        "tmpfs" or "tracefs" or "udf" or "vfat" or "xfs" or "zfs";

    // Space, tab, line end and backslash are octal there (proc(5)).
    private static string Unescaped(string path) => !path.Contains('\\') ? path
        : path.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
            .Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}
