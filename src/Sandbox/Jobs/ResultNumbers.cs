using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>How numbers are written in result.json.</summary>
internal static class ResultNumbers
{
    /// <summary>Milliseconds, to the microsecond.</summary>
    public static void WriteMilliseconds(this Utf8JsonWriter json, string name, TimeSpan time) =>
        json.WriteNumber(name, Math.Round(time.TotalMilliseconds, 3));
}
