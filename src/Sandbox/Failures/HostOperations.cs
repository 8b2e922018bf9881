namespace Sandbox.Failures;

/// <summary>What the host does for a job: the launcher, files, leases, control groups, policies and outputs.</summary>
internal static class HostOperations
{
    private const string OwnDescriptors = "asks the host for a descriptor only: where there are none left, that has a remedy whatever was being done";

    private const string FilesAnswer = "looks at many files: what one of them answers is a failure of its own, and one that does not answer has a remedy whatever was being done";

    /// <summary>What to do about a link that is not followed.</summary>
    public const string LinkOfJob = "a job could have made this link: name the directory that it leads to";

    private static readonly HintRule s_linkOfJob = new(LinkOfJob, "ELOOP");

    private static readonly HintRule s_noTasks = new("the user's limit of processes is reached: raise ulimit -u or TasksMax= of the session, or run fewer jobs at once", "EAGAIN");

    private static readonly HintRule s_diskFull = new("the disk has no room for it, or the user's quota is used up: free some, or name a directory on another disk", "ENOSPC", "EDQUOT");

    private static readonly HintRule s_unwritable = new("the user who runs the sandbox may not write there: give that user access, or name another directory", "EACCES", "EPERM", "EROFS");

    private static readonly HintRule s_missing = new("there is no such file, or a directory above it is missing: make it, or correct the path", "ENOENT", "ENOTDIR");

    private static readonly HintRule s_unreadable = new("the user who runs the sandbox may not read it: give that user access, or name another file", "EACCES", "EPERM");

    private static readonly HintRule s_notAFile = new("a directory or a device stands there: name a regular file", "EISDIR", "EINVAL");

    public static IReadOnlyList<OperationRow> Rows { get; } = [.. Launching, .. Files, .. Leases, .. Policies, .. Outputs];

    private static OperationRow[] Launching =>
    [
        new(Operation.Clone, "clone", JobPhase.Clone) { Probe = HostProbe.Clone3, Rules = [s_noTasks] },
        new(Operation.ReadPlan, "plan", JobPhase.Prepare) { Otherwise = "the launcher comes from another version: install the one of this version, or set no LauncherPath" },
        new(Operation.KeepLauncher, "launcher memfd", JobPhase.Prepare) { Probe = HostProbe.MemfdExec },
        new(Operation.KeepBytes, "memfd", JobPhase.Prepare) { NoHint = OwnDescriptors },
        new(Operation.FindLauncher, "spawn launcher", JobPhase.Prepare) { Otherwise = "build it with ./build.sh build, or set LauncherPath to an installed one" },
        new(Operation.SpawnLauncher, "spawn launcher", JobPhase.Prepare)
        {
            Probe = HostProbe.MemfdExec,
            Rules = [s_noTasks, new("there is no launcher at that path: correct LauncherPath, or set none", "ENOENT", "ENOTDIR")],
        },
        new(Operation.ConnectLauncher, "launcher socket", JobPhase.Prepare) { NoHint = OwnDescriptors },
        new(Operation.OpenChannel, "job channel", JobPhase.Prepare) { NoHint = OwnDescriptors },
        new(Operation.SendJob, "send job", JobPhase.Prepare)
        {
            Rules = [new("the launcher has ended: look for the kernel's OOM killer in the host's log, and run the job again", "EPIPE", "ECONNRESET")],
        },
        new(Operation.OpenNull, "open /dev/null", JobPhase.Prepare)
        {
            Rules = [new("this host has no /dev/null that this user may open: mount a /dev with one", "ENOENT", "ENXIO", "EACCES", "EPERM")],
        },
        new(Operation.GiveStreams, "give the streams", JobPhase.Prepare)
        {
            Rules = [new("real root is without CAP_CHOWN: run the sandbox with it, or as an ordinary user", "EPERM")],
        },
        new(Operation.MakePipe, "pipe", JobPhase.Prepare) { NoHint = OwnDescriptors },
        new(Operation.DoHostsPart, "…", JobPhase.Prepare) { NoHint = "the message is that of the resource that asked for it" },
        new(Operation.MakeEvent, "eventfd", JobPhase.Prepare) { NoHint = OwnDescriptors },
        new(Operation.StartThread, "start a thread", JobPhase.Prepare) { Rules = [s_noTasks] },
        new(Operation.EndJob, "end the job", JobPhase.Run)
        {
            Rules =
            [
                new("it waits in the kernel, for a server (FUSE, NFS) or a device that does not answer, or in a frozen control group, and ends when that lets go of it: bring that back, or thaw the group; its control groups stay until then", "ETIMEDOUT"),
            ],
        },
    ];

