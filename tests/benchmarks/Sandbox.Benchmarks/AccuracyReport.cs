using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sandbox.Benchmarks;

/// <summary>What <see cref="Accuracy"/> found, as text and as JSON.</summary>
internal static class AccuracyReport
{
    // Of less, a percentage says nothing.
    private const double LeastForPercent = 10;

    private static readonly (string Name, string Unit, Func<Figures, double?> Figure)[] s_quantities =
    [
        ("cpu", "ms", figures => figures.CpuMilliseconds),
        ("wall", "ms", figures => figures.WallMilliseconds),
        ("peak", "MiB", figures => figures.PeakMebibytes),
    ];

    public static void Append(StringBuilder text, IReadOnlyList<Comparison> found)
    {
        foreach (var (name, unit, figure) in found.Count > 0 ? s_quantities : [])
        {
            text.AppendLine().AppendLine(Invariant($"error of {name} in {unit}, and in % of what the program measured of itself"));
            text.AppendLine(Invariant($"{"",-49}{"truth",9}{"min",9}{"median",9}{"max",9}{"min",8}{"median",8}{"max",8}"));
            foreach (var comparison in found.OrderBy(comparison => Index(found, comparison.Workload)))
            {
                AppendRow(text, comparison, comparison.Errors(figure));
            }
        }
    }

    public static void Write(Utf8JsonWriter json, IReadOnlyList<Comparison> found)
    {
        json.WriteStartArray("accuracy");
        foreach (var comparison in found)
        {
            foreach (var (name, unit, figure) in s_quantities)
            {
                if (comparison.Errors(figure) is { Count: > 0 } errors)
                {
                    WriteRow(json, comparison, name, unit, errors);
                }
            }
        }

        json.WriteEndArray();
    }

    private static void AppendRow(StringBuilder text, Comparison comparison, IReadOnlyList<(double Truth, double Error)> errors)
    {
        if (errors.Count == 0)
        {
            return;
        }

        var truth = Truth(errors);
        var absolute = Distribution.Of(errors.Select(run => run.Error));
        text.Append(Invariant($"  {comparison.Workload,-26} {comparison.Source,-20}{truth,9:F1}"));
        text.Append(Invariant($"{absolute.Smallest,9:F2}{absolute.Median,9:F2}{absolute.Largest,9:F2}"));
        if (Percent(errors) is { } relative)
        {
            text.Append(Invariant($"{relative.Smallest,8:F1}{relative.Median,8:F1}{relative.Largest,8:F1}"));
        }

        text.AppendLine();
    }

    private static void WriteRow(
        Utf8JsonWriter json, Comparison comparison, string name, string unit, IReadOnlyList<(double Truth, double Error)> errors)
    {
        json.WriteStartObject();
        json.WriteString("workload", comparison.Workload);
        json.WriteString("source", comparison.Source);
        json.WriteString("quantity", name);
        json.WriteString("unit", unit);
        json.WriteNumber("truth", Math.Round(Truth(errors), 3));
        json.WriteStartObject("error");
        Distribution.Of(errors.Select(run => run.Error)).Write(json);
        json.WriteEndObject();
        if (Percent(errors) is { } relative)
        {
            json.WriteStartObject("errorPercent");
            relative.Write(json);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static double Truth(IReadOnlyList<(double Truth, double Error)> errors) => Distribution.Of(errors.Select(run => run.Truth)).Median;

    private static Distribution? Percent(IReadOnlyList<(double Truth, double Error)> errors) =>
        errors.All(run => run.Truth >= LeastForPercent) ? Distribution.Of(errors.Select(run => run.Error / run.Truth * 100)) : null;

    private static int Index(IReadOnlyList<Comparison> found, string workload) =>
        found.TakeWhile(comparison => comparison.Workload != workload).Count();

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
