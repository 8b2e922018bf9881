using System.Globalization;
using Sandbox.Host;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>The io controller over one job: bytes a second, on each block device by itself (cgroup-v2.rst, "io.max").</summary>
internal sealed class IoGroup(CgroupDirectory directory)
{
    private const string Devices = "/sys/block";

    /// <summary>The smallest rate for reading that is in force on a device, read back; null for none.</summary>
    public long? EffectiveReadBytes { get; private set; }

    /// <summary>As <see cref="EffectiveReadBytes"/>, for writing.</summary>
    public long? EffectiveWriteBytes { get; private set; }

    /// <summary>Sets the rates on every disk that there is.</summary>
    /// <exception cref="SandboxException">There is no disk, or the kernel refuses the rate on one.</exception>
    public void Limit(long? readBytes, long? writeBytes)
    {
        if (readBytes is null && writeBytes is null)
        {
            return;
        }

        var pointer = readBytes is null ? "/limits/ioWrite" : "/limits/ioRead";
        var disks = 0;
        foreach (var number in Disks())
        {
            directory.Set("io.max", $"{number} rbps={Text(readBytes)} wbps={Text(writeBytes)}", pointer);
            disks++;
        }

        if (disks == 0)
        {
            throw directory.Failure("there is no block device that could take the rate", "io.max", -Interop.Errno.ENODEV, pointer);
        }

        var table = directory.Read("io.max") ?? "";
        EffectiveReadBytes = Smallest(table, "rbps=");
        EffectiveWriteBytes = Smallest(table, "wbps=");
    }

    // Whole disks with hardware, or a hypervisor, behind them: a partition has no rate of its own, and what lies on a disk
    // (loop, dm, md) is charged there.
    private static IEnumerable<string> Disks()
    {
        var files = new HostFiles();
        foreach (var disk in Directory.Exists(Devices) ? Directory.GetFileSystemEntries(Devices) : [])
        {
            if (files.Exists($"{disk}/device") && files.Text($"{disk}/dev").Trim() is { Length: > 0 } number)
            {
                yield return number;
            }
        }
    }

    private static long? Smallest(string table, string key) => IoStat.Values(table, key).Select(rate => (long?)rate).Min();

    private static string Text(long? rate) => rate?.ToString(CultureInfo.InvariantCulture) ?? "max";
}

/// <summary>The sums of an <c>io.stat</c>: a line for each block device, <c>8:0 rbytes=… wbytes=… rios=… wios=…</c> (cgroup-v2.rst, "IO").</summary>
internal static class IoStat
{
    /// <summary>Over all devices; null where there is no such file.</summary>
    public static IoUsage? Sum(string? text)
    {
        if (text is null)
        {
            return null;
        }

        return new()
        {
            ReadBytes = Values(text, "rbytes=").Sum(),
            WrittenBytes = Values(text, "wbytes=").Sum(),
            Reads = Values(text, "rios=").Sum(),
            Writes = Values(text, "wios=").Sum(),
        };
    }

    /// <summary>The numbers of a key, one for each device that has one; <c>io.max</c> is written alike.</summary>
    public static IEnumerable<long> Values(string text, string key)
    {
        foreach (var word in text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith(key, StringComparison.Ordinal) && long.TryParse(word.AsSpan(key.Length), CultureInfo.InvariantCulture, out var value))
            {
                yield return value;
            }
        }
    }
}
