namespace Sandbox.Telemetry;

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
                return false;

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
