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
