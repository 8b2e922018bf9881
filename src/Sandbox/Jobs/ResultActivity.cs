using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>What a job did with block devices and what it waited for; absent where the kernel does not tell.</summary>
internal static class ActivityWriter
{
    public static void WriteIo(Utf8JsonWriter json, IoUsage? io)
    {
        if (io is null)
        {
            return;
        }

        json.WriteStartObject("io");
        json.WriteNumber("readBytes", io.ReadBytes);
        json.WriteNumber("writtenBytes", io.WrittenBytes);
        json.WriteNumber("reads", io.Reads);
        json.WriteNumber("writes", io.Writes);
        json.WriteEndObject();
    }

    public static void WritePressure(Utf8JsonWriter json, PressureUsage? pressure)
    {
        if (pressure is null)
        {
            return;
        }

        json.WriteStartObject("pressure");
        json.WriteMilliseconds("cpuMs", pressure.Cpu);
        json.WriteMilliseconds("memoryMs", pressure.Memory);
        json.WriteMilliseconds("ioMs", pressure.Io);
        json.WriteEndObject();
    }
}

/// <summary>The member <c>quality</c> of result.json: what is not known is left out.</summary>
internal static class QualityWriter
{
    public static void Write(Utf8JsonWriter json, RunQuality? quality)
    {
        if (quality is null)
        {
            return;
        }

        json.WriteStartObject("quality");
        WriteText(json, "cpus", quality.Cpus);
        json.WriteNumber("forcedSwitches", quality.ForcedSwitches);
        if (quality.VoluntarySwitches is { } voluntary)
        {
            json.WriteNumber("voluntarySwitches", voluntary);
        }

        WriteMilliseconds(json, "throttledMs", quality.Throttled);
        WriteMilliseconds(json, "cpuPressureMs", quality.CpuPressure);
        WriteMilliseconds(json, "stealMs", quality.Steal);
        WriteText(json, "note", quality.Note);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }

    private static void WriteMilliseconds(Utf8JsonWriter json, string name, TimeSpan? time)
    {
        if (time is { } value)
        {
            json.WriteMilliseconds(name, value);
        }
    }
}

/// <summary>How numbers are written in result.json.</summary>
internal static class ResultNumbers
{
    /// <summary>Milliseconds, to the microsecond.</summary>
    public static void WriteMilliseconds(this Utf8JsonWriter json, string name, TimeSpan time) =>
        json.WriteNumber(name, Math.Round(time.TotalMilliseconds, 3));
}
