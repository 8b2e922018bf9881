using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>The member <c>quality</c> of result.json: what is not known is left out.</summary>
internal static class QualityWriter
{
    public static void Write(Utf8JsonWriter json, RunQuality? quality)
    {
        if (quality is null)
            return;

        json.WriteStartObject("quality");
        WriteText(json, "cpus", quality.Cpus);
        json.WriteNumber("forcedSwitches", quality.ForcedSwitches);
        WriteMilliseconds(json, "throttledMs", quality.Throttled);
        WriteMilliseconds(json, "cpuPressureMs", quality.CpuPressure);
        WriteMilliseconds(json, "stealMs", quality.Steal);
        WriteText(json, "note", quality.Note);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
            json.WriteString(name, text);
    }

    private static void WriteMilliseconds(Utf8JsonWriter json, string name, TimeSpan? time)
    {
        if (time is { } value)
            json.WriteMilliseconds(name, value);
    }
}
