using System.Globalization;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>The io controller over one job: bytes a second, on each block device by itself (cgroup-v2.rst, "io.max").</summary>
internal sealed class IoGroup(CgroupFolder folder)
{
    private const string Devices = "/sys/block";

    /// <summary>The smallest rate for reading that is in force on a device, read back; null for none.</summary>
    public long? EffectiveReadBytes { get; private set; }

    /// <summary>As <see cref="EffectiveReadBytes"/>, for writing.</summary>
    public long? EffectiveWriteBytes { get; private set; }

    /// <summary>Sets the rates on every whole disk that there is: a partition has none of its own.</summary>
    /// <exception cref="SandboxException">There is no disk, or the kernel takes the rate on none.</exception>
    public void Limit(long? readBytes, long? writeBytes)
    {
        if (readBytes is null && writeBytes is null)
            return;

        var error = -Interop.Errno.ENODEV;
        var taken = false;
        foreach (var number in Numbers())
        {
            // A device without a queue of its own (a loop device not in use) refuses, and carries nothing.
            error = folder.Write("io.max", $"{number} rbps={Text(readBytes)} wbps={Text(writeBytes)}");
            taken |= error == 0;
        }

        var pointer = readBytes is null ? "/limits/ioWrite" : "/limits/ioRead";
        if (!taken)
            throw folder.Failure("no block device takes the rate", "io.max", error, pointer);

        var table = folder.Read("io.max") ?? "";
        EffectiveReadBytes = Smallest(table, "rbps=");
        EffectiveWriteBytes = Smallest(table, "wbps=");
    }

    private static IEnumerable<string> Numbers()
    {
        if (!Directory.Exists(Devices))
            yield break;
        foreach (var device in Directory.GetFileSystemEntries(Devices))
        {
            var file = $"{device}/dev";
            if (File.Exists(file))
                yield return File.ReadAllText(file).Trim();
        }
    }

    private static long? Smallest(string table, string key)
    {
        long? smallest = null;
        foreach (var word in table.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.StartsWith(key, StringComparison.Ordinal)
                && long.TryParse(word.AsSpan(key.Length), CultureInfo.InvariantCulture, out var rate)
                && (smallest is null || rate < smallest))
                smallest = rate;
        }

        return smallest;
    }

    private static string Text(long? rate) => rate?.ToString(CultureInfo.InvariantCulture) ?? "max";
}
