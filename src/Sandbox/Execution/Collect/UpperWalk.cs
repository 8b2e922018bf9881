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
    private const int MaxPath = 4095;

    private readonly UntrustedTree _tree = new(root, TreeScope.OneMount, report.Names);
    private readonly ContentComparison _comparison = new(report.Comparisons);

    /// <summary>Reports every difference, directory by directory in the order of their names.</summary>
    public void Run()
    {
        _ = Libc.Status(root, out var status);
        var directory = new DiffDirectory { Parent = null, Name = upper.Target, Status = status, Layers = lower.All };
        directory.Enter();
        if (status.Permissions != upper.Mode)
        {
            directory.IsArchived = true;
            report.AddDirectory(null, directory.Inside, status, DiffChange.Changed);
        }

        UntrustedTree.Walk(directory, Visit);
    }

    private List<DiffDirectory> Visit(DiffDirectory directory)
    {
        if (report.IsTruncated)
        {
            return [];
        }

        directory.Enter();
        var error = _tree.OpenDirectory(directory.Below, out var handle);
        using (handle)
        {
            if (error < 0)
            {
                report.Fail(directory.Inside, $"cannot be looked into ({Errno.Name(-error)})");
                return [];
            }

            using var below = lower.Open(directory.Below, directory.Layers);
            if (!directory.IsReplaced && below.Layers > 0 && Libc.IsOpaque(handle))
            {
                directory.IsReplaced = true;
                report.AddOpaque(directory);
            }

            return Compare(directory, handle, below);
        }
    }

    private List<DiffDirectory> Compare(DiffDirectory directory, SafeFileHandle handle, MergedDirectory below)
    {
        var own = Names(directory, handle);
        var names = new HashSet<string>(own, StringComparer.Ordinal);
        if (directory.IsReplaced && below.AddNames(_tree, names) is { } problem)
        {
            report.Fail(directory.Inside, problem);
        }

        if (report.Names.IsExceeded)
        {
            report.Truncate(directory.Inside, $"more than {DiffReport.MaxNames} files to look at");
        }

        var entered = new List<DiffDirectory>();
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            if (report.IsTruncated)
            {
                return [];
            }

            if (directory.LengthOf(name) > MaxPath)
            {
                report.Fail(directory.Inside, $"something in it has a path longer than {MaxPath} bytes");
            }
            else if (!own.Contains(name))
            {
                AddDeleted(directory, name, below.Look(Encoding.UTF8.GetBytes(name + '\0')));
            }
            else if (Take(directory, handle, below, name) is { } inner)
            {
                entered.Add(inner);
            }
        }

        return entered;
    }

    private HashSet<string> Names(DiffDirectory directory, SafeFileHandle handle)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (_tree.List(handle, Add) is var error && error < 0)
        {
            report.Fail(directory.Inside, $"cannot be looked into ({Errno.Name(-error)})");
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
                report.Fail(directory.InsideOf(Encoding.UTF8.GetString(name)), "its name is not UTF-8");
            }
        }
    }

    // A directory that is to be looked into, or null.
    private DiffDirectory? Take(DiffDirectory directory, SafeFileHandle handle, MergedDirectory below, string name)
    {
        var bytes = Encoding.UTF8.GetBytes(name + '\0');
        if (Libc.LinkStatusAt(handle, bytes, out var status) is var error && error < 0)
        {
            report.Fail(directory.InsideOf(name), $"cannot be looked at ({Errno.Name(-error)})");
            return null;
        }

        var was = below.Look(bytes);
        if (was.Error != 0)
        {
            var problem = was.Error == Errno.EXDEV ? "something is mounted there on the host" : $"the host's file cannot be looked at ({Errno.Name(was.Error)})";
            report.Fail(directory.InsideOf(name), $"cannot be compared: {problem}");
        }

        if (status.IsWhiteout)
        {
            AddDeleted(directory, name, was);
            return null;
        }

        var change = ChangeOf(directory, handle, below, name, status, was);
        var isTold = change is not null || (directory.IsReplaced && report.HasArchive);
        if (isTold)
        {
            Add(directory, handle, name, status, change);
        }

        return status.Kind != FileKind.Directory ? null : new()
        {
            Parent = directory,
            Name = name,
            Status = status,
            Layers = was.Layers,
            IsReplaced = directory.IsReplaced,
            IsArchived = isTold,
        };
    }

    private void Add(DiffDirectory directory, SafeFileHandle handle, string name, FileStatus status, DiffChange? change)
    {
        switch (status.Kind)
        {
            case FileKind.Directory:
                report.AddDirectory(directory, directory.InsideOf(name), status, change);
                break;
            case FileKind.Regular:
                report.AddFile(directory, handle, name, status, change);
                break;
            case FileKind.SymbolicLink:
                report.AddLink(directory, handle, name, status, change);
                break;
            default:
                report.AddOther(directory, name, status, change);
                break;
        }
    }

    private void AddDeleted(DiffDirectory directory, string name, MergedEntry was)
    {
        if (was.Exists)
        {
            report.AddDeleted(directory, name, was.Status.Kind);
        }
    }

    private DiffChange? ChangeOf(
        DiffDirectory directory, SafeFileHandle handle, MergedDirectory below, string name, FileStatus status, MergedEntry was)
    {
        var bytes = Encoding.UTF8.GetBytes(name + '\0');
        if (upper.Given.TryGetValue(directory.BelowOf(name), out var given) && _comparison.IsAsGiven(given, handle, bytes, status, was.Exists))
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
