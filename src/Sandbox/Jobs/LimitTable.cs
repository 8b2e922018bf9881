using System.Text.Json;
using Sandbox.Interop;

namespace Sandbox.Jobs;

// A limit is declared here and in ResourceLimits, and held where Resources/ or the plan holds it. The reader, the writer, the rules,
// the dry run, telemetry, the option of "sandbox run", its completions and manual page, and the schema follow from its row.

/// <summary>The limits of a job, one row each, in the order of job.json.</summary>
internal static class LimitTable
{
    // Below it no program starts, and what becomes of it would depend on what holds the limit: a control group is charged
    // in batches of up to 256 KiB for what a bare process needs (MEMCG_CHARGE_BATCH, mm/memcontrol.c).
    private const long LeastMemory = 256 << 10;

    // The kernel puts arguments and environment on it, and kills a program that does not fit in the middle of execve(2).
    private const long LeastStack = 64 << 10;

    // The writable pages of the smallest programs, and to a limit of 0 the kernel makes an exception (may_expand_vm, mm/mmap.c).
    private const long LeastDataSegment = 64 << 10;

    // RLIMIT_NOFILE is one more than the highest descriptor (setrlimit(2)): 0 to 2 are open from the start, and the
    // policy's own, which the job never has, needs a number when the limit is in force already.
    private const int LeastOpenFiles = 4;

    // The processors are no limit of the table: what they are is a list, and a member of the job itself.
    private const string Cpuset = "cpuset";

