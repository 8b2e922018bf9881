namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>A folder that is the host's to make groups in, with what holds above it.</summary>
internal sealed class CgroupBase : IDisposable
{
    /// <summary>Opens one.</summary>
    /// <param name="folder">The open folder; owned from here on.</param>
    /// <param name="isVersion2">One hierarchy for all controllers, or one of version 1.</param>
    /// <param name="controllers">Those that groups made here have.</param>
    public CgroupBase(CgroupFolder folder, bool isVersion2, IReadOnlyList<string> controllers)
    {
        (Folder, IsVersion2, Controllers) = (folder, isVersion2, controllers);
        TasksAbove = (long?)Smallest("pids.max", static group => group.Number("pids.max"));
        CpusAbove = isVersion2
            ? Smallest("cpu.max", static group => BandwidthGroup.Ratio(group.Read("cpu.max")))
            : Smallest("cpu.cfs_quota_us", BandwidthGroup.Share);
        MemoryBytesAbove = isVersion2 ? (long?)Smallest("memory.max", static group => group.Number("memory.max")) : null;
    }

    /// <summary>The folder.</summary>
    public CgroupFolder Folder { get; }

    /// <summary>It is of the unified hierarchy.</summary>
    public bool IsVersion2 { get; }

    /// <summary>Controllers that groups made here have.</summary>
    public IReadOnlyList<string> Controllers { get; }

    /// <summary>The smallest <c>memory.max</c> from here upwards as far as it is mounted; null for none. Version 1 tells the group itself.</summary>
    public long? MemoryBytesAbove { get; }

    /// <summary>The smallest <c>pids.max</c> from here upwards; null for none.</summary>
    public long? TasksAbove { get; }

    /// <summary>The smallest <c>cpu.max</c> (version 1: quota) from here upwards, in CPUs; null for none.</summary>
    public double? CpusAbove { get; }

    /// <inheritdoc/>
    public void Dispose() => Folder.Dispose();

    // The root of the hierarchy has none of these files (cgroup-v2.rst), and outside of it there are none at all.
    private double? Smallest(string file, Func<CgroupFolder, double?> read)
    {
        double? smallest = null;
        for (var path = Folder.Path; path.Length > 1 && File.Exists($"{path}/{file}"); path = Path.GetDirectoryName(path) ?? "")
        {
            var error = CgroupFolder.Open(path, out var group);
            using (group)
            {
                if (error == 0 && read(group) is { } value && value < long.MaxValue && (smallest is null || value < smallest))
                    smallest = value;
            }
        }

        return smallest;
    }
}
