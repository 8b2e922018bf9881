namespace Sandbox.Hosting;

/// <summary>What an application decides for its sandbox, in code or in its configuration; checked when the host starts, with all problems at once.</summary>
public sealed class SandboxHostOptions
{
    /// <summary>As <see cref="SandboxOptions.Cgroup"/>: control group directories for jobs, parted by colons, or <c>none</c>. Null (the default): found by looking.</summary>
    public string? Cgroup { get; set; }

    /// <summary>As <see cref="SandboxOptions.LeasedCpus"/>: processors whose whole cores are leased to jobs, such as <c>2-7</c>. Null (the default): none.</summary>
    public string? LeasedCpus { get; set; }

    /// <summary>As <see cref="SandboxOptions.Store"/>: absolute path of the store of images and files. Null (the default): the user's.</summary>
    public string? Store { get; set; }

    /// <summary>As <see cref="SandboxOptions.Hidden"/>: absolute paths of directories and sockets that no job gets to reach. Default none.</summary>
    public IReadOnlyList<string> Hidden { get; set; } = [];

    /// <summary>As <see cref="SandboxOptions.LauncherPath"/>: absolute path of an installed launcher. Null (the default): the embedded one.</summary>
    public string? LauncherPath { get; set; }

    /// <summary>As <see cref="SandboxOptions.Launchers"/>: how many processes start jobs. Default 1.</summary>
    public int Launchers { get; set; } = 1;

    /// <summary>As <see cref="SandboxOptions.RootUidRangeStart"/>. Default 1879048192.</summary>
    public uint RootUidRangeStart { get; set; } = new SandboxOptions().RootUidRangeStart;

    /// <summary>As <see cref="SandboxOptions.RootUidRangeLength"/>. Default 65536.</summary>
    public uint RootUidRangeLength { get; set; } = new SandboxOptions().RootUidRangeLength;

    /// <summary>
    /// How long jobs that run when the host is told to stop may take to end by themselves; those that take longer are cancelled. Default 20 seconds, of the 30
    /// that a host takes for all its services unless its <c>ShutdownTimeout</c> says otherwise: when that is over, jobs are cancelled as well.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the health check may take to start a job. Default 5 seconds.</summary>
    public TimeSpan HealthCheckTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// As <see cref="SandboxOptions.OnEvent"/>: hears what happens to every job, next to the log. In code only; <c>+=</c> adds a listener. Null (the default): nobody.
    /// </summary>
    public Action<JobEvent>? OnEvent { get; set; }

    internal SandboxOptions ToRunnerOptions(Action<JobEvent>? onEvent = null) => new()
    {
        Cgroup = Cgroup,
        LeasedCpus = LeasedCpus,
        Store = Store,
        Hidden = Hidden,
        LauncherPath = LauncherPath,
        Launchers = Launchers,
        RootUidRangeStart = RootUidRangeStart,
        RootUidRangeLength = RootUidRangeLength,
        OnEvent = onEvent,
    };
}
