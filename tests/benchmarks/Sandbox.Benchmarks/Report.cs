using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sandbox.Benchmarks;

/// <summary>The table for people and the JSON for programs.</summary>
internal static class Report
{
    private const string Bubblewrap = "bwrap";
    private const string Floor = "floor";

    public static string Table(Measurements found)
    {
        var text = new StringBuilder();
        if (found.Contest.Contenders.Count > 0)
        {
            AppendContenders(text, found);
        }

        if (found.Files.Count > 0)
        {
            AppendFiles(text, found.Files);
        }

        OvershootReport.Append(text, found.Overshoot);
        AccuracyReport.Append(text, found.Accuracy);
        AppendStaleness(text, found);
        PipesContest.Append(text, found.Pipes);
        NetworksContest.Append(text, found.Networks);
        LoadReport.Append(text, found);
        FrontsContest.Append(text, found.Fronts);
        foreach (var problem in found.Problems)
        {
            text.AppendLine(Invariant($"not measured: {problem}"));
        }

        return text.ToString();
    }

    public static void Save(Measurements found, string path)
    {
        using var file = File.Create(path);
        using var json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("schema", "sandbox.bench/1");
        json.WriteString("kernel", Environment.OSVersion.Version.ToString());
        json.WriteNumber("cpus", Environment.ProcessorCount);
        json.WriteStartArray("contenders");
        foreach (var contender in found.Contest.Contenders)
        {
            WriteContender(json, found, contender);
        }

        json.WriteEndArray();
        json.WriteStartArray("phases");
        foreach (var (name, spread) in found.Contest.Phases)
        {
            WriteSpread(json, name, "us", spread);
        }

        json.WriteEndArray();
        json.WriteStartArray("throughput");
        foreach (var (submitters, warm, floor) in found.Contest.Throughput)
        {
            WriteThroughput(json, submitters, warm, floor);
        }

        json.WriteEndArray();
        json.WriteStartArray("files");
        foreach (var contender in found.Files)
        {
            WriteContender(json, found, contender);
        }

        json.WriteEndArray();
        OvershootReport.Write(json, found.Overshoot);
        AccuracyReport.Write(json, found.Accuracy);
        json.WriteStartArray("staleness");
        foreach (var (mechanism, line) in found.Staleness)
        {
            json.WriteStringValue($"{mechanism}: {line}");
        }

        json.WriteEndArray();
        json.WriteStartArray("pipes");
        foreach (var contest in found.Pipes)
        {
            WriteSpread(json, contest.Name, "us", Spread.Of(contest.Microseconds));
        }

        json.WriteEndArray();
        json.WriteStartArray("networks");
        foreach (var job in found.Networks?.Jobs ?? [])
        {
            WriteContender(json, found, job);
        }

        json.WriteEndArray();
        json.WriteStartArray("streams");
        foreach (var stream in found.Networks?.Streams.Where(static stream => stream.Failure is null) ?? [])
        {
            WriteSpread(json, stream.Name, "MiB/s", Spread.Of(stream.MebibytesPerSecond));
        }

        json.WriteEndArray();
        LoadReport.Write(json, found);
        json.WriteStartArray("fronts");
        foreach (var contest in found.Fronts)
        {
            WriteSpread(json, contest.Name, "us", Spread.Of(contest.Front));
            WriteSpread(json, contest.Name + ", own API", "us", Spread.Of(contest.Own));
        }

        json.WriteEndArray();
        json.WriteStartArray("problems");
        foreach (var problem in found.Problems)
        {
            json.WriteStringValue(problem);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void AppendContenders(StringBuilder text, Measurements found)
    {
        text.AppendLine(Row("", "wall us", "mad", "p95", "cpu us", "peak KiB", "x bwrap", "x floor"));
        foreach (var contender in found.Contest.Contenders)
        {
            AppendContender(text, found, contender);
        }

        text.AppendLine().AppendLine("phases of a warm job (us, median and p95)");
        foreach (var (name, spread) in found.Contest.Phases)
        {
            text.AppendLine(Invariant($"  {name,-24} {spread.Median,9:F0} {spread.Percentile95,9:F0}"));
        }

        text.AppendLine().AppendLine("jobs per second         ours     floor");
        foreach (var (submitters, warm, floor) in found.Contest.Throughput)
        {
            text.AppendLine(Invariant($"  {submitters} at once        {warm,9:F0} {floor,9:F0}"));
        }
    }

    // The first one is the job without any of it.
    private static void AppendFiles(StringBuilder text, IReadOnlyList<Contender> contenders)
    {
        text.AppendLine().AppendLine(Row("files and images", "wall us", "mad", "p95", "cpu us", "+ us"));
        var plain = contenders[0].Samples.Count == 0 ? 0 : Wall(contenders[0]).Median;
        foreach (var contender in contenders)
        {
            if (contender.Samples.Count == 0)
            {
                text.AppendLine(Invariant($"{contender.Name,-22} not measured: {contender.Failure}"));
                continue;
            }

            var wall = Wall(contender);
            var cpu = Spread.Of(contender.Samples.Select(sample => sample.CpuMicroseconds)).Median;
            text.AppendLine(Row(contender.Name, Number(wall.Median), Number(wall.Mad), Number(wall.Percentile95), Number(cpu), Number(wall.Median - plain)));
        }
    }

    private static void AppendStaleness(StringBuilder text, Measurements found)
    {
        if (found.Staleness.Count == 0)
        {
            return;
        }

        text.AppendLine().AppendLine("how old a group's CPU time is when it is read (us), after asking the kernel for something else, what that took, how often it was refused");
        text.AppendLine(Invariant($"  {"",-18}{"",-15}{"reads",5} {"min",8} {"p10",8} {"median",8} {"p90",8} {"p99",8} {"max",8} {"took",8} {"refused",7}"));
        foreach (var (mechanism, line) in found.Staleness)
        {
            text.AppendLine(Invariant($"  {mechanism,-18}{line}"));
        }
    }

    private static void AppendContender(StringBuilder text, Measurements found, Contender contender)
    {
        if (contender.Samples.Count == 0)
        {
            text.AppendLine(Invariant($"{contender.Name,-22} not measured: {contender.Failure}"));
            return;
        }

        var wall = Wall(contender);
        text.AppendLine(Row(
            contender.Name,
            Number(wall.Median),
            Number(wall.Mad),
            Number(wall.Percentile95),
            Number(Spread.Of(contender.Samples.Select(sample => sample.CpuMicroseconds)).Median),
            Number(Spread.Of(contender.Samples.Select(sample => sample.PeakKibibytes)).Median),
            Ratio(found, contender, Bubblewrap)?.ToString("F2", CultureInfo.InvariantCulture) ?? "-",
            Ratio(found, contender, Floor)?.ToString("F2", CultureInfo.InvariantCulture) ?? "-"));
    }

    private static void WriteContender(Utf8JsonWriter json, Measurements found, Contender contender)
    {
        json.WriteStartObject();
        json.WriteString("name", contender.Name);
        json.WriteString("description", contender.Description);
        json.WriteString("failure", contender.Failure);
        if (contender.Samples.Count > 0)
        {
            json.WriteStartArray("figures");
            WriteSpread(json, "wall", "us", Wall(contender));
            WriteSpread(json, "cpu", "us", Spread.Of(contender.Samples.Select(sample => sample.CpuMicroseconds)));
            WriteSpread(json, "peak", "KiB", Spread.Of(contender.Samples.Select(sample => sample.PeakKibibytes)));
            json.WriteEndArray();
            WriteRatio(json, "wallOverBwrap", Ratio(found, contender, Bubblewrap));
            WriteRatio(json, "wallOverFloor", Ratio(found, contender, Floor));
        }

        json.WriteEndObject();
    }

    private static void WriteThroughput(Utf8JsonWriter json, int submitters, double warm, double floor)
    {
        json.WriteStartObject();
        json.WriteNumber("submitters", submitters);
        json.WriteNumber("jobsPerSecond", Math.Round(warm, 1));
        json.WriteNumber("floorJobsPerSecond", Math.Round(floor, 1));
        json.WriteEndObject();
    }

    private static void WriteSpread(Utf8JsonWriter json, string name, string unit, Spread spread)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("unit", unit);
        json.WriteNumber("count", spread.Count);
        json.WriteNumber("median", Math.Round(spread.Median, 3));
        json.WriteNumber("mad", Math.Round(spread.Mad, 3));
        json.WriteNumber("p95", Math.Round(spread.Percentile95, 3));
        json.WriteNumber("max", Math.Round(spread.Largest, 3));
        json.WriteEndObject();
    }

    private static void WriteRatio(Utf8JsonWriter json, string name, double? ratio)
    {
        if (ratio is { } value)
        {
            json.WriteNumber(name, Math.Round(value, 3));
        }
    }

    private static double? Ratio(Measurements found, Contender contender, string to)
    {
        var other = found.Contest.Contenders.FirstOrDefault(candidate => candidate.Name == to);
        return other is null || other.Samples.Count == 0 ? null : Wall(contender).Median / Wall(other).Median;
    }

    private static Spread Wall(Contender contender) => Spread.Of(contender.Samples.Select(sample => sample.WallMicroseconds));

    private static string Row(string name, params string[] columns) =>
        columns.Aggregate($"{name,-22}", (row, column) => row + $"{column,10}");

    private static string Number(double value) => value.ToString("F0", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
