using System.Buffers.Text;

namespace Sandbox.Resources.Limits;

// /proc/PID/maps names device, inode and offset of every mapping. Shared memory that neither a tmpfs, nor a memfd held open, nor a System V
// segment accounts for (shared anonymous mappings, memfds whose descriptor is closed) is known from here only. Its pages stay in the inode
// when nothing maps them any more (madvise(2), MADV_DONTNEED, "shared"; or who touched them has ended), and what an inode holds is shown to the
// host's root alone. So its size is taken: as far as it was ever seen mapped, since an inode keeps the pages of a part that was unmapped.

/// <summary>The inodes of the kernel's internal shared memory that processes map and nothing else counts.</summary>
/// <param name="device">The device they are on.</param>
/// <param name="counted">Bytes of an inode that is counted elsewhere, or null.</param>
internal sealed class SharedMappings(ulong device, Func<ulong, long?> counted)
{
    // So that thousands of them do not add up to less than one.
    private const ulong LargestSize = 1ul << 47;

    private const int MaxRoundsUnseen = 3;

    private readonly Dictionary<ulong, Inode> _inodes = [];
    private readonly List<ulong> _gone = [];
    private long _round;
    private bool _wasLarger;

    /// <summary>Size of the shared anonymous mappings, whose pages come by page faults only.</summary>
    public long AnonymousBytes { get; private set; }

    /// <summary>Size of the memfds that nobody holds open: their pages may have been written.</summary>
    public long FileBytes { get; private set; }

    /// <summary>There may be others: processes could not be read.</summary>
    public bool MissesSome { get; private set; }

    /// <summary>Sizes say nothing: an inode was seen larger than it is mapped now, so that others may be, too.</summary>
    public bool MissesSizes => _wasLarger;

    /// <summary>No such inode is mapped.</summary>
    public bool IsEmpty => _inodes.Count == 0;

    /// <summary>Begins a new round through all processes.</summary>
    public void Begin() => _round++;

    /// <summary>Takes the next whole line of a process's maps, without its end.</summary>
    /// <param name="line">The line.</param>
    /// <param name="exact">What the kernel says the inode holds, given the mapping's address range; null where it does not say.</param>
    public void AddLine(ReadOnlySpan<byte> line, Func<ReadOnlySpan<byte>, ulong, long?> exact)
    {
        if (!TryParse(line, out var mapping))
        {
            return;
        }

        var inode = _inodes.GetValueOrDefault(mapping.Inode) ?? new() { IsFile = mapping.IsFile };
        var held = counted(mapping.Inode);
        if (inode.Round != _round)
        {
            (inode.Round, inode.End, inode.Exact) = (_round, 0, held is null ? exact(line[..line.IndexOf((byte)' ')], mapping.Inode) : null);
        }

        inode.End = Math.Max(inode.End, mapping.End);
        inode.Size = Math.Max(inode.Size, held ?? 0);
        inode.IsCounted = held is not null;
        _inodes[mapping.Inode] = inode;
    }

    /// <summary>Ends the round.</summary>
    /// <param name="isComplete">Every process was read: what was not found is mapped nowhere. Else it may have moved on to another one.</param>
    /// <param name="wasRefused">A process could not be read though it was there.</param>
    public void End(bool isComplete, bool wasRefused)
    {
        (AnonymousBytes, FileBytes, MissesSome) = (0, 0, wasRefused);
        foreach (var (number, inode) in _inodes)
        {
            if (inode.Round != _round && !wasRefused && (isComplete || _round - inode.Round > MaxRoundsUnseen))
            {
                _gone.Add(number);
            }
            else
            {
                Add(inode);
            }
        }

        foreach (var number in _gone)
        {
            _inodes.Remove(number);
        }

        _gone.Clear();
    }

    private void Add(Inode inode)
    {
        if (inode is { IsCounted: false, Exact: null, Round: var round } && round == _round && inode.End < inode.Size)
        {
            _wasLarger = true;
        }

        inode.Size = Math.Max(inode.Size, inode.End);
        if (inode.IsCounted)
        {
            return;
        }

        if (inode.IsFile || inode.Exact is not null)
        {
            FileBytes += inode.Exact ?? inode.Size;
        }
        else
        {
            AnonymousBytes += inode.Size;
        }
    }

    // start-end perms offset major:minor inode path. The path of a file on this device is the kernel's: "/memfd:" and what the job
    // chose, "/SYSV" and a number, or "/dev/zero".
    private bool TryParse(ReadOnlySpan<byte> line, out (ulong Inode, long End, bool IsFile) mapping)
    {
        mapping = default;
        if (!TakeHexadecimal(ref line, (byte)'-', out var start) || !TakeHexadecimal(ref line, (byte)' ', out var end)
            || !AsciiNumbers.SkipColumns(ref line, 1))
        {
            return false;
        }

        line = line.TrimStart((byte)' ');
        if (!TakeHexadecimal(ref line, (byte)' ', out var offset) || !TakeHexadecimal(ref line, (byte)':', out var major)
            || !TakeHexadecimal(ref line, (byte)' ', out var minor) || ((major << 32) | minor) != device
            || !AsciiNumbers.TakeNumber(ref line, out var inode))
        {
            return false;
        }

        var path = line.TrimStart((byte)' ');
        mapping = ((ulong)inode, (long)Math.Min(offset + end - start, LargestSize), !path.StartsWith("/dev/zero"u8));
        return !path.StartsWith("/SYSV"u8);
    }

    private static bool TakeHexadecimal(ref ReadOnlySpan<byte> text, byte end, out ulong number)
    {
        var isNumber = Utf8Parser.TryParse(text, out number, out var length, 'x') && length < text.Length && text[length] == end;
        text = isNumber ? text[(length + 1)..] : text;
        return isNumber;
    }

    private sealed class Inode
    {
        public required bool IsFile { get; init; }

        public long Round { get; set; }

        public long End { get; set; }

        public long Size { get; set; }

        public long? Exact { get; set; }

        public bool IsCounted { get; set; }
    }
}
