using System.Text.Json;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>Writes the <c>limits</c> that differ from the defaults; the reverse of <see cref="LimitsReader"/>.</summary>
internal static class LimitsWriter
{
    public static void Write(Utf8JsonWriter json, ResourceLimits limits)
    {
        var usual = new ResourceLimits();
        if (limits == usual)
        {
            return;
        }

        json.WriteStartObject("limits");
        WriteDuration(json, "cpuTime", limits.CpuTime, usual.CpuTime);
        WriteDuration(json, "wallTime", limits.WallTime, usual.WallTime);
        WriteDuration(json, "idleTime", limits.IdleTime, usual.IdleTime);
        WriteSize(json, "memory", limits.MemoryBytes, usual.MemoryBytes);
        WriteNumber(json, "processes", limits.Processes, usual.Processes);
        WriteSize(json, "output", limits.OutputBytes, usual.OutputBytes);
        WriteSize(json, "fileSize", limits.FileSizeBytes, usual.FileSizeBytes);
        WriteNumber(json, "openFiles", limits.OpenFiles, usual.OpenFiles);
        if (limits.StackBytes == ResourceLimits.Unlimited)
            json.WriteString("stack", "none");
        else
            WriteSize(json, "stack", limits.StackBytes, usual.StackBytes);
        WriteSize(json, "disk", limits.DiskBytes, usual.DiskBytes);
        WriteSize(json, "addressSpace", limits.AddressSpaceBytes, usual.AddressSpaceBytes);
        WriteSize(json, "dataSegment", limits.DataSegmentBytes, usual.DataSegmentBytes);
        WriteSize(json, "collect", limits.CollectBytes, usual.CollectBytes);
        WriteNumber(json, "cpus", limits.Cpus, usual.Cpus);
        WriteSize(json, "memoryHigh", limits.MemoryHighBytes, usual.MemoryHighBytes);
        WriteSize(json, "ioRead", limits.IoReadBytes, usual.IoReadBytes);
        WriteSize(json, "ioWrite", limits.IoWriteBytes, usual.IoWriteBytes);
        json.WriteEndObject();
    }

    private static void WriteDuration(Utf8JsonWriter json, string name, TimeSpan? duration, TimeSpan? usual)
    {
        if (duration != usual)
        {
            json.WriteString(name, duration is { } time ? Quantity.DurationWord(time) : "none");
        }
    }

    private static void WriteSize(Utf8JsonWriter json, string name, long? size, long? usual)
    {
        if (size != usual)
        {
            json.WriteString(name, size is { } bytes ? Quantity.SizeWord(bytes) : "none");
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? number, double? usual)
    {
        if (number == usual)
        {
            return;
        }

        if (number is { } value)
        {
            json.WriteNumber(name, value);
            return;
        }

        json.WriteString(name, "none");
    }
}
