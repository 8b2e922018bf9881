namespace Sandbox.Telemetry;

/// <summary>What telemetry knows of one job.</summary>
internal sealed record RecordedJob
{
    public required JobSpec Spec { get; init; }

    public required JobResult Result { get; init; }

    /// <summary>UTC; the phases count from here.</summary>
    public required DateTime StartedAt { get; init; }

    /// <summary>UTC end of the last phase, or of the run where no phase was reached.</summary>
    public DateTime EndedAt
    {
        get
        {
            var end = StartedAt + Result.Time.Wall;
            foreach (var phase in Result.Phases)
            {
                var phaseEnd = At(phase.StartMicroseconds + phase.Microseconds);
                end = phaseEnd > end ? phaseEnd : end;
            }

            return end;
        }
    }

    public DateTime At(long microseconds) => StartedAt.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}

/// <summary>Jobs that ended before anybody could listen.</summary>
internal sealed class HeldBackJobs
{
    private readonly List<RecordedJob> _jobs = [];
    private bool _released;

    /// <summary>False once released: then the job is the caller's to record.</summary>
    public bool TryAdd(RecordedJob job)
    {
        lock (_jobs)
        {
            if (_released)
            {
                return false;
            }

            _jobs.Add(job);
            return true;
        }
    }

    public void Release(Action<RecordedJob> record)
    {
        lock (_jobs)
        {
            _released = true;
            _jobs.ForEach(record);
            _jobs.Clear();
        }
    }
}

/// <summary>How the ActivitySource and the Meter are called; public contract, see docs/telemetry.md.</summary>
internal static class SourceNames
{
    public const string Sandbox = "Sandbox";
}
