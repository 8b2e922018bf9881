using System.Diagnostics;
using Sandbox.Text;

namespace Sandbox.Telemetry;

/// <summary>The span of a job and one child span per phase, with the times the launcher measured.</summary>
internal static class JobSpans
{
    private static readonly ActivitySource s_source = new(
        SourceNames.Sandbox, typeof(JobSpans).Assembly.GetName().Version?.ToString(3));

    public static void Record(RecordedJob job)
    {
        if (!s_source.HasListeners())
        {
            return;
        }

        // Without a traceparent the default context makes the caller's current activity the parent.
        _ = ActivityContext.TryParse(job.Spec.Traceparent, null, isRemote: true, out var parent);
        using var span = s_source.StartActivity(
            "sandbox.job", ActivityKind.Internal, parent, startTime: Utc(job.StartedAt));
        if (span is null)
        {
            return;
        }

        // A sampler may want the identity of a span and not its content.
        if (span.IsAllDataRequested)
        {
            JobAttributes.Write(span, job);
            WriteViolations(span, job);
            WriteStatus(span, job.Result);
        }

        foreach (var phase in job.Result.Phases)
        {
            RecordPhase(span, job, phase);
        }

        span.SetEndTime(job.EndedAt);
    }

    private static void RecordPhase(Activity span, RecordedJob job, PhaseTiming phase)
    {
        using var child = s_source.StartActivity(
            $"sandbox.phase.{phase.Name}", ActivityKind.Internal, span.Context, startTime: Utc(job.At(phase.StartMicroseconds)));
        child?.SetTag("sandbox.phase.name", phase.Name);
        child?.SetEndTime(job.At(phase.StartMicroseconds + phase.Microseconds));
    }

    private static void WriteViolations(Activity span, RecordedJob job)
    {
        foreach (var violation in job.Result.Violations)
        {
            var tags = new ActivityTagsCollection
            {
                ["sandbox.syscall.name"] = violation.Syscall,
                ["sandbox.syscall.number"] = violation.Number,
                ["sandbox.syscall.arch"] = violation.Arch,
                ["sandbox.syscall.action"] = violation.Action,
            };
            span.AddEvent(new ActivityEvent("sandbox.policy_violation", Utc(job.EndedAt), tags));
        }
    }

    /// <summary>Error means that the sandbox failed; what the job did wrong is its verdict.</summary>
    private static void WriteStatus(Activity span, JobResult result)
    {
        if (result.Verdict is not (Verdict.SetupError or Verdict.InternalError))
        {
            return;
        }

        span.SetStatus(ActivityStatusCode.Error, result.Error?.Message ?? result.Message);
        span.SetTag("error.type", result.Error?.Errno ?? Spelling.Join(result.Verdict.ToString(), '-'));
        span.SetTag("sandbox.error.phase", result.Error?.Phase);
        span.SetTag("sandbox.error.step", result.Error?.Step);
    }

    private static DateTimeOffset Utc(DateTime time) => new(time, TimeSpan.Zero);
}
