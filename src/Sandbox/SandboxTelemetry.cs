using System.ComponentModel;
using Sandbox.Telemetry;

namespace Sandbox;

/// <summary>
/// What the SDK tells of jobs by <see cref="System.Diagnostics.ActivitySource"/> and <see cref="System.Diagnostics.Metrics.Meter"/>: one span tree and one set of
/// measurements per job, written after its end from the result alone. <c>AddSource(SandboxTelemetry.Name)</c> and <c>AddMeter(SandboxTelemetry.Name)</c> export it.
/// </summary>
/// <remarks>
/// Has no static state of its own on purpose: the sources and instruments live in <see cref="JobSpans"/> and
/// <see cref="JobMetrics"/> and come into being at the first job that is recorded, which listeners attached before or
/// after that see alike (both APIs announce late sources to earlier listeners).
/// </remarks>
public static class SandboxTelemetry
{
    /// <summary>Name of the ActivitySource and of the Meter.</summary>
    public const string Name = SandboxDiagnostics.ActivitySourceName;

    private static volatile bool s_off;
    private static volatile HeldBackJobs? s_heldBack;

    /// <summary>For a process whose owner knows that nobody listens: jobs are not even looked at.</summary>
    /// <remarks>For the <c>sandbox</c> command. A program that attaches no listener pays two flag checks a job.</remarks>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void SwitchOff() => s_off = true;

    /// <summary>Jobs are kept until <see cref="Release"/>: the exporter may take longer to start than a job to run.</summary>
    /// <remarks>For the <c>sandbox</c> command, which lives no longer than a job.</remarks>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void HoldBack()
    {
        s_heldBack = new HeldBackJobs();
        s_off = false;
    }

    /// <summary>Records what was held back; later jobs are recorded at once.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static void Release()
    {
        s_heldBack?.Release(Emit);
        s_heldBack = null;
    }

    /// <summary>Records a job that has ended; costs two flag checks when nobody listens.</summary>
    internal static void Record(JobSpec spec, JobResult result, DateTimeOffset startedAt)
    {
        if (s_off)
        {
            return;
        }

        var job = new RecordedJob { Spec = spec, Result = result, StartedAt = startedAt.UtcDateTime };
        if (s_heldBack?.TryAdd(job) == true)
        {
            return;
        }

        Emit(job);
    }

    private static void Emit(RecordedJob job)
    {
        JobSpans.Record(job);
        JobMetrics.Record(job);
    }
}
