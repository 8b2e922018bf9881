using Sandbox.Resources;

namespace Sandbox.Execution;

/// <summary>Where jobs run: the launchers, and what they share.</summary>
internal sealed class JobHost(SandboxOptions options) : IDisposable
{
    /// <summary>More would prepare more sandboxes than any machine has a use for.</summary>
    public const int MostLaunchers = 16;

    private readonly Lock _lock = new();
    private readonly Launcher?[] _launchers = new Launcher?[Math.Clamp(options.Launchers, 1, MostLaunchers)];
    private readonly int[] _jobs = new int[Math.Clamp(options.Launchers, 1, MostLaunchers)];
    private Launcher? _early;
    private Action? _whenLasting;

    /// <summary>The jobs that run here, as others see them.</summary>
    public JobPresences Presences { get; } = new();

    /// <summary>Is called once, when a job has lasted so long that somebody may want to look at it; by a thread that has to go on at once.</summary>
    public Action? WhenLasting { set => _whenLasting = value; }

    /// <summary>What a job is to call once it has lasted so long; null for nothing. Of several jobs the first that does is heard.</summary>
    public Action? OnLasting => Volatile.Read(ref _whenLasting) is null ? null : CallLasting;

    /// <summary>What jobs are given, in order.</summary>
    public IReadOnlyList<Resource> Given { get; init; } = JobResources.InOrder;

    /// <summary>How long the host's part at a job's barrier may take; less than pid 1 has for all of the set-up.</summary>
    public TimeSpan BarrierTime { get; init; } = SetupBarrier.UsualTime;

    /// <summary>What all of them share.</summary>
    public HostResources Shared { get; } = new(options);

    /// <summary>The first launcher.</summary>
    /// <exception cref="SandboxException">The control groups that the user has named cannot be used.</exception>
    public Launcher Launcher
    {
        get
        {
            var hasMovedAlone = Shared.Cgroups.HasMovedAlone;
            lock (_lock)
            {
                return At(0, hasMovedAlone);
            }
        }
    }

    /// <summary>
    /// The launcher that has fewest jobs, for one more, in this host's control group: it starts jobs from the one it is in itself, so the host takes its place in the
    /// hierarchy first.
    /// </summary>
    /// <exception cref="SandboxException">The control groups that the user has named cannot be used.</exception>
    public Launcher Choose()
    {
        var hasMovedAlone = Shared.Cgroups.HasMovedAlone;
        lock (_lock)
        {
            var least = Array.IndexOf(_jobs, _jobs.Min());
            _jobs[least]++;
            return At(least, hasMovedAlone);
        }
    }

    /// <summary>One that was chosen has one job less.</summary>
    public void Return(Launcher launcher)
    {
        lock (_lock)
        {
            if (Array.IndexOf(_launchers, launcher) is var index and >= 0)
            {
                _jobs[index]--;
            }
        }
    }

    /// <summary>An installed launcher to use; null for the embedded one.</summary>
    public string? LauncherPath => options.LauncherPath;

    /// <summary>The next job is the last one, and its launcher may end with it.</summary>
    public bool ExpectsNoMore { get; set; }

    /// <summary>Its launchers are started before there is a plan, as a launcher was that it took over.</summary>
    public bool StartsEarly { get; private set; }

    /// <summary>Takes over a launcher that is running already.</summary>
    public void Adopt(Launcher launcher) => (_early, StartsEarly) = (launcher, true);

    /// <summary>The sandboxes that its launchers have prepared.</summary>
    public PreparedSandboxes Prepared
    {
        get
        {
            lock (_lock)
            {
                return WaitingProcesses.Of([.. _launchers.OfType<Launcher>().Select(static launcher => launcher.Pid).Where(static pid => pid > 0)]);
            }
        }
    }

    /// <summary>No more jobs will come: nothing is made ahead any more.</summary>
    public void Close() => Shared.Close();

    /// <summary>Ends the launchers, and with them every job that still runs.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var launcher in _launchers.Append(_early).OfType<Launcher>().Distinct())
            {
                launcher.Dispose();
            }

            Array.Clear(_launchers);
            _early = null;
        }

        Shared.Dispose();
    }

    private void CallLasting() => Interlocked.Exchange(ref _whenLasting, null)?.Invoke();

    private Launcher At(int index, bool hasMovedAlone)
    {
        // One that was there before and did not move along stands in a group from which no job can be started (EACCES).
        if (hasMovedAlone)
        {
            _early?.Dispose();
            _early = null;
        }

        return _launchers[index] ??= (index == 0 ? _early : null) ?? new Launcher(options.LauncherPath);
    }
}
