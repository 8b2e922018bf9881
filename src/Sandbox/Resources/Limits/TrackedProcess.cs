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

    /// <summary>Number as the job sees it.</summary>
    public int Pid { get; } = pid;

    /// <summary>The last look that found it.</summary>
    public long LastSeen { get; set; }

    /// <summary>What the last look found.</summary>
    public ProcStat Stat { get; private set; }

    /// <summary>CPU time of the process itself from the scheduler, in nanoseconds: exact, but of one thread only.</summary>
    public long SchedulerNanoseconds { get; private set; }

    /// <summary>Pages in memory, all kinds.</summary>
    public long ResidentPages { get; private set; }

    /// <summary>Pages in memory that belong to files or shared memory.</summary>
    public long SharedPages { get; private set; }

    /// <summary>Where the listing of its descriptors goes on.</summary>
    public long DescriptorPosition { get; set; }

    /// <summary>Its descriptors are kept, so that no other process can take its place unnoticed.</summary>
    public bool IsKeptOpen => _stat is not null;

    /// <summary>Reads the process anew; false if it is gone.</summary>
    public bool Refresh(SafeFileHandle procFs, Span<byte> buffer, bool keepOpen, bool exactCpu)
    {
        if (!RefreshTimes(procFs, buffer, keepOpen))
            return false;

        if (Read(procFs, "statm"u8, ref _statm, buffer, keepOpen, out var line))
            TakeMemory(line);

        SchedulerNanoseconds = 0;
        if (exactCpu && Stat.Threads == 1 && Read(procFs, "schedstat"u8, ref _schedstat, buffer, keepOpen, out line)
            && AsciiNumbers.TakeNumber(ref line, out var nanoseconds))
            SchedulerNanoseconds = nanoseconds;

        return true;
    }

    /// <summary>Reads times and tasks only; false if the process is gone.</summary>
    public bool RefreshTimes(SafeFileHandle procFs, Span<byte> buffer, bool keepOpen)
    {
        if (!Read(procFs, "stat"u8, ref _stat, buffer, keepOpen, out var line) || !ProcStat.TryParse(line, out var stat))
            return false;

        Stat = stat;
        return true;
    }

    /// <summary>The folder of its descriptors, or null if it is not to be had; give it back with <see cref="CloseDescriptors"/>.</summary>
    public SafeFileHandle? OpenDescriptors(SafeFileHandle procFs)
    {
        if (_descriptors is not null)
            return _descriptors;
        if (ProcPath.Open(procFs, Pid, "fd"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out var folder) < 0)
            return null;

        _descriptors = IsKeptOpen ? folder : null;
        return folder;
    }

    /// <summary>Closes the folder unless it is kept.</summary>
    public void CloseDescriptors(SafeFileHandle folder)
    {
        if (folder != _descriptors)
            folder.Dispose();
    }

    public void Dispose()
    {
        _descriptors?.Dispose();
        _stat?.Dispose();
        _statm?.Dispose();
        _schedstat?.Dispose();
    }

    private void TakeMemory(ReadOnlySpan<byte> line)
    {
        if (AsciiNumbers.TakeNumber(ref line, out _)
            && AsciiNumbers.TakeNumber(ref line, out var resident)
            && AsciiNumbers.TakeNumber(ref line, out var shared))
            (ResidentPages, SharedPages) = (resident, Math.Min(shared, resident));
    }

    private bool Read(
        SafeFileHandle procFs, ReadOnlySpan<byte> name, ref SafeFileHandle? kept, Span<byte> buffer, bool keepOpen, out ReadOnlySpan<byte> text)
    {
        text = default;
        var file = kept;
        if (file is null && ProcPath.Open(procFs, Pid, name, OpenFlags.ReadOnly, out file) < 0)
            return false;

        var count = Libc.ReadAt(file, buffer, 0);
        kept = keepOpen ? file : null;
        if (!keepOpen)
            file.Dispose();
        if (count <= 0)
            return false;

        text = buffer[..count];
        return true;
    }
}
