using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

/// <summary>How processes with one memory are told from those with two.</summary>
internal enum SharingMeans
{
    /// <summary>Not at all: every process counts by itself.</summary>
    None,

    /// <summary>kcmp(2).</summary>
    Kcmp,

    /// <summary>What is written to the coredump_filter of one is read from the other's (core(5)).</summary>
    CoredumpFilter,
}

/// <summary>A way to ask the kernel whether two processes have one memory.</summary>
internal interface IMemoryComparison
{
    /// <summary>Which way it is.</summary>
    SharingMeans Means { get; }

    /// <summary>A look begins, which has so much to spend.</summary>
    void Begin();

    /// <summary>True only if they do, now: what cannot be found out is two.</summary>
    bool IsOne(TrackedProcess one, TrackedProcess other);
}

// /proc/PID/coredump_filter belongs to the memory, not to the process (MMF_DUMP_FILTER, mm->flags), so what is written through one process is
// read through the other at once, or never. A job may write it too, but cannot know ahead what we write: to pass for one memory, two would have
// to be copied from one to the other between our write and our read, every time. No job dumps core, so nothing else is changed by it.

/// <summary>Finds processes with one memory by what is written to one and read from the other, where kcmp(2) is not to be had.</summary>
internal sealed class FilterComparison : IMemoryComparison
{
    private const int Rounds = 32;
    private const int MaxTrials = 512;
    private const int FilterBits = 0x1ff; // MMF_DUMP_FILTER_BITS, Linux 4.17

    private readonly SafeFileHandle _procFs;
    private readonly byte[] _text = new byte[16];
    private int _left;

    private FilterComparison(SafeFileHandle procFs) => _procFs = procFs;

    /// <inheritdoc/>
    public SharingMeans Means => SharingMeans.CoredumpFilter;

    /// <summary>The kernel has the file (CONFIG_ELF_CORE).</summary>
    public static bool IsThere => File.Exists("/proc/self/coredump_filter");

    /// <summary>Null where it is not there.</summary>
    public static FilterComparison? TryMake(SafeFileHandle procFs) => IsThere ? new(procFs) : null;

    /// <inheritdoc/>
    public void Begin() => _left = MaxTrials;

    /// <inheritdoc/>
    public bool IsOne(TrackedProcess one, TrackedProcess other)
    {
        if (_left-- <= 0 || Open(one, out var first) < 0)
        {
            return false;
        }

        using (first)
        {
            if (Open(other, out var second) < 0)
            {
                return false;
            }

            using (second)
            {
                return Read(first) is { } firstValue && Read(second) is { } secondValue && firstValue == secondValue && Try(first, second, firstValue);
            }
        }
    }

    // A thread has no such file below task/, but one by its own number, which is not listed (proc(5), /proc/TID).
    private int Open(TrackedProcess process, out SafeFileHandle file) =>
        ProcPath.Open(_procFs, process.Speaker ?? process.Pid, null, "coredump_filter"u8, OpenFlags.ReadWrite, out file);

    private bool Try(SafeFileHandle first, SafeFileHandle second, int before)
    {
        Span<ushort> words = stackalloc ushort[Rounds];
        RandomNumberGenerator.Fill(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words));
        var isOne = true;
        for (var round = 0; round < Rounds && isOne; round++)
        {
            var (written, read) = round % 2 == 0 ? (first, second) : (second, first);
            var value = words[round] & FilterBits;
            isOne = Write(written, value) && Read(read) == value;
        }

        _ = Write(first, before);
        if (!isOne)
        {
            _ = Write(second, before);
        }

        return isOne;
    }

    private int? Read(SafeFileHandle file)
    {
        var count = Libc.ReadAt(file, _text, 0);
        return count > 0 && int.TryParse(Encoding.ASCII.GetString(_text, 0, count).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var value)
            ? value : null;
    }

    private static bool Write(SafeFileHandle file, int value) =>
        Libc.Write(file, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{value}"))) > 0;
}

/// <summary>kcmp(2): exact. It wants numbers as the caller sees them, and the right to read both processes (ptrace(2), PTRACE_MODE_READ).</summary>
internal sealed class KcmpComparison : IMemoryComparison
{
    private readonly OutsidePids _pids;

    private KcmpComparison(OutsidePids pids) => _pids = pids;

    /// <inheritdoc/>
    public SharingMeans Means => SharingMeans.Kcmp;

    /// <summary>The kernel has the call (CONFIG_KCMP), and no filter refuses it.</summary>
    public static bool IsAllowed => Libc.CompareMemory(Environment.ProcessId, Environment.ProcessId) == 0;

    /// <summary>Null where that is not allowed, or processes of the job cannot be found from outside.</summary>
    public static KcmpComparison? TryMake(int init, Dictionary<int, TrackedProcess> processes) =>
        init > 0 && IsAllowed && OutsidePids.TryMake(init, processes) is { } pids ? new(pids) : null;

    /// <inheritdoc/>
    public void Begin() => _pids.Begin();

    /// <inheritdoc/>
    public bool IsOne(TrackedProcess one, TrackedProcess other) =>
        _pids.Find(one) is var first and > 0 && _pids.Find(other) is var second and > 0 && Libc.CompareMemory(first, second) == 0;
}
