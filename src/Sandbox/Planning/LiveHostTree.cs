using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Planning;

/// <summary>The host itself. Calls go straight to the kernel: File and Directory cost more than the whole plan at a cold start.</summary>
internal sealed class LiveHostTree : HostTree
{
    // A FIFO must not block, nor a device be opened for good.
    private const int ReadFlags = OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal;
    private const ulong ReadRules = OpenHow.Beneath | OpenHow.NoSymlinks | OpenHow.NoMagicLinks;

    public override HostEntryKind Kind(string path)
    {
        HostWatch.At(path);
        return Libc.LookAt(path, follow: false, out _);
    }

    public override HostEntryKind Resolved(string path)
    {
        HostWatch.At(path);
        return Libc.LookAt(path, follow: true, out _);
    }

    public override string? RealPath(string path)
    {
        HostWatch.At(path);
        return Libc.RealPath(path);
    }

    public override (ulong Device, ulong Inode)? Identity(string path)
    {
        HostWatch.At(path);
        return Libc.StatusOf(path, out var status) == 0 ? (status.Device, status.Inode) : null;
    }

    public override string? LinkTarget(string path)
    {
        HostWatch.At(path);
        return Libc.LinkText(path);
    }

    public override IReadOnlyList<HostEntry> Children(string directory)
    {
        HostWatch.At(directory);
        var entries = Libc.ListDirectory(directory);
        for (var index = 0; index < entries.Count; index++)
        {
            // Some file systems do not tell the type along with the name (readdir(3), DT_UNKNOWN).
            if (entries[index] is { Kind: HostEntryKind.Hidden, Name: var name })
            {
                entries[index] = new HostEntry(name, Kind(directory.TrimEnd('/') + "/" + name));
            }
        }

        entries.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
        return entries;
    }

    public override long Size(string path)
    {
        HostWatch.At(path);
        _ = Libc.LookAt(path, follow: true, out var size);
        return size;
    }

    public override bool ShowsControlGroups(string path)
    {
        HostWatch.At(path);
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

    public override bool HasMountsBelow(string directory)
    {
        var files = new HostFiles();
        return files.RealPath(directory) is { } real && files.Lines("proc/self/mountinfo").Select(MountEntry.Parse).Any(mount =>
            mount is not null && mount.Target != real && Paths.IsAtOrBelow(mount.Target, real));
    }

    public override ReadOnlyMemory<byte> Content(string path, string origin)
    {
        var error = SourceFile.Open(path, out var file, out var status);
        using (file)
        {
            if (error == 0 && status.Kind != FileKind.Regular)
            {
                throw Unreadable(path, origin, status.Kind == FileKind.Directory ? "EISDIR" : "EINVAL", $"it is not a regular file ({SourceFile.KindOf(status.Kind)})");
            }

            var bytes = Array.Empty<byte>();
            if (error == 0)
            {
                error = Read(file, status.Size, out bytes);
            }

            return error == 0 ? bytes : throw Unreadable(path, origin, Errno.Name(-error), "the caller may not read it, or it is too large");
        }
    }

    // The framework's File locks and looks at a file four times; a job may have a thousand of them.
    private static int Read(SafeFileHandle file, long size, out byte[] bytes)
    {
        bytes = [];
        if (size > PlanWriter.MaxBytes)
        {
            return -Errno.EFBIG;
        }

        bytes = new byte[size];
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

    public override byte[]? ReadBeneath(string directory, string path)
    {
        HostWatch.At(directory);
        if (Libc.OpenDirectory(Encoding.UTF8.GetBytes(directory + '\0'), out var root) < 0)
        {
            return null;
        }

        using (root)
        {
            if (Libc.OpenAt2(root, Encoding.UTF8.GetBytes(path.TrimStart('/') + '\0'), ReadFlags, ReadRules, out var file) < 0)
            {
                return null;
            }

            using (file)
            {
                return Libc.Status(file, out var status) == 0 && status.Kind == FileKind.Regular && status.Size <= MaxBytesBeneath
                    ? Libc.ReadWhole(file, (int)status.Size)
                    : null;
            }
        }
    }

    private static SandboxException Unreadable(string path, string origin, string errno, string why) =>
        new($"cannot read {Words.Quote(path)}: {(errno == "ENOENT" ? "there is no such file" : why)}")
        {
            Operation = Operation.ReadMount,
            Subject = Words.Quote(path),
            Path = path,
            Errno = errno,
            Pointer = origin,
        };
}
