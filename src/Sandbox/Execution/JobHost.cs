using Sandbox.Resources;

namespace Sandbox.Execution;

/// <summary>Where jobs run: the launcher, and what they share.</summary>
internal sealed class JobHost(SandboxOptions options) : IDisposable
{
    private readonly Lock _lock = new();
    private Launcher? _early;
    private Launcher? _launcher;

    /// <summary>What jobs are given, in order.</summary>
    public IReadOnlyList<Resource> Given { get; init; } = JobResources.InOrder;

    /// <summary>How long the host's part at a job's barrier may take; less than pid 1 has for all of the set-up.</summary>
    public TimeSpan BarrierTime { get; init; } = SetupBarrier.UsualTime;

    /// <summary>What all of them share.</summary>
    public HostResources Shared { get; } = new(options);

    /// <summary>The launcher, in this host's control group: it starts jobs from the one it is in itself, so the host takes its place in the hierarchy first.</summary>
    /// <exception cref="SandboxException">The control groups that the user has named cannot be used.</exception>
    public Launcher Launcher
    {
        get
        {
            var hasMovedAlone = Shared.Cgroups.HasMovedAlone;
            lock (_lock)
            {
                // One that was there before and did not move along stands in a group from which no job can be started (EACCES).
                if (hasMovedAlone)
                {
                    _early?.Dispose();
                    _early = null;
                }

                return _launcher ??= _early ?? new Launcher(options.LauncherPath);
            }
        }
    }

    /// <summary>An installed launcher to use; null for the embedded one.</summary>
    public string? LauncherPath => options.LauncherPath;

    /// <summary>Takes over a launcher that is running already.</summary>
    public void Adopt(Launcher launcher) => _early = launcher;

    /// <summary>No more jobs will come: nothing is made ahead any more.</summary>
    public void Close() => Shared.Close();

    /// <summary>Ends the launcher, and with it every job that still runs.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            (_launcher ?? _early)?.Dispose();
            (_launcher, _early) = (null, null);
        }

        Shared.Dispose();
    }
}
