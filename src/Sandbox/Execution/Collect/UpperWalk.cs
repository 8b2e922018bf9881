using System.Text;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Storage;

namespace Sandbox.Execution.Collect;

// The upper side is full of what a hostile job left, and is read as such (UntrustedTree). What has a path inside the sandbox that is longer than a
// path can be (PATH_MAX) is not entered, and said to be.

/// <summary>Finds what differs between the upper side of an overlay and what lies below it.</summary>
internal sealed class UpperWalk(OverlayUpper upper, SafeFileHandle root, MergedTree lower, DiffReport report)
{
    private const int LongestPath = 4095;

    private readonly UntrustedTree _tree = new(root, TreeScope.OneMount, report.Names);
    private readonly ContentComparison _comparison = new(report.Comparisons);

    /// <summary>Reports every difference, folder by folder in the order of their names.</summary>
    public void Run()
    {
        _ = Libc.Status(root, out var status);
        var folder = new DiffFolder { Parent = null, Name = upper.Target, Status = status, Layers = lower.All };
        folder.Enter();
        if (status.Permissions != upper.Mode)
        {
            folder.IsArchived = true;
            report.AddFolder(null, folder.Inside, status, DiffChange.Changed);
        }

        UntrustedTree.Walk(folder, Visit);
    }

    private List<DiffFolder> Visit(DiffFolder folder)
    {
        if (report.IsTruncated)
        {
            return [];
        }

        folder.Enter();
        var error = _tree.OpenDirectory(folder.Below, out var handle);
        using (handle)
        {
            if (error < 0)
            {
                report.Fail(folder.Inside, $"cannot be looked into ({Errno.Name(-error)})");
                return [];
            }

            using var below = lower.Open(folder.Below, folder.Layers);
            if (!folder.IsReplaced && below.Layers > 0 && Libc.IsOpaque(handle))
            {
                folder.IsReplaced = true;
                report.AddOpaque(folder);
            }

            return Compare(folder, handle, below);
        }
    }

    private List<DiffFolder> Compare(DiffFolder folder, SafeFileHandle handle, MergedDirectory below)
    {
        var own = Names(folder, handle);
        var names = new HashSet<string>(own, StringComparer.Ordinal);
        if (folder.IsReplaced && below.AddNames(_tree, names) is { } problem)
        {
            report.Fail(folder.Inside, problem);
        }

        if (report.Names.IsExceeded)
        {
            report.Truncate(folder.Inside, $"more than {DiffReport.MostNames} files to look at");
        }

        var entered = new List<DiffFolder>();
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            if (report.IsTruncated)
            {
                return [];
            }

            if (folder.LengthOf(name) > LongestPath)
            {
                report.Fail(folder.Inside, $"something in it has a path longer than {LongestPath} bytes");
            }
            else if (!own.Contains(name))
            {
                AddDeleted(folder, name, below.Look(Encoding.UTF8.GetBytes(name + '\0')));
            }
            else if (Take(folder, handle, below, name) is { } inner)
            {
                entered.Add(inner);
            }
        }

        return entered;
    }

    private HashSet<string> Names(DiffFolder folder, SafeFileHandle handle)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (_tree.List(handle, Add) is var error && error < 0)
        {
            report.Fail(folder.Inside, $"cannot be looked into ({Errno.Name(-error)})");
        }

        return names;

        void Add(ReadOnlySpan<byte> name)
        {
            if (Utf8.IsValid(name))
            {
                names.Add(Encoding.UTF8.GetString(name));
            }
            else
            {
                report.Fail(folder.InsideOf(Encoding.UTF8.GetString(name)), "its name is not UTF-8");
            }
        }
    }

    // A folder that is to be looked into, or null.
    private DiffFolder? Take(DiffFolder folder, SafeFileHandle handle, MergedDirectory below, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name + '\0');
        if (Libc.LinkStatusAt(handle, bytes, out var status) is var error && error < 0)
        {
            report.Fail(folder.InsideOf(name), $"cannot be looked at ({Errno.Name(-error)})");
            return null;
        }

        var was = below.Look(bytes);
        if (was.Error != 0)
        {
            var problem = was.Error == Errno.EXDEV ? "something is mounted there on the host" : $"the host's file cannot be looked at ({Errno.Name(was.Error)})";
            report.Fail(folder.InsideOf(name), $"cannot be compared: {problem}");
        }

        if (status.IsWhiteout)
        {
            AddDeleted(folder, name, was);
            return null;
        }

        var change = ChangeOf(folder, handle, below, name, status, was);
        var isTold = change is not null || (folder.IsReplaced && report.HasArchive);
        if (isTold)
        {
            Add(folder, handle, name, status, change);
        }

        return status.Kind != FileKind.Directory ? null : new()
        {
            Parent = folder,
            Name = name,
            Status = status,
            Layers = was.Layers,
            IsReplaced = folder.IsReplaced,
            IsArchived = isTold,
        };
    }

    private void Add(DiffFolder folder, SafeFileHandle handle, string name, FileStatus status, DiffChange? change)
    {
        switch (status.Kind)
        {
            case FileKind.Directory:
                report.AddFolder(folder, folder.InsideOf(name), status, change);
                break;
            case FileKind.Regular:
                report.AddFile(folder, handle, name, status, change);
                break;
            case FileKind.SymbolicLink:
                report.AddLink(folder, handle, name, status, change);
                break;
            default:
                report.AddOther(folder, name, status, change);
                break;
        }
    }

    private void AddDeleted(DiffFolder folder, string name, MergedEntry was)
    {
        if (was.Exists)
        {
            report.AddDeleted(folder, name, was.Status.Kind);
        }
    }

    private DiffChange? ChangeOf(
        DiffFolder folder, SafeFileHandle handle, MergedDirectory below, string name, FileStatus status, MergedEntry was)
    {
        var bytes = Encoding.UTF8.GetBytes(name + '\0');
        if (upper.Given.TryGetValue(folder.BelowOf(name), out var given) && _comparison.IsAsGiven(given, handle, bytes, status, was.Exists))
        {
            return null;
        }

        if (!was.Exists)
        {
            return DiffChange.Created;
        }

        if (was.Status.Kind != status.Kind)
        {
            return DiffChange.Changed;
        }

        var isSame = status.Kind switch
        {
            FileKind.SymbolicLink => below.ReadLink(was, bytes) is { } text && LinkText.Read(handle, bytes) is { } now && text.AsSpan().SequenceEqual(now),
            FileKind.Regular => was.Status.Permissions == status.Permissions && _comparison.IsSame(handle, bytes, status, below, was),
            _ => was.Status.Permissions == status.Permissions,
        };
        return isSame ? null : DiffChange.Changed;
    }
}
