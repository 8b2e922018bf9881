using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;

namespace Sandbox.Planning;

/// <summary>The host itself. Calls go straight to the kernel: File and Directory cost more than the whole plan at a cold start.</summary>
internal sealed class LiveHostTree : HostTree
{
    // A FIFO must not block, nor a device be opened for good.
    private const int ReadFlags = OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal;
    private const ulong ReadRules = OpenHow.Beneath | OpenHow.NoSymlinks | OpenHow.NoMagicLinks;

    public override HostEntryKind Kind(string path) => Libc.LookAt(path, follow: false, out _);

    public override HostEntryKind Resolved(string path) => Libc.LookAt(path, follow: true, out _);

    public override string? LinkTarget(string path) => Libc.LinkText(path);

    public override IReadOnlyList<HostEntry> Children(string folder)
    {
        var entries = Libc.ListFolder(folder);
        for (var index = 0; index < entries.Count; index++)
        {
            // Some file systems do not tell the type along with the name (readdir(3), DT_UNKNOWN).
            if (entries[index] is { Kind: HostEntryKind.Hidden, Name: var name })
            {
                entries[index] = new HostEntry(name, Kind(folder.TrimEnd('/') + "/" + name));
            }
        }

        entries.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return entries;
    }

    public override long Size(string path)
    {
        _ = Libc.LookAt(path, follow: true, out var size);
        return size;
    }

    public override bool ShowsControlGroups(string path)
    {
        var files = new HostFiles();
        return files.RealPath(path) is { } real && files.Lines("proc/self/mountinfo").Select(MountEntry.Parse).Any(mount =>
            mount is { Type: "cgroup" or "cgroup2" } && (Paths.IsAtOrBelow(mount.Target, real) || Paths.IsAtOrBelow(real, mount.Target)));
    }

    public override bool IsPublic(string path)
    {
        const int othersRead = 4;
        return Libc.StatusOf(path, out var status) == 0 && (status.Mode & othersRead) != 0 &&
            Libc.StatusOf("/", out var root) == 0 && status.Owner == root.Owner;
    }

    public override bool HasMountsBelow(string folder)
    {
        var files = new HostFiles();
        return files.RealPath(folder) is { } real && files.Lines("proc/self/mountinfo").Select(MountEntry.Parse).Any(mount =>
            mount is not null && mount.Target != real && Paths.IsAtOrBelow(mount.Target, real));
    }

    public override ReadOnlyMemory<byte> Content(string path, string origin)
    {
        // A FIFO would block for ever, a device never end.
        var kind = Resolved(path);
        if (kind != HostEntryKind.File)
        {
            throw Unreadable(path, origin, ErrnoOf(kind));
        }

        var error = Libc.OpenForReading(Encoding.UTF8.GetBytes(path + '\0'), out var file);
        using (file)
        {
            var bytes = Array.Empty<byte>();
            if (error == 0)
            {
                error = Read(file, out bytes);
            }

            return error == 0 ? bytes : throw Unreadable(path, origin, Errno.Name(-error));
        }
    }

    // The framework's File locks and looks at a file four times; a job may have a thousand of them.
    private static int Read(SafeFileHandle file, out byte[] bytes)
    {
        bytes = [];
        var error = Libc.Status(file, out var status);
        if (error < 0 || status.Size > PlanWriter.MostBytes)
        {
            return error < 0 ? error : -Errno.EFBIG;
        }

        bytes = new byte[status.Size];
        var filled = 0;
        while (filled < bytes.Length)
        {
            var count = Libc.Read(file, bytes.AsSpan(filled));
            if (count < 0)
            {
                return count;
            }

            if (count == 0)
            {
                // It has just become shorter.
                bytes = bytes[..filled];
            }

            filled += count;
        }

        return 0;
    }

    public override byte[]? ReadBeneath(string folder, string path)
    {
        if (Libc.OpenFolder(Encoding.UTF8.GetBytes(folder + '\0'), out var root) < 0)
            return null;

        using (root)
        {
            if (Libc.OpenAt2(root, Encoding.UTF8.GetBytes(path.TrimStart('/') + '\0'), ReadFlags, ReadRules, out var file) < 0)
                return null;

            using (file)
                return Libc.Status(file, out var status) == 0 && status.Kind == FileKind.Regular && status.Size <= MostBytesBeneath
                    ? Libc.ReadWhole(file, (int)status.Size)
                    : null;
        }
    }

    private static string ErrnoOf(HostEntryKind kind) => kind switch
    {
        HostEntryKind.Missing => "ENOENT",
        HostEntryKind.Hidden => "EACCES",
        HostEntryKind.Folder => "EISDIR",
        _ => "EINVAL",
    };

    private static SandboxException Unreadable(string path, string origin, string errno) =>
        new($"cannot read {Words.Quote(path)}: it is no regular file that the caller may read")
        {
            Phase = "prepare",
            Step = $"read {Words.Quote(path)}",
            Path = path,
            Errno = errno,
            Pointer = origin,
        };
}
