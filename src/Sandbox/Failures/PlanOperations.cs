namespace Sandbox.Failures;

/// <summary>The steps of a plan, which the launcher reports as an index and an errno.</summary>
internal static class PlanOperations
{
    private const string Sizes = "the size or the number of inodes is out of range: give a smaller one";

    private static readonly HintRule s_linkOnTheWay =
        new("the target leads through a symbolic link, which is never followed: name the path that it leads to", "ELOOP");

    private static readonly HintRule s_readOnlyPlace =
        new("the target lies below a read-only mount, and mount points are never made in the host's own directories: choose another target, or mount an overlay there", "EROFS");

    private static readonly HintRule s_noRoom = new("what the job brings does not fit: raise limits.disk", "ENOSPC");

    private static readonly HintRule s_unreadable =
        new("the source, or a directory above it, is not readable for the user who runs the sandbox: give that user access, or name another source", "EACCES");

    private static readonly HintRule[] s_bind =
    [
        new("the source does not exist on the host: make it, or let an optional bind (\"optional\": true) be skipped then", "ENOENT"),
        s_unreadable,
        new("source and target must both be directories, or both be files: name a target of the same kind", "ENOTDIR", "EISDIR"),
        s_linkOnTheWay,
        s_readOnlyPlace,
    ];

