using System.Text.Json;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>Reads <c>limits</c>: sizes, durations and counts, each of which <c>"none"</c> lifts.</summary>
internal static class LimitsReader
{
    public static ResourceLimits Read(ref JsonCursor json)
    {
        var limits = new ResourceLimits();
        if (!json.EnterObject("must be an object such as { \"memory\": \"256MiB\" }"))
        {
            return limits;
        }

        while (json.NextMember(Members.Limits) is { } member)
        {
            limits = ReadMember(ref json, member, limits);
        }

        return limits;
    }

    /// <summary>A size; null, with the problem noted, for anything else.</summary>
    public static long? Size(ref JsonCursor json)
    {
        const string Expected = "must be a size such as \"64MiB\", or whole bytes as a number";
        if (json.Token == JsonTokenType.Number)
        {
            var number = json.Integer(Expected);
            if (number < 0)
            {
                json.Problem("must not be negative");
            }

            return number < 0 ? null : number;
        }

        if (json.Text(Expected) is not { } text)
        {
            return null;
        }

        if (Quantity.ParseSize(text, out var bytes, out var suggestion) is not { } problem)
        {
            return bytes;
        }

        json.Problem(problem, suggestion);
        return null;
    }

    private static ResourceLimits ReadMember(ref JsonCursor json, string member, ResourceLimits limits)
    {
        var lifted = json.IsText("none");
        switch (member)
        {
            case "cpuTime":
                return limits with { CpuTime = lifted ? null : Duration(ref json) ?? limits.CpuTime };
            case "wallTime":
                return limits with { WallTime = lifted ? null : Duration(ref json) ?? limits.WallTime };
            case "idleTime":
                return limits with { IdleTime = lifted ? null : Duration(ref json) ?? limits.IdleTime };
            case "memory":
                return limits with { MemoryBytes = lifted ? null : Size(ref json) ?? limits.MemoryBytes };
            case "output":
                return limits with { OutputBytes = lifted ? null : Size(ref json) ?? limits.OutputBytes };
            case "fileSize":
                return limits with { FileSizeBytes = lifted ? null : Size(ref json) ?? limits.FileSizeBytes };
            case "stack":
                return limits with { StackBytes = lifted ? ResourceLimits.Unlimited : Size(ref json) ?? limits.StackBytes };
            case "addressSpace":
                return limits with { AddressSpaceBytes = lifted ? null : Size(ref json) ?? limits.AddressSpaceBytes };
            case "dataSegment":
                return limits with { DataSegmentBytes = lifted ? null : Size(ref json) ?? limits.DataSegmentBytes };
            case "disk":
                return limits with { DiskBytes = lifted ? null : Size(ref json) ?? limits.DiskBytes };
            case "collect":
                return limits with { CollectBytes = lifted ? null : Size(ref json) ?? limits.CollectBytes };
            case "processes":
                return limits with { Processes = lifted ? null : Count(ref json) ?? limits.Processes };
            case "openFiles":
                return limits with { OpenFiles = lifted ? null : Count(ref json) ?? limits.OpenFiles };
            case "memoryHigh":
                return limits with { MemoryHighBytes = lifted ? null : Size(ref json) ?? limits.MemoryHighBytes };
            case "ioRead":
                return limits with { IoReadBytes = lifted ? null : Size(ref json) ?? limits.IoReadBytes };
            case "ioWrite":
                return limits with { IoWriteBytes = lifted ? null : Size(ref json) ?? limits.IoWriteBytes };
            default:
                return limits with { Cpus = lifted ? null : json.Decimal("must be a number such as 1.5, or \"none\"") ?? limits.Cpus };
        }
    }

    private static TimeSpan? Duration(ref JsonCursor json)
    {
        if (json.Text("must be a duration such as \"2s\" or \"1500ms\", or \"none\"") is not { } text)
        {
            return null;
        }

        if (Quantity.ParseDuration(text, out var duration, out var suggestion) is not { } problem)
        {
            return duration;
        }

        json.Problem(problem, suggestion);
        return null;
    }

    private static int? Count(ref JsonCursor json)
    {
        const string Expected = "must be a whole number, or \"none\"";
        var number = json.Integer(Expected);
        if (number is null or (>= int.MinValue and <= int.MaxValue))
        {
            return (int?)number;
        }

        json.Problem(number < 0 ? "must not be negative" : "is too large");
        return null;
    }
}