    private static OperationRow[] Files =>
    [
        new(Operation.Prepare, "prepare", JobPhase.Prepare) { NoHint = FilesAnswer },
        new(Operation.LookAtFiles, "look at the host's files", JobPhase.Prepare) { NoHint = FilesAnswer },
        new(Operation.ReadHostFile, "read", JobPhase.Prepare) { NoHint = FilesAnswer },
        new(Operation.ReadMount, "read …", JobPhase.Prepare) { Rules = [s_missing, s_unreadable] },
        new(Operation.ReadRootDirectory, "read the folder …", JobPhase.Prepare) { Rules = [s_missing, s_unreadable] },
        new(Operation.OpenJobFiles, "open the job's files", JobPhase.Prepare) { NoHint = FilesAnswer },
        new(Operation.OpenFile, "open file", JobPhase.Prepare) { Rules = [s_missing, s_unreadable, s_notAFile] },
        new(Operation.OpenStdin, "open stdin", JobPhase.Prepare) { Rules = [s_missing, s_unreadable, new("a directory stands there: name a file", "EISDIR")] },
        new(Operation.OpenStream, "open stream", JobPhase.Prepare) { NoHint = OwnDescriptors },
        new(Operation.ReadStdin, "read stdin", JobPhase.Prepare) { NoHint = FilesAnswer },
        new(Operation.WriteStream, "write a stream", JobPhase.Prepare) { NoHint = FilesAnswer },
        new(Operation.WriteStdout, "write stdout", JobPhase.Run) { Rules = [s_diskFull] },
        new(Operation.WriteStderr, "write stderr", JobPhase.Run) { Rules = [s_diskFull] },
        new(Operation.OpenOutputStream, "open output stream", JobPhase.Prepare) { Rules = [s_linkOfJob, s_missing, s_unwritable, s_notAFile, s_diskFull] },
        new(Operation.OpenDestination, "open destination", JobPhase.Prepare) { Rules = [s_linkOfJob, s_missing, s_unwritable, s_notAFile, s_diskFull] },
        new(Operation.OpenUpper, "open upper", JobPhase.Prepare) { Rules = [s_linkOfJob] },
        new(Operation.MakeUppers, "upper sides", JobPhase.Prepare)
        {
            Rules = [new("the disk that keeps the changes of overlays does not take them: free some of it, or set SANDBOX_STORE to a directory of your own on another one", "ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM")],
        },
        new(Operation.OpenOverlaySource, "overlay", JobPhase.Prepare) { Rules = [s_missing, s_unreadable] },
        new(Operation.WaitForLock, "wait for a lock", JobPhase.Prepare) { NoHint = "waits without an end of its own: a lock that somebody keeps has a remedy whatever was being done" },
    ];

