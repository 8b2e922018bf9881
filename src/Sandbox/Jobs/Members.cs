namespace Sandbox.Jobs;

/// <summary>The member names of every object in job.json; the published schema names the same ones.</summary>
internal static class Members
{
    public static readonly string[] Job =
    [
        "name", "command", "workingDirectory", "env", "hostname", "user", "rootfs", "mounts", "files",
        "stdin", "stdout", "stderr", "terminal", "outputs", "diff", "limits", "onOutputLimit", "network", "seccomp",
        "capabilities", "subids", "devices", "proc", "isolation", "cpuset", "require", "traceparent",
    ];

    public static readonly string[] User = ["uid", "gid"];

    public static readonly string[] Rootfs = ["directory", "image", "writable"];

    public static readonly string[] Mount =
        ["type", "source", "target", "writable", "optional", "size", "inodes", "noexec", "upper"];

    public static readonly string[] MountTypes = ["bind", "tmpfs", "overlay", "symlink"];

    public static readonly string[] Content = ["from", "text", "base64"];

    public static readonly string[] File = ["from", "text", "base64", "mode", "readOnly"];

    public static readonly string[] Stream = ["to"];

    public static readonly string[] Output = ["path", "to", "maxSize", "optional"];

    public static readonly string[] Diff = ["to"];

    private static readonly string[] s_limitsOfJob =
    [
        "cpuTime", "wallTime", "idleTime", "memory", "processes", "output", "fileSize", "openFiles",
        "stack", "disk", "addressSpace", "dataSegment", "cpus", "memoryHigh", "ioRead", "ioWrite",
    ];

    public static readonly string[] Limits = [.. s_limitsOfJob, "collect"];

    /// <summary>What <c>require</c> may name: the limits that hold the job, and the processors.</summary>
    public static readonly string[] Requirable = [.. s_limitsOfJob, "cpuset"];
}