    public static IReadOnlyList<OperationRow> Rows { get; } =
    [
        new(Operation.MapIds, "uid map", JobPhase.Identity) { Probe = HostProbe.UidMap },
        new(Operation.MountRoot, "mount tmpfs", JobPhase.Root) { Probe = HostProbe.Tmpfs, Rules = [new(Sizes, "EINVAL")] },
        new(Operation.MountScratch, "mount tmpfs", JobPhase.Root) { Probe = HostProbe.Tmpfs, Rules = [new(Sizes, "EINVAL")] },
        new(Operation.UseUppers, "upper sides", JobPhase.Mounts)
        {
            Rules = [new("the disk that keeps the changes of overlays does not take them: free some of it, or set SANDBOX_STORE to a directory of your own on another one", "ENOSPC", "EDQUOT", "EROFS", "EACCES")],
        },
        new(Operation.Bind, "bind", JobPhase.Mounts) { Probe = HostProbe.ReadOnlyBind, Rules = s_bind },
        new(Operation.MakeWritable, "folder", JobPhase.Mounts) { Rules = [s_linkOnTheWay, s_readOnlyPlace, s_noRoom] },
        new(Operation.MountTmpfs, "mount tmpfs", JobPhase.Mounts)
        {
            Probe = HostProbe.Tmpfs,
            Rules = [s_linkOnTheWay, s_readOnlyPlace, new(Sizes, "EINVAL")],
        },
        new(Operation.Overlay, "overlay", JobPhase.Mounts)
        {
            Probe = HostProbe.Overlay,
            Rules =
            [
                new("the source, or the directory that is to keep the changes, does not exist on the host: make it, or name another", "ENOENT"),
                s_unreadable,
                new("the target leads through a symbolic link, which is never followed, or the directory that is to keep the changes and the source lie in each other: name the path that the link leads to, or a directory elsewhere", "ELOOP"),
                s_readOnlyPlace,
            ],
        },
        new(Operation.AddLayer, "layer", JobPhase.Mounts)
        {
            Rules =
            [
                new("a directory of the root has gone: make it, or import the image again", "ENOENT"),
                new("a directory of the root, or one above it, is not readable for the user who runs the sandbox: give that user access, or name another root", "EACCES"),
            ],
        },
        new(Operation.OverlayRoot, "overlay root", JobPhase.Mounts)
        {
            Probe = HostProbe.Overlay,
            Rules = [new("a directory of the root is not readable for the user who runs the sandbox: give that user access, or name another root", "EACCES")],
        },
        new(Operation.MakeDirectory, "make folder", JobPhase.Mounts) { Rules = [s_linkOnTheWay, s_readOnlyPlace, s_noRoom] },
        new(Operation.Link, "symlink", JobPhase.Mounts)
        {
            Rules =
            [
                s_linkOnTheWay, s_readOnlyPlace, s_noRoom,
                new("something else is there already, another link, a file or a directory: choose another target", "EEXIST"),
            ],
        },
        new(Operation.MakeDevices, "devices", JobPhase.Mounts) { Probe = HostProbe.Tmpfs },
        new(Operation.MountProc, "proc", JobPhase.Mounts) { Probe = HostProbe.Proc },
        new(Operation.MountSysfs, "sysfs", JobPhase.Mounts)
        {
            Rules = [new("parts of the /sys of this host are covered, as in a container, and the kernel gives nobody more than that: run the sandbox outside of it, or leave \"sys\" out of the job", "EPERM")],
        },
        new(Operation.Mask, "mask", JobPhase.Mounts) { Probe = HostProbe.ReadOnlyBind },
        new(Operation.Pin, "folder", JobPhase.Files) { Rules = [s_linkOnTheWay, s_readOnlyPlace] },
        new(Operation.KeepWritable, "image volume", JobPhase.Mounts)
        {
            Rules =
            [
                s_linkOnTheWay,
                s_noRoom,
                new("the image names a volume where it has something else: mount something else there, or give the root \"writable\": true", "ENOTDIR"),
            ],
        },
        new(Operation.WriteFile, "file", JobPhase.Files)
        {
            Rules =
            [
                s_linkOnTheWay, s_readOnlyPlace, s_noRoom,
                new("a directory is there already, perhaps of another file of the job: choose another path", "EISDIR"),
                new("a directory of the path is a file, perhaps another one of the job: choose another path", "ENOTDIR"),
                new("a device is there: choose another path", "EINVAL"),
            ],
        },
        new(Operation.BindFile, "bind file", JobPhase.Files) { Probe = HostProbe.ReadOnlyBind, Rules = s_bind },
        new(Operation.BindStdin, "stdin", JobPhase.Files)
        {
            Probe = HostProbe.ReadOnlyBind,
            Rules = [new("the file has left the store while the job was started: put it in again with sandbox store put FILE", "ENOENT")],
        },
        new(Operation.AwaitHost, "barrier", JobPhase.Files) { NoHint = "what the host had to do meanwhile says why it was not done" },
        new(Operation.Pivot, "pivot_root", JobPhase.Pivot) { Probe = HostProbe.PivotRoot },
        new(Operation.SealRoot, "seal root", JobPhase.Pivot) { Probe = HostProbe.ReadOnlyBind },
        new(Operation.SetHostname, "hostname", JobPhase.Host) { Probe = HostProbe.UtsNamespace },
        new(Operation.SetClocks, "clocks", JobPhase.Host) { NoHint = "the kernel has time namespaces, and refused what was set in one (time_namespaces(7))" },
        new(Operation.RaiseLoopback, "loopback", JobPhase.Host) { Probe = HostProbe.Loopback },
        new(Operation.AnswerLookups, "lookups", JobPhase.Host) { Probe = HostProbe.NetworkNamespace },
        new(Operation.ConfigureNetwork, "configure network", JobPhase.Host) { Probe = HostProbe.Redirect },
        new(Operation.ListenInNetwork, "listen in network", JobPhase.Host) { Probe = HostProbe.Loopback },
        new(Operation.SetSysctl, "sysctl", JobPhase.Host) { Probe = HostProbe.UserSysctl },
        new(Operation.SetCommonSysctl, "common sysctl", JobPhase.Mounts) { Probe = HostProbe.UserSysctl },
        new(Operation.JoinNetwork, "join network", JobPhase.Identity) { Probe = HostProbe.NetworkNamespace },
        new(Operation.EnterCgroups, "control group", JobPhase.Session) { Rules = CgroupRules.Entering },
        new(Operation.StartSession, "session", JobPhase.Session)
        {
            // devpts_new_index, fs/devpts/inode.c
            Rules = [new("every pseudo-terminal of this host is in use: raise kernel.pty.max, or end jobs that have a terminal", "ENOSPC")],
        },
        new(Operation.EnterInnerNamespace, "inner user namespace", JobPhase.Privileges) { Probe = HostProbe.InnerUserNamespace },
        new(Operation.LockPrivilege, "lock privilege", JobPhase.Privileges) { Probe = HostProbe.Securebits },
        new(Operation.TakeCredentials, "credentials", JobPhase.Privileges)
        {
            NoHint = "the ids were mapped by the step before, and root of a user namespace may take any of them (setresuid(2))",
        },
        new(Operation.SetRlimit, "rlimit", JobPhase.Privileges)
        {
            Rules = [new("the limit is above the hard limit of the user who runs the sandbox: ask for less, or raise that one (ulimit -H -a, limits.conf(5))", "EPERM")],
        },
        new(Operation.SetAffinity, "cpu affinity", JobPhase.Privileges)
        {
            Rules = [new("none of the processors is one the job may run on: choose others, as taskset -p $$ lists them", "EINVAL")],
        },
        new(Operation.DropCapabilities, "drop capabilities", JobPhase.Privileges)
        {
            NoHint = "a process may always give up what it has (capset(2))",
        },
        new(Operation.SetNoNewPrivs, "no_new_privs", JobPhase.Privileges) { Probe = HostProbe.NoNewPrivs },
        new(Operation.OpenCpuClock, "cpu clock", JobPhase.Privileges) { Probe = HostProbe.PerfTaskClock },
        new(Operation.EnterDirectory, "working folder", JobPhase.Confine)
        {
            Rules =
            [
                new("the directory is not in the sandbox, and the job may not make it there: choose one below /work, or mount one", "ENOENT"),
                new("what is there is not a directory that the job's user may enter: choose one below /work, or mount one", "EACCES", "ENOTDIR"),
            ],
        },
        new(Operation.OpenGivenFile, "open file", JobPhase.Confine)
        {
            Rules =
            [
                new("there is no such file in the sandbox, or no directory for it: put the file there, or choose another path", "ENOENT", "ENOTDIR"),
                new("the path leads to a symbolic link, which is never followed, or to what is no file: choose another one", "ELOOP", "EISDIR", "EINVAL"),
                new("the job's user may not write there: choose a path below a writable directory", "EACCES", "EROFS", "EPERM"),
            ],
        },
        new(Operation.AllowLandlock, "landlock", JobPhase.Confine) { Probe = HostProbe.Landlock },
        new(Operation.EnforceLandlock, "landlock", JobPhase.Confine) { Probe = HostProbe.Landlock },
        new(Operation.Filter, "seccomp", JobPhase.Filter) { Probe = HostProbe.SeccompFilter },
        new(Operation.Execute, "exec", JobPhase.Exec)
        {
            NoHint = "what execve(2) answers is a verdict on the command, with a detail of its own, and no failure of the sandbox",
        },
    ];
}

/// <summary>Remedies for control groups, which the host makes and the job enters.</summary>
internal static class CgroupRules
{
    private static readonly HintRule s_undelegated =
        new("the sandbox has to be started inside of the control group that was delegated: \"sandbox doctor\" says more, and --cgroup none does without", "EACCES", "EPERM", "ENOENT");

    private static readonly HintRule s_full =
        new("there are too many control groups, or tasks, for a group above: raise its cgroup.max.descendants or pids.max, or run fewer jobs at once", "EAGAIN", "ENOSPC");

    /// <summary>Of the job's processes.</summary>
    public static IReadOnlyList<HintRule> Entering { get; } =
    [
        s_undelegated,
        s_full,
        new("processes live in the control group itself: move them into one below it", "EBUSY"),
    ];

    /// <summary>Of a group for the job.</summary>
    public static IReadOnlyList<HintRule> Making { get; } = [s_undelegated, s_full];
}
