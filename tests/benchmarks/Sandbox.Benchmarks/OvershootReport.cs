using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sandbox.Benchmarks;

/// <summary>What <see cref="Overshoot"/> found, as text and as JSON.</summary>
internal static class OvershootReport
{
    public static void Append(StringBuilder text, IReadOnlyList<OvershootSeries> found)
    {
        if (found.Count == 0)
        {
            return;
        }

        var tick = KernelTick.Length;
        text.AppendLine().AppendLine(Invariant($"stopped past the limit, ms{(tick is { } length ? $" (a tick of this kernel is {length.TotalMilliseconds:0.#})" : "")}"));
        text.AppendLine(Invariant($"{"",-50}{"min",7}{"p10",7}{"median",7}{"p90",7}{"p99",7}{"max",7}{"ticks",7}"));
        foreach (var series in found)
        {
            text.AppendLine(Name(series) + Percentiles(series.Milliseconds) + Ticks(series.Milliseconds, tick));
        }

        text.AppendLine().AppendLine("how many jobs were stopped less than so many ms late");
        text.AppendLine(Invariant($"{"",-50}") + string.Concat(Distribution.Edges.Select(edge => Invariant($"{edge,6:0.#}"))) + "  more");
        foreach (var series in found)
        {
            text.AppendLine(Name(series) + string.Concat(series.Milliseconds.Histogram().Select(count => Invariant($"{(count > 0 ? count : "."),6}"))));
        }
    }

    public static void Write(Utf8JsonWriter json, IReadOnlyList<OvershootSeries> found)
    {
        json.WriteStartArray("overshoot");
        foreach (var series in found)
        {
            json.WriteStartObject();
            json.WriteString("mechanism", series.Mechanism);
            json.WriteString("limit", series.Limit);
            json.WriteString("workload", series.Workload);
            json.WriteString("unit", "ms");
            series.Milliseconds.Write(json);
            json.WriteStartArray("histogram");
            foreach (var count in series.Milliseconds.Histogram())
            {
                json.WriteNumberValue(count);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Name(OvershootSeries series) => Invariant($"  {series.Limit,-9} {series.Workload,-21} {series.Mechanism,-17}");

    private static string Percentiles(Distribution values) =>
        Invariant($"{values.Smallest,7:F2}{values.Percentile(10),7:F2}{values.Median,7:F2}{values.Percentile(90),7:F2}{values.Percentile(99),7:F2}{values.Largest,7:F2}");

    private static string Ticks(Distribution values, TimeSpan? tick) =>
        tick is { } length ? Invariant($"{values.Median / length.TotalMilliseconds,7:F2}") : "";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