    public static IReadOnlyList<Limit> All { get; } =
    [
        new DurationLimit
        {
            Name = "cpuTime", Required = RequiredLimit.CpuTime, Option = "cpu-time",
            Help = "CPU time of all processes of the job together, user and system",
            Get = limits => limits.CpuTime, With = (limits, time) => limits with { CpuTime = time },
        },
        new DurationLimit
        {
            Name = "wallTime", Required = RequiredLimit.WallTime, Option = "wall-time",
            Help = "real time from the start of the command",
            Details = "It counts from execve(2).",
            Get = limits => limits.WallTime, With = (limits, time) => limits with { WallTime = time },
        },
        new DurationLimit
        {
            Name = "idleTime", Required = RequiredLimit.IdleTime, Option = "idle-time",
            Help = "longest time in which the job uses no CPU",
            Get = limits => limits.IdleTime, With = (limits, time) => limits with { IdleTime = time },
        },
        new SizeLimit
        {
            Name = "memory", Required = RequiredLimit.Memory, Option = "memory", OptionLetter = 'm',
            Help = "memory of the whole job",
            Details = "Anonymous and shared memory of every process, tmpfs and data in sockets count. A control group is also charged for pages of files, which it drops at the limit.",
            Get = limits => limits.MemoryBytes, With = (limits, bytes) => limits with { MemoryBytes = bytes },
            Least = LeastMemory, IsLeastOfPrograms = true,
        },
        new CountLimit
        {
            Name = "processes", Required = RequiredLimit.Processes, Rlimit = Rlimit.Nproc, Option = "pids-limit", OptionAlias = "processes",
            Help = "processes and threads of the job",
            Get = limits => limits.Processes, With = (limits, count) => limits with { Processes = count },
            Least = 1,
        },
        new SizeLimit
        {
            Name = "output", Required = RequiredLimit.Output, Option = "output",
            Help = "bytes on each of stdout and stderr",
            Get = limits => limits.OutputBytes, With = (limits, bytes) => limits with { OutputBytes = bytes },
        },
        new SizeLimit
        {
            Name = "fileSize", Required = RequiredLimit.FileSize, Rlimit = Rlimit.Fsize, Option = "file-size",
            Help = "size of the largest file that a process may write",
            Get = limits => limits.FileSizeBytes, With = (limits, bytes) => limits with { FileSizeBytes = bytes },
        },
        new CountLimit
        {
            Name = "openFiles", Required = RequiredLimit.OpenFiles, Rlimit = Rlimit.Nofile, Option = "open-files",
            Help = "open file descriptors of each process",
            Get = limits => limits.OpenFiles, With = (limits, count) => limits with { OpenFiles = count },
            Least = LeastOpenFiles,
        },
        new SizeLimit
        {
            Name = "stack", Required = RequiredLimit.Stack, Rlimit = Rlimit.Stack, Option = "stack",
            Help = "stack of the first thread of each process; by default the host's",
            Details = "\"none\" is as much as the host allows.",
            Get = limits => limits.StackBytes, With = (limits, bytes) => limits with { StackBytes = bytes },
            Lifted = ResourceLimits.Unlimited, Least = LeastStack, IsLeastOfPrograms = true,
        },
        new SizeLimit
        {
            Name = "disk", Required = RequiredLimit.Disk, Option = "disk",
            Help = "bytes in all writable directories together that are not volumes",
            Details = "They are one tmpfs, or a part of it.",
            Get = limits => limits.DiskBytes, With = (limits, bytes) => limits with { DiskBytes = bytes },

            // To tmpfs a size of 0 means without limit (tmpfs(5)).
            Least = 1,
        },
        new SizeLimit
        {
            Name = "addressSpace", Required = RequiredLimit.AddressSpace, Rlimit = Rlimit.As, Option = "address-space",
            Help = "addresses that each process may map, used or not",
            Details = "It is RLIMIT_AS: beyond it allocations fail in the job.",
            Get = limits => limits.AddressSpaceBytes, With = (limits, bytes) => limits with { AddressSpaceBytes = bytes },
            Least = LeastMemory, IsLeastOfPrograms = true,
        },
        new SizeLimit
        {
            Name = "dataSegment", Required = RequiredLimit.DataSegment, Rlimit = Rlimit.Data, Option = "data-segment",
            Help = "private writable memory that each process may map, used or not",
            Details = "It is RLIMIT_DATA: beyond it allocations fail in the job.",
            Get = limits => limits.DataSegmentBytes, With = (limits, bytes) => limits with { DataSegmentBytes = bytes },
            Least = LeastDataSegment, IsLeastOfPrograms = true,
        },
        new ProcessorLimit
        {
            Name = "cpus", Required = RequiredLimit.Cpus, Option = "cpus",
            Help = "CPUs' worth of time, such as 1.5",
            Details = "It counts in each tenth of a second; beyond it the job waits. Needs a control group with the controller cpu.",
            Get = limits => limits.Cpus, With = (limits, cpus) => limits with { Cpus = cpus },
        },
        new CountLimit
        {
            Name = "cpuWeight", Option = "cpu-weight",
            Help = "share of processors that others want as well, where 100 is usual",
            Details = "It is no limit: an idle processor is the job's. Needs a control group with the controller cpu.",
            Get = limits => limits.CpuWeight, With = (limits, weight) => limits with { CpuWeight = weight },
            Least = 1, Most = 10_000,
        },
        new SizeLimit
        {
            Name = "memoryHigh", Required = RequiredLimit.MemoryHigh, Option = "memory-high",
            Help = "memory above which the kernel slows the job down",
            Details = "The job is not ended. Needs a control group of version 2.",
            Get = limits => limits.MemoryHighBytes, With = (limits, bytes) => limits with { MemoryHighBytes = bytes },
            Least = LeastMemory, IsLeastOfPrograms = true,
        },
        new SizeLimit
        {
            Name = "ioRead", Required = RequiredLimit.IoRead, Option = "io-read",
            Help = "bytes per second that the job reads from each block device",
            Details = "Beyond it the job waits. Needs a control group of version 2 with the controller io.",
            Get = limits => limits.IoReadBytes, With = (limits, bytes) => limits with { IoReadBytes = bytes },
            Least = 1,
        },
        new SizeLimit
        {
            Name = "ioWrite", Required = RequiredLimit.IoWrite, Option = "io-write",
            Help = "bytes per second that the job writes to each block device",
            Details = "Beyond it the job waits. Needs a control group of version 2 with the controller io.",
            Get = limits => limits.IoWriteBytes, With = (limits, bytes) => limits with { IoWriteBytes = bytes },
            Least = 1,
        },
        new SizeLimit
        {
            Name = "collect", Option = "collect-limit",
            Help = "bytes that collected outputs and the diff have together",
            Details = "What goes beyond is an output error.",
            Get = limits => limits.CollectBytes, With = (limits, bytes) => limits with { CollectBytes = bytes },
        },
        new CountLimit
        {
            Name = "connections", Option = "connections",
            Help = "connections at once of a job with \"egress\"",
            Details = "More wait for one of them to end.",
            Get = limits => limits.Connections, With = (limits, count) => limits with { Connections = count },
            Least = 1,
        },
        new CountLimit
        {
            Name = "connectionsTotal", Option = "connections-total",
            Help = "connections that a job with \"egress\" makes in all",
            Details = "Any more are broken; the job goes on.",
            Get = limits => limits.ConnectionsTotal, With = (limits, count) => limits with { ConnectionsTotal = count },
            Least = 1,
        },
        new SizeLimit
        {
            Name = "traffic", Option = "traffic",
            Help = "bytes that a job with \"egress\" sends and receives together",
            Details = "Beyond it its connections are broken and no more are made; the job goes on.",
            Get = limits => limits.TrafficBytes, With = (limits, bytes) => limits with { TrafficBytes = bytes },
        },
        new SizeLimit
        {
            Name = "trafficRate", Option = "traffic-rate",
            Help = "bytes per second that a job with \"egress\" sends and receives together",
            Details = "Beyond it both sides wait.",
            Get = limits => limits.TrafficRateBytes, With = (limits, bytes) => limits with { TrafficRateBytes = bytes },
            Least = 1,
        },
    ];

