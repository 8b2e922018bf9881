using System.Text;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using Sandbox.Hashing;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Execution.Collect;

/// <summary>Gathers the changes of all overlays of a job: entries for the result, content for the archive, and what went wrong.</summary>
/// <param name="budget">Bytes that everything collected may bring.</param>
/// <param name="comparisons">Bytes that may be read only to find out whether they changed.</param>
/// <param name="archive">Where they go beside the result; null for nowhere.</param>
internal sealed class DiffReport(CollectBudget budget, CollectBudget comparisons, DiffArchive? archive)
{
    /// <summary>Names looked at, at most.</summary>
    public const int MaxNames = 200_000;

    private const int MaxEntries = 10_000;
    private const int MaxErrors = 1000;

    // Ten thousand paths of the greatest length would be forty megabytes of a result.
    private const long MaxText = 8 << 20;

    private readonly List<DiffEntry> _entries = [];
    private readonly List<OutputFailure> _errors = [];
    private readonly byte[] _buffer = new byte[128 << 10];
    private OutputFailure? _required;
    private long _text;

    /// <summary>Bytes that may be read only to find out whether they changed.</summary>
    public CollectBudget Comparisons => comparisons;

    /// <summary>Names that may be looked at; that goes on counts as progress.</summary>
    public TreeBudget Names { get; } = new(MaxNames, HostWatch.Advance);

    /// <summary>An archive is being written, which has all of a directory that was made anew.</summary>
    public bool HasArchive => archive is { IsAbandoned: false };

    /// <summary>There are more changes than are told.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>A directory; without a change it is there for the archive only.</summary>
    /// <param name="parent">The directory it is in; null for an overlay's own.</param>
    /// <param name="inside">Its path inside the sandbox.</param>
    /// <param name="status">What it is.</param>
    /// <param name="change">What became of it; null for nothing.</param>
    public void AddDirectory(DiffDirectory? parent, string inside, FileStatus status, DiffChange? change)
    {
        if (change is not { } changed || Add(new() { Path = inside, Change = changed, Type = DiffType.Directory, Mode = status.Permissions }))
        {
            Archive(parent, inside, to => to.AddDirectory(inside, status));
        }
    }

    /// <summary>A regular file, which is read.</summary>
    public void AddFile(DiffDirectory parent, SafeFileHandle directory, string name, FileStatus status, DiffChange? change)
    {
        var inside = parent.InsideOf(name);
        if (IsFull(inside, change))
        {
            return;
        }

        var error = UntrustedTree.OpenRegular(directory, Encoding.UTF8.GetBytes(name + '\0'), out var file, out _);
        string? sha256 = null;
        using (file)
        {
            var refusal = error < 0 ? $"cannot be read ({Errno.Name(-error)})" : budget.Take(status.Size);
            if (refusal is null)
            {
                Archive(parent, inside, to => to.BeginFile(inside, status));
                sha256 = Read(file, status.Size, out refusal);
            }

            if (refusal is not null)
            {
                Fail(inside, refusal);
            }
        }

        if (change is { } changed)
        {
            Add(new() { Path = inside, Change = changed, Type = DiffType.File, Mode = status.Permissions, Bytes = status.Size, Sha256 = sha256 });
        }
    }

    /// <summary>A symbolic link.</summary>
    public void AddLink(DiffDirectory parent, SafeFileHandle directory, string name, FileStatus status, DiffChange? change)
    {
        var inside = parent.InsideOf(name);
        if (IsFull(inside, change))
        {
            return;
        }

        var text = LinkText.Read(directory, Encoding.UTF8.GetBytes(name + '\0'));
        var target = text is not null && Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : null;
        if (target is null)
        {
            Fail(inside, text is null ? "the link cannot be read" : "what the link says is not UTF-8");
        }
        else
        {
            Archive(parent, inside, to => to.AddLink(inside, status, target));
        }

        if (change is { } changed)
        {
            Add(new() { Path = inside, Change = changed, Type = DiffType.Symlink, Target = target });
        }
    }

    /// <summary>A FIFO, socket or device, which is told and left where it is.</summary>
    public void AddOther(DiffDirectory parent, string name, FileStatus status, DiffChange? change)
    {
        var inside = parent.InsideOf(name);
        if (archive is not null)
        {
            AddError(new() { Path = inside, Error = "not in the archive: it is neither a file, a directory nor a link" });
        }

        if (change is { } changed)
        {
            Add(new() { Path = inside, Change = changed, Type = DiffType.Other, Mode = status.Permissions });
        }
    }

