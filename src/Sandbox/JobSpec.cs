namespace Sandbox;

/// <summary>A job in one sandbox: what job.json says, with paths on the host already absolute.</summary>
public sealed record JobSpec : JobDocument
{
    /// <summary>Label for logs and telemetry; null when the job has none.</summary>
    public override string? Name { get; init; }

    /// <summary>
    /// The program and its arguments; a first word without '/' is looked up in PATH inside the sandbox. Empty: the image's entrypoint
    /// and command.
    /// </summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Absolute directory inside the sandbox the job starts in. Null (the default): the image's, else <c>/work</c>.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The variables the job adds to the defaults PATH, HOME, TMPDIR and LANG; nothing is inherited from the host.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>Host name the job sees, at most 64 bytes (uname(2)). Default <c>sandbox</c>.</summary>
    public string Hostname { get; init; } = "sandbox";

    /// <summary>NIS domain name the job sees, at most 64 bytes (uname(2), getdomainname(2)). Null (the default): none.</summary>
    public string? Domainname { get; init; }

    /// <summary>The ids the job sees. Null (the default): the image's, else 1000:1000.</summary>
    public JobUser? User { get; init; }

    /// <summary>What the job's <c>/</c> is made of. Default: the host's toolchain directories, read-only.</summary>
    public Rootfs Rootfs { get; init; } = new HostRootfs();

    /// <summary>Mounts on top of the root file system, in order.</summary>
    public IReadOnlyList<Mount> Mounts { get; init; } = [];

    /// <summary>Files put into the sandbox before the start, by absolute path inside.</summary>
    public IReadOnlyList<InjectedFile> Files { get; init; } = [];

    /// <summary>What the job reads on descriptor 0. Default: nothing (<c>/dev/null</c>).</summary>
    public Stdin Stdin { get; init; } = new NullStdin();

    /// <summary>Where descriptor 1 goes. Default: captured into the result.</summary>
    public OutputStream Stdout { get; init; } = new CaptureStream();

    /// <summary>Where descriptor 2 goes. Default: captured into the result.</summary>
    public OutputStream Stderr { get; init; } = new CaptureStream();

    /// <summary>Pipes to other processes of the same <see cref="ProcessesJob"/>, beside descriptors 0 to 2. Default: none.</summary>
    public IReadOnlyList<PipeDescriptor> Descriptors { get; init; } = [];

    /// <summary>
    /// The job gets a terminal of its own as descriptors 0 to 2, on which <see cref="Stdin"/> is typed and whose output is <see cref="Stdout"/>;
    /// <see cref="Stderr"/> is the same stream. Default: none.
    /// </summary>
    /// <remarks>
    /// What a terminal does is done to the bytes: the kernel echoes the input, writes each newline as CR LF, and cuts lines
    /// of input longer than 4095 bytes (termios(3)). The variable TERM is <c>xterm</c> unless <see cref="Env"/> says otherwise.
    /// </remarks>
    public bool Terminal { get; init; }

    /// <summary>Details of the start for programs that stand in for another sandbox; a job file has no form for them. Default: nothing special.</summary>
    public StartDetails Start { get; init; } = StartDetails.Usual;

    /// <summary>Files collected after the job's end.</summary>
    public IReadOnlyList<OutputSpec> Outputs { get; init; } = [];

    /// <summary>Whether to tell what the job changed in its mounts of type overlay; null for no. Default null.</summary>
    public DiffSpec? Diff { get; init; }

    /// <summary>The limits; every one has a safe default.</summary>
    public ResourceLimits Limits { get; init; } = new();

    /// <summary>
    /// Limits of each process (getrlimit(2)) by their names in ulimit, where the soft one is to be below the hard one or the hard one below what the sandbox would set: nofile, nproc, stack, as, data,
    /// memlock, msgqueue, sigpending. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, RlimitRange> Rlimits { get; init; } = new Dictionary<string, RlimitRange>();

    /// <summary>How much likelier than other programs the job's are to be ended when the host is out of memory, 0 to 1000 (proc(5), oom_score_adj). Default 1000: first of all.</summary>
    public int OomScoreAdj { get; init; } = UsualOomScoreAdj;

    /// <summary>What happens at the <c>output</c> limit. Default: the job is killed.</summary>
    public OutputLimitAction OnOutputLimit { get; init; }

    /// <summary>The network the job sees. Default: its own namespace with nothing up.</summary>
    public Network Network { get; init; } = Network.None;

    /// <summary>
    /// TCP ports of the host whose connections are relayed to ports of the job's own network, at most 64, from the start of the job to its end. Default: none.
    /// </summary>
    public IReadOnlyList<PortMapping> Ports { get; init; } = [];

    /// <summary>The IPC namespace of the job. Default: one of its own.</summary>
    public IpcNamespace Ipc { get; init; } = IpcNamespace.Private;

