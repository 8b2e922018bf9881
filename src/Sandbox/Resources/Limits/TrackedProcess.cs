using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

/// <summary>One process of the job between two looks. A kept descriptor means this process for ever: the kernel answers ESRCH once it is gone, even if its number is used again.</summary>
internal sealed class TrackedProcess(int pid) : IDisposable
{
    private SafeFileHandle? _stat;
    private SafeFileHandle? _statm;
    private SafeFileHandle? _schedstat;
    private SafeFileHandle? _descriptors;

    // Memory and descriptors of a process are asked of its first thread; once that has ended by itself while others
    // live on, it has neither (get_task_mm), and another thread is asked.
    private int? _speaker;

    /// <summary>Number as the job sees it.</summary>
    public int Pid { get; } = pid;

    /// <summary>The last look that found it.</summary>
    public long LastSeen { get; set; }

    /// <summary>What the last look found.</summary>
    public ProcStat Stat { get; private set; }

    /// <summary>CPU time of the process itself from the scheduler, in nanoseconds: exact, but of one thread only.</summary>
    public long SchedulerNanoseconds { get; private set; }

    /// <summary>Pages of address space, used or not.</summary>
    public long VirtualPages { get; private set; }

    /// <summary>Pages in memory, all kinds.</summary>
    public long ResidentPages { get; private set; }

    /// <summary>Pages in memory that belong to files or shared memory.</summary>
    public long SharedPages { get; private set; }

    /// <summary>The process whose memory this is, too, and where it counts; null if it counts here.</summary>
    public TrackedProcess? SharesWith { get; set; }

    /// <summary>That its memory is nobody else's was found out, and lasts: two memories never become one.</summary>
    public bool IsKnownAlone { get; set; }

    /// <summary>Its number outside of the job, and its thread's that is asked about memory; 0 while unknown.</summary>
    public (int Process, int Thread) OutsidePid { get; set; }

    /// <summary>Memory is asked of a thread other than the first, which has ended.</summary>
    public int? Speaker => _speaker;

    /// <summary>Its descriptors may not be looked at: it is not dumpable (PR_SET_DUMPABLE, prctl(2)), and we are not root.</summary>
    public bool HidesDescriptors { get; set; }

    /// <summary>The thread whose own descriptors were looked at last.</summary>
    public int LastTask { get; set; }

    /// <summary>Where the listing of its descriptors goes on.</summary>
    public long DescriptorPosition { get; set; }

    /// <summary>Its descriptors are kept, so that no other process can take its place unnoticed.</summary>
    public bool IsKeptOpen => _stat is not null;

    /// <summary>Reads the process anew; false if it is gone.</summary>
    public bool Refresh(SafeFileHandle procFs, Span<byte> buffer, bool keepOpen, bool exactCpu)
    {
        if (!RefreshTimes(procFs, buffer, keepOpen))
        {
            return false;
        }

        RefreshMemory(procFs, buffer, keepOpen);
        SchedulerNanoseconds = 0;
        if (exactCpu && Stat.Threads == 1 && Read(procFs, null, "schedstat"u8, ref _schedstat, buffer, keepOpen, out var line)
            && AsciiNumbers.TakeNumber(ref line, out var nanoseconds))
        {
            SchedulerNanoseconds = nanoseconds;
        }

        return true;
    }

    /// <summary>Reads times and tasks only; false if the process is gone.</summary>
    public bool RefreshTimes(SafeFileHandle procFs, Span<byte> buffer, bool keepOpen)
    {
        if (!Read(procFs, null, "stat"u8, ref _stat, buffer, keepOpen, out var line) || !ProcStat.TryParse(line, out var stat))
        {
            return false;
        }

        if (stat.StartTime != Stat.StartTime)
        {
            (SharesWith, IsKnownAlone, OutsidePid) = (null, false, default);
        }

        Stat = stat;
        return true;
    }

    /// <summary>Reads the figures of its memory once more; none if it has none.</summary>
    public void ReadMemoryAgain(SafeFileHandle procFs, Span<byte> buffer) => RefreshMemory(procFs, buffer, IsKeptOpen);

    /// <summary>Opens one of its files; 0 or the negated errno.</summary>
    public int Open(SafeFileHandle procFs, ReadOnlySpan<byte> name, int flags, out SafeFileHandle file) =>
        ProcPath.Open(procFs, Pid, _speaker, name, flags, out file);

    /// <summary>The directory of its descriptors, or null if it is not to be had; give it back with <see cref="CloseDescriptors"/>.</summary>
    public SafeFileHandle? OpenDescriptors(SafeFileHandle procFs)
    {
        if (_descriptors is not null)
        {
            return _descriptors;
        }

        var error = Open(procFs, "fd"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out var directory);
        HidesDescriptors = error is -Errno.EACCES or -Errno.EPERM;
        if (error < 0)
        {
            return null;
        }

        _descriptors = IsKeptOpen ? directory : null;
        return directory;
    }

    /// <summary>Closes the directory unless it is kept.</summary>
    public void CloseDescriptors(SafeFileHandle directory)
    {
        if (directory != _descriptors)
        {
            directory.Dispose();
        }
    }

    public void Dispose()
    {
        _descriptors?.Dispose();
        _stat?.Dispose();
        _statm?.Dispose();
        _schedstat?.Dispose();
    }

    private void RefreshMemory(SafeFileHandle procFs, Span<byte> buffer, bool keepOpen)
    {
        if (TryReadMemory(procFs, buffer, keepOpen) && (ResidentPages > 0 || Stat.Threads == 1))
        {
            return;
        }

        (ResidentPages, SharedPages) = (0, 0);
        if (Stat.Threads > 1)
        {
            ChooseSpeaker(procFs, buffer, keepOpen);
        }
    }

    private bool TryReadMemory(SafeFileHandle procFs, Span<byte> buffer, bool keepOpen)
    {
        if (!Read(procFs, _speaker, "statm"u8, ref _statm, buffer, keepOpen, out var line)
            || !AsciiNumbers.TakeNumber(ref line, out var virtualPages)
            || !AsciiNumbers.TakeNumber(ref line, out var resident)
            || !AsciiNumbers.TakeNumber(ref line, out var shared))
        {
            return false;
        }

        (VirtualPages, ResidentPages, SharedPages) = (virtualPages, resident, Math.Min(shared, resident));
        return true;
    }

    private void ChooseSpeaker(SafeFileHandle procFs, Span<byte> buffer, bool keepOpen)
    {
        foreach (var task in TaskList.Of(procFs, Pid))
        {
            _statm?.Dispose();
            _descriptors?.Dispose();
            (_statm, _descriptors, _speaker) = (null, null, task);
            OutsidePid = (OutsidePid.Process, 0);
            if (TryReadMemory(procFs, buffer, keepOpen) && ResidentPages > 0)
            {
                return;
            }
        }
    }

    private bool Read(
        SafeFileHandle procFs, int? task, ReadOnlySpan<byte> name, ref SafeFileHandle? kept, Span<byte> buffer, bool keepOpen, out ReadOnlySpan<byte> text)
    {
        text = default;
        var file = kept;
        if (file is null && ProcPath.Open(procFs, Pid, task, name, OpenFlags.ReadOnly, out file) < 0)
        {
            return false;
        }

        var count = Libc.ReadAt(file, buffer, 0);
        kept = keepOpen ? file : null;
        if (!keepOpen)
        {
            file.Dispose();
        }

        if (count <= 0)
        {
            return false;
        }

        text = buffer[..count];
        return true;
    }
}
