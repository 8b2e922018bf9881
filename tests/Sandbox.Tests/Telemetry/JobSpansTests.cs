using System.Diagnostics;
using Sandbox.Telemetry;
using Xunit;

namespace Sandbox.Tests.Telemetry;

[Collection(TelemetryCollection.Name)]
public sealed class JobSpansTests : IDisposable
{
    private readonly List<Activity> _spans = [];
    private readonly ActivityListener _listener;

    public JobSpansTests()
    {
        SandboxTelemetry.HoldBack();
        SandboxTelemetry.Release();
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == SandboxTelemetry.Name,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _spans.Add,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Fact]
    public void The_caller_named_by_traceparent_is_the_parent()
    {
        var span = Record(RecordedJobs.CpuLimit);

        Assert.Equal(RecordedJobs.TraceId, span.TraceId.ToHexString());
        Assert.Equal(RecordedJobs.ParentSpanId, span.ParentSpanId.ToHexString());
    }

    [Fact]
    public void Without_traceparent_the_current_activity_is_the_parent()
    {
        using var caller = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();

        SandboxTelemetry.Record(RecordedJobs.Spec with { Traceparent = null }, RecordedJobs.CpuLimit, RecordedJobs.StartedAt);

        Assert.Equal(caller.SpanId, JobSpan.ParentSpanId);
        Assert.Same(caller, Activity.Current);
    }

    [Fact]
    public void Phases_keep_their_exact_times_below_the_job()
    {
        var span = Record(RecordedJobs.CpuLimit);
        var clone = _spans.Single(child => child.OperationName == "sandbox.phase.clone");

        Assert.Equal(span.SpanId, clone.ParentSpanId);
        Assert.Equal(RecordedJobs.StartedAt.UtcDateTime.AddMicroseconds(100), clone.StartTimeUtc);
        Assert.Equal(TimeSpan.FromMicroseconds(448), clone.Duration);
    }

    [Fact]
    public void The_job_spans_from_its_start_to_the_end_of_its_last_phase()
    {
        var span = Record(RecordedJobs.CpuLimit);

        Assert.Equal(RecordedJobs.StartedAt.UtcDateTime, span.StartTimeUtc);
        Assert.Equal(TimeSpan.FromMicroseconds(2501300), span.Duration);
    }

    [Fact]
    public void A_verdict_on_the_job_is_not_an_error_of_the_sandbox()
    {
        var span = Record(RecordedJobs.CpuLimit);

        Assert.Equal("cpu-time-limit", span.GetTagItem("sandbox.job.verdict"));
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
    }

    [Fact]
    public void A_setup_error_is_an_error_with_its_errno_and_step()
    {
        var span = Record(RecordedJobs.SetupError);

        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal("cannot bind /data", span.StatusDescription);
        Assert.Equal("EACCES", span.GetTagItem("error.type"));
        Assert.Equal("mounts", span.GetTagItem("sandbox.error.phase"));
    }

    [Fact]
    public void Limits_are_told_as_requested_and_as_in_force()
    {
        var span = Record(RecordedJobs.CpuLimit);

        Assert.Equal((double)(64 << 20), span.GetTagItem("sandbox.limit.file_size.requested"));
        Assert.Equal((double)(1 << 20), span.GetTagItem("sandbox.limit.file_size.effective"));
        Assert.Equal("rlimit", span.GetTagItem("sandbox.limit.file_size.by"));
    }

    [Fact]
    public void Arguments_environment_and_output_stay_out_of_the_trace()
    {
        Record(RecordedJobs.CpuLimit);

        var told = _spans.SelectMany(span => span.TagObjects).Select(tag => tag.Value?.ToString());

        Assert.DoesNotContain(told, value => value?.Contains(RecordedJobs.Secret, StringComparison.Ordinal) == true);
        Assert.Equal("python3", JobSpan.GetTagItem("process.executable.name"));
    }

    [Fact]
    public void A_policy_violation_is_an_event_with_the_call()
    {
        var violation = new PolicyViolation { Syscall = "ptrace", Number = 101, Arch = "x86_64", Pid = 2, Action = "kill" };

        var span = Record(RecordedJobs.CpuLimit with { Verdict = Verdict.PolicyViolation, Violations = [violation] });

        var told = Assert.Single(span.Events);
        Assert.Contains(new KeyValuePair<string, object?>("sandbox.syscall.name", "ptrace"), told.Tags);
    }

    [Fact]
    public void Jobs_held_back_are_recorded_once_at_release()
    {
        SandboxTelemetry.HoldBack();
        SandboxTelemetry.Record(RecordedJobs.Spec, RecordedJobs.CpuLimit, RecordedJobs.StartedAt);
        var before = _spans.Count;

        SandboxTelemetry.Release();
        SandboxTelemetry.Release();

        Assert.Equal(0, before);
        Assert.Single(_spans, span => span.OperationName == "sandbox.job");
    }

    [Fact]
    public void Nothing_is_recorded_once_switched_off()
    {
        SandboxTelemetry.SwitchOff();

        SandboxTelemetry.Record(RecordedJobs.Spec, RecordedJobs.CpuLimit, RecordedJobs.StartedAt);

        Assert.Empty(_spans);
    }

    public void Dispose() => _listener.Dispose();

    private Activity JobSpan => _spans.Single(span => span.OperationName == "sandbox.job");

    private Activity Record(JobResult result)
    {
        SandboxTelemetry.Record(RecordedJobs.Spec, result, RecordedJobs.StartedAt);
        return JobSpan;
    }
}
