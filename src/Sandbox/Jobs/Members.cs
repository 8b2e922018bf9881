namespace Sandbox.Jobs;

/// <summary>The member names of every object in job.json; the published schema names the same ones.</summary>
internal static class Members
{
    public static readonly string[] Job =
    [
        "name", "command", "workingDirectory", "env", "hostname", "user", "rootfs", "mounts", "files",
        "stdin", "stdout", "stderr", "outputs", "limits", "onOutputLimit", "network", "seccomp",
        "capabilities", "proc", "isolation", "cpuset", "require", "traceparent",
    ];

    public static readonly string[] User = ["uid", "gid"];

    public static readonly string[] Rootfs = ["directory", "image"];

    public static readonly string[] Mount =
        ["type", "source", "target", "writable", "optional", "size", "inodes", "noexec"];

    public static readonly string[] MountTypes = ["bind", "tmpfs", "overlay", "symlink"];

    public static readonly string[] Content = ["from", "text", "base64"];

    public static readonly string[] File = ["from", "text", "base64", "mode", "readOnly"];

    public static readonly string[] Stream = ["to"];

    public static readonly string[] Output = ["path", "to", "maxSize", "optional"];

    public static readonly string[] Limits =
    [
        "cpuTime", "wallTime", "idleTime", "memory", "processes", "output", "fileSize", "openFiles",
        "stack", "disk", "cpus", "memoryHigh", "ioRead", "ioWrite",
    ];

    /// <summary>What <c>require</c> may name: the limits, and the processors.</summary>
    public static readonly string[] Requirable = [.. Limits, "cpuset"];
}
