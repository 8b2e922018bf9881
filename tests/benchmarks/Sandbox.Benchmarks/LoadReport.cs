using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sandbox.Benchmarks;

/// <summary>The tables of loads and of many jobs.</summary>
internal static class LoadReport
{
    private const string Bubblewrap = "bwrap, 5 mounts";
    private const string Bare = "bare";

    public static void Append(StringBuilder text, Measurements found)
    {
        foreach (var group in found.Loads.GroupBy(static load => (load.Workload, load.Submitters)))
        {
            text.AppendLine().AppendLine(Invariant($"{$"{group.Key.Workload}, {group.Key.Submitters} at once",-26} {"jobs/s",8} {"x bwrap",8} {"p50 us",8} {"p99 us",8} {"p99/p50",8} {"x bare",8} {"x bwrap",8} {"cpu us",8} {"machine",8}"));
            var bare = group.FirstOrDefault(static load => load.Contender == Bare);
            var bwrap = group.FirstOrDefault(static load => load.Contender == Bubblewrap);
            foreach (var load in group.Where(static load => load.Latencies.Count > 0))
            {
                var (all, jobs) = (Distribution.Of(load.Latencies), load.Latencies.Count);
                text.AppendLine(Invariant($"{load.Contender,-26} {load.JobsPerSecond,8:F0} {load.JobsPerSecond / bwrap?.JobsPerSecond,8:F2} {all.Median,8:F0} {all.Percentile(99),8:F0} {all.Percentile(99) / all.Median,8:F1} {all.Median / Middle(bare),8:F2} {all.Median / Middle(bwrap),8:F2} {load.CpuSeconds * 1e6 / jobs,8:F0} {load.MachineSeconds * 1e6 / jobs,8:F0}"));
            }
        }

        if (found.WarmPhases.Count > 0)
        {
            text.AppendLine().AppendLine("phases of the no-op in SandboxRunner, all of the above together (us, median and p95)");
            foreach (var (name, spread) in found.WarmPhases)
            {
                text.AppendLine(Invariant($"  {name,-24} {spread.Median,9:F0} {spread.Percentile95,9:F0}"));
            }
        }

        if (found.Endurance.Count > 0)
        {
            text.AppendLine().AppendLine(Invariant($"{"after so many jobs",-22} {"p50 us",8} {"p99 us",8} {"cpu us",8} {"runner MiB",11} {"launcher MiB",13} {"descriptors",12}"));
            foreach (var stage in found.Endurance)
            {
                text.AppendLine(Invariant($"{stage.Jobs,-22} {stage.Median,8:F0} {stage.Percentile99,8:F0} {stage.CpuMicroseconds,8:F0} {stage.RunnerMebibytes,11:F1} {stage.LauncherMebibytes,13:F1} {stage.Descriptors,12}"));
            }
        }
    }

    public static void Write(Utf8JsonWriter json, Measurements found)
    {
        json.WriteStartArray("server");
        foreach (var load in found.Loads.Where(static load => load.Latencies.Count > 0))
        {
            json.WriteStartObject();
            json.WriteString("workload", load.Workload);
            json.WriteString("contender", load.Contender);
            json.WriteNumber("submitters", load.Submitters);
            json.WriteNumber("jobsPerSecond", Math.Round(load.JobsPerSecond, 1));
            json.WriteNumber("cpuMicroseconds", Math.Round(load.CpuSeconds * 1e6 / load.Latencies.Count));
            json.WriteNumber("machineMicroseconds", Math.Round(load.MachineSeconds * 1e6 / load.Latencies.Count));
            json.WriteStartObject("latencyMicroseconds");
            Distribution.Of(load.Latencies).Write(json);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("endurance");
        foreach (var stage in found.Endurance)
        {
            json.WriteStartObject();
            json.WriteNumber("jobs", stage.Jobs);
            json.WriteNumber("p50Microseconds", Math.Round(stage.Median));
            json.WriteNumber("p99Microseconds", Math.Round(stage.Percentile99));
            json.WriteNumber("cpuMicroseconds", Math.Round(stage.CpuMicroseconds));
            json.WriteNumber("runnerMebibytes", Math.Round(stage.RunnerMebibytes, 1));
            json.WriteNumber("launcherMebibytes", Math.Round(stage.LauncherMebibytes, 1));
            json.WriteNumber("descriptors", stage.Descriptors);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static double? Middle(LoadResult? load) => load is { Latencies.Count: > 0 } ? Distribution.Of(load.Latencies).Median : null;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
