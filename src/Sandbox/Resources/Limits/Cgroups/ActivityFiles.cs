namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>What a group of version 2 tells of its work and its waits: <c>io.stat</c> and the pressure files (cgroup-v2.rst, "IO"; accounting/psi.rst).</summary>
internal sealed class ActivityFiles(CgroupFolder folder) : IDisposable
{
    private readonly ControlFile? _cpu = ControlFile.Open(folder, "cpu.pressure");

    /// <summary>Time in which tasks of the job wanted a CPU and none had one (Linux 5.13); null where the kernel counts no pressure.</summary>
    public TimeSpan? CpuStarved() => Total(_cpu, "full"u8);

    /// <summary>Bytes and requests to block devices; null without the io controller.</summary>
    public IoUsage? Io() => IoStat.Sum(folder.Read("io.stat"));

    /// <summary>The waits for all three; null where the kernel counts no pressure.</summary>
    public PressureUsage? Pressure()
    {
        if (Total(_cpu, "some"u8) is not { } cpu)
            return null;

        using var memory = ControlFile.Open(folder, "memory.pressure");
        using var io = ControlFile.Open(folder, "io.pressure");
        return new() { Cpu = cpu, Memory = Total(memory, "some"u8) ?? TimeSpan.Zero, Io = Total(io, "some"u8) ?? TimeSpan.Zero };
    }

    /// <inheritdoc/>
    public void Dispose() => _cpu?.Dispose();

    // A kernel with PSI built in and switched off (psi=0) has the file and refuses to read it.
    private static TimeSpan? Total(ControlFile? file, ReadOnlySpan<byte> kind)
    {
        var text = file is null ? default : file.Text();
        var line = text.IndexOf(kind);
        if (line < 0)
            return null;

        text = text[line..];
        var at = text.IndexOf("total="u8);
        if (at < 0)
            return null;

        text = text[(at + "total=".Length)..];
        return AsciiNumbers.TakeNumber(ref text, out var microseconds) ? TimeSpan.FromMicroseconds(microseconds) : null;
    }
}
