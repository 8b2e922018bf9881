namespace Sandbox.Execution;

/// <summary>
/// A thread for the whole life of each job, since its supervisor polls. One that is done waits a while for the next job: making a thread and ending it
/// takes longer than waking one, and of short jobs there are many.
/// </summary>
internal static class JobThreads
{
    private const int StackBytes = 256 << 10;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private static readonly int s_mostIdle = 2 * Environment.ProcessorCount;
    private static readonly Lock s_lock = new();
    private static readonly List<Worker> s_idle = [];

    /// <summary>How many wait for a job now.</summary>
    public static int Idle
    {
        get
        {
            lock (s_lock)
            {
                return s_idle.Count;
            }
        }
    }

    /// <summary>Does the work on a thread of its own, in the caller's execution context. It must not throw: that would end this process.</summary>
    /// <exception cref="OutOfMemoryException">There is no thread to be had (pthread_create(3), EAGAIN).</exception>
    public static void Start(Action work)
    {
        Worker? worker = null;
        lock (s_lock)
        {
            if (s_idle.Count > 0)
            {
                worker = s_idle[^1];
                s_idle.RemoveAt(s_idle.Count - 1);
            }
        }

        if (worker is null)
        {
            new Worker(work).Start();
        }
        else
        {
            worker.Give(work);
        }
    }

    private sealed class Worker(Action first)
    {
        private readonly object _gate = new();
        private Action? _work = first;
        private ExecutionContext? _context = ExecutionContext.Capture();

        public void Start() => new Thread(Live, StackBytes) { IsBackground = true, Name = "sandbox job" }.UnsafeStart();

        public void Give(Action work)
        {
            lock (_gate)
            {
                (_work, _context) = (work, ExecutionContext.Capture());
                Monitor.Pulse(_gate);
            }
        }

        private void Live()
        {
            // What a thread begins with: nothing of whoever started it (UnsafeStart).
            var empty = ExecutionContext.Capture()!;
            do
            {
                Work(empty);
            }
            while (IsGivenMore());
        }

        // Neither the job nor who started it is kept while the thread waits.
        private void Work(ExecutionContext empty)
        {
            var (work, context) = (_work!, _context ?? empty);
            (_work, _context) = (null, null);
            ExecutionContext.Run(context, static work => ((Action)work!)(), work);
        }

        private bool IsGivenMore()
        {
            lock (s_lock)
            {
                if (s_idle.Count >= s_mostIdle)
                {
                    return false;
                }

                s_idle.Add(this);
            }

            if (HasWork(s_patience))
            {
                return true;
            }

            lock (s_lock)
            {
                if (s_idle.Remove(this))
                {
                    return false;
                }
            }

            // Somebody has taken it from the list just now, and is about to give it work.
            return HasWork(Timeout.InfiniteTimeSpan);
        }

        private bool HasWork(TimeSpan patience)
        {
            lock (_gate)
            {
                return _work is not null || Monitor.Wait(_gate, patience);
            }
        }
    }
}