    /// <summary>Further lines of the job's <c>/etc/hosts</c>: addresses by the name that leads to them, at most 256. Default: none.</summary>
    public IReadOnlyDictionary<string, string> ExtraHosts { get; init; } = new Dictionary<string, string>();

    /// <summary>What the job's resolver is told beyond its name server. Null (the default): nothing.</summary>
    public DnsSettings? Dns { get; init; }

    /// <summary>
    /// Settings of the kernel in namespaces of the job's own, by their names in sysctl(8); those of the network with a network of its own only. One that the kernel does not take is a
    /// setup error. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, string> Sysctls { get; init; } = new Dictionary<string, string>();

    /// <summary>The seccomp policy. Default: the built-in <c>default</c>.</summary>
    public Seccomp Seccomp { get; init; } = new NamedPolicy { Name = "default" };

    /// <summary>
    /// Capabilities the job keeps, of the inner user namespace only (capabilities(7)). They reach no id but the job's own. Default: none.
    /// </summary>
    public CapabilitySet Capabilities { get; init; }

    /// <summary>
    /// The job has ids from 0 to 65535, or as many as the caller has subordinate ids (subuid(5)), instead of one: 0 is the caller outside. Needs
    /// newuidmap(1); real root takes the ids that follow <see cref="SandboxOptions.RootUidRangeStart"/> and its range. Default false.
    /// </summary>
    public bool SubIds { get; init; }

    /// <summary>Device nodes of the host the job may use, by their path below /dev, beside null, zero, full, random, urandom and tty. Default: none.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>How much of <c>/proc</c> the job sees. Default: all, with what tells of the host hidden.</summary>
    public ProcView Proc { get; init; }

    /// <summary>How much of <c>/sys</c> the job sees. Default: nothing.</summary>
    public SysView Sys { get; init; }

    /// <summary>Whether anything may be prepared or shared ahead of the job.</summary>
    public IsolationLevel Isolation { get; init; }

    /// <summary>The processors the job may run on, in the kernel's list format such as <c>0-1,4</c> (cpuset(7)); null for all the caller may use.</summary>
    public string? Cpuset { get; init; }

    /// <summary>Limits that must be held by the kernel, else the job is a setup error.</summary>
    public IReadOnlyList<RequiredLimit> Require { get; init; } = [];

    /// <summary>W3C trace context of the caller, or null.</summary>
    public string? Traceparent { get; init; }

    internal const int UsualOomScoreAdj = 1000;

    /// <summary><see cref="WorkingDirectory"/> once everybody has been asked.</summary>
    internal string Directory => WorkingDirectory ?? "/work";

    /// <summary><see cref="User"/> once everybody has been asked.</summary>
    internal JobUser Ids => User ?? JobUser.Ordinary;

    /// <inheritdoc/>
    public override IEnumerable<JobPart> Parts() => [new() { Pointer = "", Job = this }];

    /// <inheritdoc/>
    public override JobDocument WithParts(Func<JobPart, JobSpec> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return change(new() { Pointer = "", Job = this });
    }

    /// <inheritdoc/>
    public override long? MemoryAtOnce() => Limits.MemoryBytes;

    /// <inheritdoc/>
    public override DocumentResult CancelledBeforeStart(string message) => JobResult.CancelledBeforeStart(Name, message);
}

/// <summary>The user and group id the job sees itself as; <c>"root"</c> is 0:0 in the job's own user namespace.</summary>
public sealed record JobUser
{
    /// <summary>User id inside, 0 to 4294967294.</summary>
    public required uint Uid { get; init; }

    /// <summary>Group id inside, same range as <see cref="Uid"/>.</summary>
    public required uint Gid { get; init; }

    /// <summary>Who a job is unless somebody says otherwise.</summary>
    internal static JobUser Ordinary { get; } = new() { Uid = 1000, Gid = 1000 };
}

/// <summary>How much of procfs the job sees at <c>/proc</c>.</summary>
public enum ProcView
{
    /// <summary>All of it, with what tells of the host hidden or read-only.</summary>
    Full,

    /// <summary>Processes only: no <c>cpuinfo</c>, <c>meminfo</c>, <c>sys</c> … (proc(5), <c>subset=pid</c>).</summary>
    Pid,
}

/// <summary>How much of sysfs the job sees at <c>/sys</c>.</summary>
public enum SysView
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The devices of its own network (<c>/sys/class/net</c>), read-only. Needs a network namespace of its own, and a host whose <c>/sys</c> is covered nowhere.</summary>
    Network,
}

/// <summary>What happens when a stream reaches the <c>output</c> limit.</summary>
public enum OutputLimitAction
{
    /// <summary>The job is killed: verdict <c>output-limit</c>.</summary>
    Kill,

    /// <summary>Further bytes are dropped and the stream is marked truncated.</summary>
    Truncate,
}
