using System.Diagnostics.Metrics;
using Sandbox.Text;

namespace Sandbox.Telemetry;

/// <summary>The measurements of a job.</summary>
internal static class JobMetrics
{
    // The defaults of OpenTelemetry are made for milliseconds and would put every phase into one bucket.
    private static readonly InstrumentAdvice<double> s_phaseBuckets = Buckets(
        10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 100e-3, 1, 10);

    private static readonly InstrumentAdvice<double> s_runBuckets = Buckets(
        1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600);

    private static readonly InstrumentAdvice<long> s_memoryBuckets = new()
    {
        HistogramBucketBoundaries =
            [1L << 20, 4L << 20, 16L << 20, 32L << 20, 64L << 20, 128L << 20, 256L << 20, 512L << 20, 1L << 30, 4L << 30, 16L << 30],
    };

    private static readonly Meter s_meter = new(
        SandboxDiagnostics.MeterName, typeof(JobMetrics).Assembly.GetName().Version?.ToString(3));

    private static readonly Counter<long> s_jobs =
        s_meter.CreateCounter<long>("sandbox.jobs", "{job}", "Jobs that ended, by verdict.");

    private static readonly Histogram<double> s_phases =
        Seconds("sandbox.phase.duration", "Duration of the phases of jobs, by phase.", s_phaseBuckets);

    private static readonly Histogram<double> s_setup =
        Seconds("sandbox.job.setup_time", "Time from the start of a job's preparation to its execve.", s_phaseBuckets);

    private static readonly Histogram<double> s_cpuTime =
        Seconds("sandbox.job.cpu_time", "User and system time of the whole process tree.", s_runBuckets);

    private static readonly Histogram<double> s_wallTime =
        Seconds("sandbox.job.wall_time", "Real time from execve to the end of the first process.", s_runBuckets);

    private static readonly Histogram<double> s_overshoot =
        Seconds("sandbox.job.overshoot", "How far past the time limit that decided the verdict a job was stopped.", s_phaseBuckets);

    private static readonly Histogram<long> s_memoryPeak = s_meter.CreateHistogram(
        "sandbox.job.memory.peak", "By", "Peak memory of the whole job.", tags: null, advice: s_memoryBuckets);

    private static readonly Counter<long> s_connections =
        s_meter.CreateCounter<long>("sandbox.job.connections", "{connection}", "Connections of jobs that reach a list, by whether the list allowed them.");

    private static readonly Counter<long> s_traffic =
        s_meter.CreateCounter<long>("sandbox.job.traffic", "By", "Bytes over these connections, by direction.");

    public static void Record(RecordedJob job)
    {
        var result = job.Result;
        var verdict = new KeyValuePair<string, object?>(
            "sandbox.job.verdict", s_jobs.Enabled ? Spelling.Join(result.Verdict.ToString(), '-') : null);
        s_jobs.Add(1, verdict);
        RecordPhases(result);
        RecordConnections(result);

        // A job that never ran has no usage; zeros would drag the histograms down.
        if (!Ran(result))
        {
            return;
        }

        s_cpuTime.Record(result.Time.Cpu.TotalSeconds);
        s_wallTime.Record(result.Time.Wall.TotalSeconds);
        s_memoryPeak.Record(result.Memory.PeakBytes);
        if (result.Verdict is Verdict.CpuTimeLimit or Verdict.WallTimeLimit or Verdict.IdleLimit)
        {
            s_overshoot.Record(result.Time.Overshoot.TotalSeconds);
        }
    }

    // Not by name: what a job was refused is of its own making, and would make series without end.
    private static void RecordConnections(JobResult result)
    {
        foreach (var connection in result.Connections)
        {
            s_connections.Add(connection.Count, new KeyValuePair<string, object?>("sandbox.connection.allowed", connection.Allowed));
            Traffic(connection.BytesIn, "receive");
            Traffic(connection.BytesOut, "transmit");
        }
    }

    private static void Traffic(long bytes, string direction)
    {
        if (bytes > 0)
        {
            s_traffic.Add(bytes, new KeyValuePair<string, object?>("network.io.direction", direction));
        }
    }

    private static void RecordPhases(JobResult result)
    {
        if (!s_phases.Enabled && !s_setup.Enabled)
        {
            return;
        }

        foreach (var phase in result.Phases)
        {
            s_phases.Record(
                phase.Microseconds / 1e6, new KeyValuePair<string, object?>("sandbox.phase.name", phase.Phase.Word()));
            if (phase.Phase == JobPhase.Run)
            {
                s_setup.Record(phase.StartMicroseconds / 1e6);
            }
        }
    }

    private static bool Ran(JobResult result) =>
        result.Verdict is not (Verdict.SetupError or Verdict.InternalError or Verdict.ExecFailed);

    private static Histogram<double> Seconds(string name, string description, InstrumentAdvice<double> advice) =>
        s_meter.CreateHistogram(name, "s", description, tags: null, advice: advice);

    private static InstrumentAdvice<double> Buckets(params double[] boundaries) =>
        new() { HistogramBucketBoundaries = boundaries };
}
