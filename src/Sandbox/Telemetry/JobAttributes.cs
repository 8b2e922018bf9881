using System.Diagnostics;
using Sandbox.Jobs;
using Sandbox.Text;

namespace Sandbox.Telemetry;

/// <summary>The attributes of a job's span.</summary>
/// <remarks>
/// Never among them: environment, arguments, file contents, output, paths of the host. A command line or a path may
/// carry a token, and traces travel further than results; of the command only the base name of its first word is told.
/// </remarks>
internal static class JobAttributes
{
    public static void Write(Activity span, RecordedJob job)
    {
        WriteRequest(span, job.Spec);
        WriteOutcome(span, job.Result);
        WriteUsage(span, job.Result);
        WriteRequestedLimits(span, job.Spec.Limits);
        WriteEnforcement(span, job.Result);
        WriteIsolation(span, job.Result.Isolation);
    }

    private static void WriteRequest(Activity span, JobSpec spec)
    {
        span.SetTag("sandbox.job.name", spec.Name);
        span.SetTag("process.executable.name", spec.Command is [var first, ..] ? Path.GetFileName(first) : null);
        span.SetTag("sandbox.network", spec.Network.ToString());
    }

    private static void WriteOutcome(Activity span, JobResult result)
    {
        span.SetTag("sandbox.job.verdict", Spelling.Join(result.Verdict.ToString(), '-'));
        span.SetTag("process.exit.code", result.ExitCode);
        span.SetTag("sandbox.job.signal", result.Signal);
        span.SetTag("sandbox.job.killed_by", result.KilledBy?.Word());
        if (result.LimitsHit.Count > 0)
        {
            span.SetTag("sandbox.job.limits_hit", result.LimitsHit.ToArray());
        }
    }

    private static void WriteUsage(Activity span, JobResult result)
    {
        span.SetTag("sandbox.job.cpu_time", result.Time.Cpu.TotalSeconds);
        span.SetTag("sandbox.job.cpu_time.user", result.Time.User.TotalSeconds);
        span.SetTag("sandbox.job.cpu_time.system", result.Time.System.TotalSeconds);
        span.SetTag("sandbox.job.wall_time", result.Time.Wall.TotalSeconds);
        span.SetTag("sandbox.job.overshoot", result.Time.Overshoot.TotalSeconds);
        span.SetTag("sandbox.job.memory.peak", result.Memory.PeakBytes);
        span.SetTag("sandbox.job.memory.sampled", result.Memory.Sampled);
        span.SetTag("sandbox.job.memory.oom_kills", result.Memory.OomKills);
        span.SetTag("sandbox.job.processes.peak", result.ProcessesPeak);
        span.SetTag("sandbox.job.processes.refused", result.ProcessesRefused);
        span.SetTag("sandbox.job.throttled", result.Quality?.Throttled?.TotalSeconds);
        span.SetTag("sandbox.job.stdout.size", result.Stdout.Bytes);
        span.SetTag("sandbox.job.stderr.size", result.Stderr.Bytes);
    }

    /// <summary>From the request, so that they are there for a job that never started; seconds, bytes and counts.</summary>
    public static void WriteRequestedLimits(Activity span, ResourceLimits limits)
    {
        foreach (var limit in LimitTable.All)
        {
            span.SetTag($"sandbox.limit.{Spelling.Join(limit.Name, '_')}.requested", limit.Value(limits));
        }
    }

    private static void WriteEnforcement(Activity span, JobResult result)
    {
        foreach (var (name, enforcement) in result.Enforcement)
        {
            var limit = Spelling.Join(name, '_');
            span.SetTag($"sandbox.limit.{limit}.effective", enforcement.Effective);
            span.SetTag($"sandbox.limit.{limit}.by", enforcement.By.Word());
        }
    }

    private static void WriteIsolation(Activity span, IsolationReport? isolation)
    {
        if (isolation is null)
        {
            return;
        }

        span.SetTag("sandbox.seccomp.policy", isolation.SeccompPolicy);
        span.SetTag("sandbox.seccomp.sha256", isolation.SeccompSha256);
        span.SetTag("sandbox.landlock.abi", isolation.Landlock);
    }
}