    private static OperationRow[] Leases =>
    [
        new(Operation.LeaseUid, "uid range", JobPhase.Prepare) { Otherwise = "end jobs, or give the runner a larger RootUidRangeLength" },
        new(Operation.FindSubIds, "uid map", JobPhase.Prepare)
        {
            NoHint = "the command names the user, so whoever fails says it",
        },
        new(Operation.FindSubIdProgram, "uid map", JobPhase.Prepare) { Otherwise = "install the package uidmap (Debian, Ubuntu) or shadow-utils (Fedora)" },
        new(Operation.LeaseCores, "lease cores", JobPhase.Prepare)
        {
            Rules =
            [
                new("an AppArmor profile such as docker-default forbids locks below /sys: run the container with --security-opt apparmor=unconfined, or do not lease cores", "EACCES"),
                new("this host does not show the topology of its CPUs in /sys: do not lease cores on it", "ENOENT"),
            ],
        },
        new(Operation.ReadTopology, "read CPU topology", JobPhase.Prepare)
        {
            Rules = [new("a filter of the surrounding program refuses sched_getaffinity(2): start the sandbox outside of it", "ENOSYS", "EPERM")],
        },
        new(Operation.ChooseProcessors, "cpu affinity", JobPhase.Prepare) { Otherwise = "choose processors that this host has and this process may use, as taskset -p $$ lists them" },
        new(Operation.RequireLimit, "hold … by the kernel", JobPhase.Prepare)
        {
            NoHint = "what would hold the limit depends on the limit and on what holds it now, so whoever fails says it",
        },
        new(Operation.UseCgroup, "control group", JobPhase.Prepare) { Rules = CgroupRules.Entering },
        new(Operation.MakeCgroup, "control group", JobPhase.Prepare) { Rules = CgroupRules.Making },
        new(Operation.EmptyCgroup, "control group", JobPhase.Prepare) { Otherwise = "start them in a group below it, or name an empty one" },
        new(Operation.NeedController, "control group", JobPhase.Prepare)
        {
            Otherwise = "run \"sandbox doctor\": it says how to get control groups of one's own; or take the limit out",
        },
        new(Operation.NameCgroup, "control group", JobPhase.Prepare)
        {
            Otherwise = "name a delegated directory (cgroups(7), \"Cgroups v2 delegation\"), or unset SANDBOX_CGROUP to let the sandbox find one",
        },
        new(Operation.RelayNetwork, "relay network", JobPhase.Run) { NoHint = "what fails there is a fault of the sandbox, which its message names" },
        new(Operation.OpenNetworks, "open networks", JobPhase.Prepare)
        {
            Otherwise = "set XDG_RUNTIME_DIR to a directory that is yours alone, as a login does (pam_systemd(8)); networks are kept below it",
        },
        new(Operation.FindNetwork, "find network", JobPhase.Prepare) { Otherwise = "make it with \"sandbox network create\"; \"sandbox network ls\" lists those that are there" },
        new(Operation.MakeNetwork, "make network", JobPhase.Prepare)
        {
            Probe = HostProbe.NetworkNamespace,
            Rules =
            [
                new("choose another name, or remove that network first: sandbox network rm", "EEXIST"),
                new("this kernel has no bridges: run modprobe bridge, or build it with CONFIG_BRIDGE", "EOPNOTSUPP"),
            ],
        },
        new(Operation.UseNetwork, "use network", JobPhase.Prepare)
        {
            Rules =
            [
                new("choose another name: \"sandbox network inspect\" lists those that are taken", "EEXIST"),
                new("choose another address, or none: \"sandbox network inspect\" tells the subnet, and those that are taken", "EADDRINUSE", "EADDRNOTAVAIL"),
                new("make another network, or end some of its jobs", "ENOSPC"),
                new("end its jobs first: \"sandbox network inspect\" lists them", "EBUSY"),
            ],
        },
        new(Operation.FindJob, "find job", JobPhase.Prepare)
        {
            Rules =
            [
                new("start that job with \"shareable\": true in its network (sandbox run --network NETWORK --shareable), or with --ipc shareable; it cannot be joined otherwise", "EACCES"),
                new("name it by its id, which \"sandbox ps\" lists", "ENOTUNIQ"),
            ],
            Otherwise = "start that job in a network of \"sandbox network create\" with \"shareable\": one outside has a user namespace that nobody else may enter",
        },
        new(Operation.ShareNamespaces, "share namespaces", JobPhase.Prepare) { NoHint = "what fails there is a fault of the sandbox, or of the network's holder, which has ended" },
        new(Operation.WireNetwork, "wire network", JobPhase.Prepare)
        {
            Rules =
            [
                new("this kernel lacks pairs of devices: run modprobe veth, or build it with CONFIG_VETH", "EOPNOTSUPP"),
                new("this kernel has no nf_tables, without which a job in a network cannot have \"egress\": run modprobe nft_redir, or remove that member", "EPROTONOSUPPORT", "ENOENT"),
            ],
        },
        new(Operation.ListenOnHost, "listen on the host", JobPhase.Prepare)
        {
            Rules =
            [
                new("another program listens on this port: end it, or leave the choice to the sandbox with a port of the host of 0", "EADDRINUSE"),
                new("ports below net.ipv4.ip_unprivileged_port_start are root's: choose one from 1024 on", "EACCES"),
                new("this host has no such address: name one of those that ip-address(8) lists", "EADDRNOTAVAIL", "EAFNOSUPPORT"),
            ],
        },
        new(Operation.EnterJob, "enter", JobPhase.Run) { NoHint = "what is missing there is the job, or room for one more process, which its message says" },
        new(Operation.FreezeJob, "pause", JobPhase.Run) { Otherwise = "run \"sandbox doctor\": it says how to get control groups of one's own" },
        new(Operation.WatchProcesses, "open the job's /proc", JobPhase.Watch) { NoHint = OwnDescriptors },
    ];

    private static OperationRow[] Policies =>
    [
        new(Operation.ReadPolicy, "read the policy", JobPhase.Prepare) { NoHint = FilesAnswer },
        new(Operation.LoadPolicy, "load the seccomp policy", JobPhase.Prepare) { Otherwise = "run it on a machine of one of these" },
        new(Operation.LoadLibSeccomp, "compile the seccomp policy", JobPhase.Prepare)
        {
            Otherwise = "install libseccomp 2.5 or newer: apt-get install libseccomp2 (Debian, Ubuntu), dnf install libseccomp (Fedora); built-in policies do not need it",
        },
        new(Operation.CompilePolicy, "compile the seccomp policy", JobPhase.Prepare)
        {
            NoHint = "libseccomp says what it does not take, and the policy's author can change that alone",
        },
    ];

    private static OperationRow[] Outputs =>
    [
        new(Operation.CollectOutputs, "collect outputs", JobPhase.Collect) { NoHint = FilesAnswer },
        new(Operation.CollectChanges, "collect changes", JobPhase.Collect) { NoHint = FilesAnswer },
        new(Operation.CollectUpper, "overlay", JobPhase.Collect) { Otherwise = "look who removes files below the store or /var/tmp while jobs run, and run the job again" },
        new(Operation.CreateOutput, "create the output file", JobPhase.Collect) { Rules = [s_unwritable, s_diskFull] },
        new(Operation.CreateOutputDirectory, "create the folder of the output file", JobPhase.Collect) { Rules = [s_unwritable, s_diskFull] },
        new(Operation.WriteOutput, "write the output file", JobPhase.Collect) { Rules = [s_diskFull] },
        new(Operation.NameOutput, "name the output file", JobPhase.Collect) { Rules = [s_unwritable, s_diskFull] },
    ];
}