    /// <summary>Something that was there and is no more.</summary>
    public void AddDeleted(DiffDirectory parent, string name, FileKind kind)
    {
        var inside = parent.InsideOf(name);
        var type = kind switch
        {
            FileKind.Regular => DiffType.File,
            FileKind.Directory => DiffType.Directory,
            FileKind.SymbolicLink => DiffType.Symlink,
            _ => DiffType.Other,
        };

        // In a directory that hides all that is below, that is said already.
        if (Add(new() { Path = inside, Change = DiffChange.Deleted, Type = type }) && !parent.IsReplaced)
        {
            Archive(parent, inside, to => to.AddWhiteout(parent, name));
        }
    }

    /// <summary>A directory hides what is below, so that everything in it is given to the archive.</summary>
    public void AddOpaque(DiffDirectory directory) => Archive(directory, directory.Inside, to => to.AddOpaque(directory));

    /// <summary>Something could not be told: the diff is not complete, and an archive would not be one of the job's changes.</summary>
    public void Fail(string inside, string error)
    {
        var failure = new OutputFailure { Path = inside, Error = error };
        _required ??= failure;
        AddError(failure);
        archive?.Abandon();
    }

    /// <summary>Nothing more is told.</summary>
    public void Truncate(string inside, string reason)
    {
        if (!IsTruncated)
        {
            Fail(inside, $"the diff ends here: {reason}");
        }

        IsTruncated = true;
    }

    /// <summary>What there is to tell; writes the archive's end.</summary>
    /// <exception cref="SandboxException">The host refuses the archive.</exception>
    public CollectedDiff Finish()
    {
        // An entry of a directory comes before those in it, and each overlay's before the next one's: not in the order of paths.
        _entries.Sort((left, right) => string.CompareOrdinal(left.Path, right.Path));
        OutputResult? written = null;
        if (HasArchive && archive!.Commit(out written) is { } refusal)
        {
            Fail("/", refusal);
        }
        else if (written is null && archive is not null)
        {
            AddError(new() { Path = "/", Error = $"{archive.Path} was not written, because it would not be complete" });
        }

        var diff = new DiffResult { Entries = _entries, IsTruncated = IsTruncated, Archive = written };
        return new() { Diff = diff, Errors = _errors, Required = _required };
    }

    private void AddError(OutputFailure failure)
    {
        if (_errors.Count < MaxErrors)
        {
            _errors.Add(failure);
        }
    }

    private bool Add(DiffEntry entry)
    {
        if (IsFull(entry.Path, entry.Change))
        {
            return false;
        }

        _text += entry.Path.Length + (entry.Target?.Length ?? 0);
        _entries.Add(entry);
        return true;
    }

    private bool IsFull(string inside, DiffChange? change)
    {
        if (change is not null && (_entries.Count >= MaxEntries || _text > MaxText))
        {
            Truncate(inside, _text > MaxText ? "the changed paths take too much room" : $"more than {MaxEntries} changes");
        }

        return IsTruncated;
    }

    private void Archive(DiffDirectory? parent, string inside, Action<DiffArchive> add)
    {
        if (!HasArchive)
        {
            return;
        }

        if (DiffArchive.IsReserved(inside))
        {
            Fail(inside, "in a layer, a name that begins with \".wh.\" means that something is deleted");
            return;
        }

        archive!.AddParents(parent);
        add(archive);
    }

    private string? Read(SafeFileHandle file, long size, out string? refusal)
    {
        var digest = new ContentDigest(size);
        refusal = null;
        for (var left = size; left > 0;)
        {
            var count = Libc.Read(file, _buffer.AsSpan(0, (int)Math.Min(left, _buffer.Length)));
            if (count <= 0)
            {
                refusal = count < 0 ? $"cannot be read ({Errno.Name(-count)})" : "became shorter while it was read";
                return null;
            }

            digest.Add(_buffer.AsSpan(0, count));
            archive?.Write(_buffer.AsSpan(0, count));
            left -= count;
        }

        archive?.EndFile(size);
        return digest.Finish();
    }
}
