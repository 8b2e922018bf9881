using Sandbox.Jobs;

namespace Sandbox.Cli.Run;

/// <summary>The options that bound what a job uses: <c>limits</c>, <c>cpuset</c> and what belongs to them.</summary>
internal static class LimitOptions
{
    public static IReadOnlyList<RunOption> All { get; } =
    [
        Size("memory", 'm', "memory", "memory of the whole job (2 GiB)", (limits, bytes) => limits with { MemoryBytes = bytes }),
        Size("memory-high", '\0', "memoryHigh", "memory above which the job is slowed down", (limits, bytes) => limits with { MemoryHighBytes = bytes }),
        new()
        {
            Name = "cpus",
            Value = "NUMBER",
            Help = "processors' worth of time, such as 1.5",
            Member = "/limits/cpus",
            Apply = (draft, value) =>
            {
                var problem = CommandQuantity.Limit(value, out double? cpus);
                draft.Limits = draft.Limits with { Cpus = cpus };
                return problem;
            },
        },
        new()
        {
            Name = "cpuset-cpus",
            Value = "LIST",
            Help = "processors the job may run on, such as 0-1,4",
            Member = "/cpuset",
            Apply = (draft, value) =>
            {
                draft.Job = draft.Job with { Cpuset = value };
                return null;
            },
        },
        new()
        {
            Name = "pids-limit",
            Alias = "processes",
            Value = "NUMBER",
            Help = "processes and threads of the job (1024)",
            Member = "/limits/processes",
            Apply = (draft, value) => SetProcesses(draft, value == "-1" ? "none" : value),
        },
        Duration("cpu-time", "cpuTime", "CPU time of all processes together", (limits, time) => limits with { CpuTime = time }),
        Duration("wall-time", "wallTime", "real time since the start", (limits, time) => limits with { WallTime = time }),
        Duration("idle-time", "idleTime", "time without any use of a CPU", (limits, time) => limits with { IdleTime = time }),
        new()
        {
            Name = "output",
            Value = "SIZE",
            Help = "bytes on each of stdout and stderr (16 MiB if captured)",
            Member = "/limits/output",
            Apply = (draft, value) =>
            {
                var problem = CommandQuantity.Limit(value, out long? bytes);
                draft.LimitOutput(bytes);
                return problem;
            },
        },
        new()
        {
            Name = "on-output-limit",
            Value = "ACTION",
            Help = "what happens there: kill (the default) or truncate",
            Member = "/onOutputLimit",
            Apply = (draft, value) =>
            {
                var problem = Choices.Find(value, FieldReaders.OutputActions, out var choice);
                draft.Job = draft.Job with { OnOutputLimit = (OutputLimitAction)choice };
                return problem;
            },
        },
        Size("file-size", '\0', "fileSize", "size of one file", (limits, bytes) => limits with { FileSizeBytes = bytes }),
        Count("open-files", "openFiles", "open files of one process (1024)", (limits, count) => limits with { OpenFiles = count }),
        Size("stack", '\0', "stack", "stack of a program (as on the host)", (limits, bytes) => limits with { StackBytes = bytes ?? ResourceLimits.Unlimited }),
        Size("address-space", '\0', "addressSpace", "addresses that one process may map, used or not", (limits, bytes) => limits with { AddressSpaceBytes = bytes }),
        Size("data-segment", '\0', "dataSegment", "private writable memory that one process may map, used or not", (limits, bytes) => limits with { DataSegmentBytes = bytes }),
        Size("disk", '\0', "disk", "bytes in all writable folders that are not volumes (1 GiB)", (limits, bytes) => limits with { DiskBytes = bytes }),
        Size("collect-limit", '\0', "collect", "bytes that --collect and --save-diff bring to the host together (1 GiB)", (limits, bytes) => limits with { CollectBytes = bytes }),
        Size("io-read", '\0', "ioRead", "bytes a second read from each disk", (limits, bytes) => limits with { IoReadBytes = bytes }),
        Size("io-write", '\0', "ioWrite", "bytes a second written to each disk", (limits, bytes) => limits with { IoWriteBytes = bytes }),
        new()
        {
            Name = "ulimit",
            Value = "NAME=NUMBER",
            Help = "nofile, nproc, fsize, stack, as, data or cpu: what --open-files, --pids-limit, --file-size and the like set",
            Apply = UlimitOption.Apply,
        },
        new()
        {
            Name = "require",
            Value = "LIMITS",
            Help = "limits (memory,cpuTime) that the kernel must hold, or the job does not start",
            Member = "/require",
            Apply = (draft, value) =>
            {
                draft.Job = draft.Job with { Require = [.. draft.Job.Require, .. value.Split(',')] };
                return null;
            },
        },
    ];

    private static string? SetProcesses(JobDraft draft, string value)
    {
        var problem = CommandQuantity.Limit(value, out int? count);
        draft.Limits = draft.Limits with { Processes = count };
        return problem;
    }

    private static RunOption Size(string name, char letter, string member, string help, Func<ResourceLimits, long?, ResourceLimits> with) => new()
    {
        Name = name,
        Letter = letter,
        Value = "SIZE",
        Help = help,
        Member = "/limits/" + member,
        Apply = (draft, value) =>
        {
            var problem = CommandQuantity.Limit(value, out long? bytes);
            draft.Limits = with(draft.Limits, bytes);
            return problem;
        },
    };

    private static RunOption Duration(string name, string member, string help, Func<ResourceLimits, TimeSpan?, ResourceLimits> with) => new()
    {
        Name = name,
        Value = "TIME",
        Help = help,
        Member = "/limits/" + member,
        Apply = (draft, value) =>
        {
            var problem = CommandQuantity.Limit(value, out TimeSpan? time);
            draft.Limits = with(draft.Limits, time);
            return problem;
        },
    };

    private static RunOption Count(string name, string member, string help, Func<ResourceLimits, int?, ResourceLimits> with) => new()
    {
        Name = name,
        Value = "NUMBER",
        Help = help,
        Member = "/limits/" + member,
        Apply = (draft, value) =>
        {
            var problem = CommandQuantity.Limit(value, out int? count);
            draft.Limits = with(draft.Limits, count);
            return problem;
        },
    };
}