    /// <summary>The members of <c>limits</c>.</summary>
    public static string[] Names { get; } = [.. All.Select(limit => limit.Name)];

    /// <summary>What <c>require</c> may name: the limits that the kernel can hold, and the processors.</summary>
    public static string[] Requirable => [.. All.Where(limit => limit.Required is not null).Select(limit => limit.Name), Cpuset];

    /// <summary>The limit of a name; null if there is none.</summary>
    public static Limit? Find(string name)
    {
        foreach (var limit in All)
        {
            if (limit.Name == name)
            {
                return limit;
            }
        }

        return null;
    }

    /// <summary>The name of what may be required; null for a value that is none.</summary>
    public static string? NameOf(RequiredLimit required) =>
        required == RequiredLimit.Cpuset ? Cpuset : All.FirstOrDefault(limit => limit.Required == required)?.Name;

    /// <summary>What <c>require</c> means by a name; null with the problem if that cannot be required.</summary>
    public static RequiredLimit? Required(string name, out string problem, out string? suggestion)
    {
        problem = $"\"{name}\" " + (Find(name) is null ? "is no limit" : "is held by the sandbox itself, never by the kernel");
        suggestion = null;
        if ((name == Cpuset ? RequiredLimit.Cpuset : Find(name)?.Required) is { } required)
        {
            return required;
        }

        suggestion = Suggestions.For(name, Requirable);
        return null;
    }

    /// <summary>Reads <c>limits</c>; those that it does not name stay.</summary>
    public static ResourceLimits Read(ref JsonCursor json, ResourceLimits limits)
    {
        if (!json.EnterObject("must be an object such as { \"memory\": \"256MiB\" }"))
        {
            return limits;
        }

        while (json.NextMember(Names) is { } member)
        {
            limits = Find(member)!.Read(ref json, limits);
        }

        return limits;
    }

    /// <summary>Writes the limits that differ from the defaults.</summary>
    public static void Write(Utf8JsonWriter json, ResourceLimits limits)
    {
        var usual = new ResourceLimits();
        if (limits == usual)
        {
            return;
        }

        json.WriteStartObject("limits");
        foreach (var limit in All)
        {
            limit.Write(json, limits, usual);
        }

        json.WriteEndObject();
    }
}
