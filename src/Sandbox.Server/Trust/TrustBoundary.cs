namespace Sandbox.Server.Trust;

// The one table of what comes in over the API. A member that has no row is refused, so that a new member of job.json starts refused: a
// test holds the rows and the known members below against JobSpec, and docs/serve.md against the rows.

/// <summary>Refuses what a job over the API may not ask of this machine.</summary>
internal static class TrustBoundary
{
    private const string Any = "as in any job";

    /// <summary>The rows, by JSON member.</summary>
    public static IReadOnlyList<TrustRow> Rows { get; } =
    [
        new("name", Any, Anything),
        new("command", Any, Anything),
        new("workingDirectory", Any, Anything),
        new("env", Any, Anything),
        new("hostname", Any, Anything),
        new("user", Any, Anything),
        new("rootfs", "`host`, `empty`, and an image of the store by its name or digest; no `directory`, no image by its path", static job => RootRule(job.Rootfs)),
        new("mounts", "`tmpfs`, `symlink`, and a bind of a stored file (`sha256:…`); no path of the machine", static job => job.Mounts.SelectMany(MountRule)),
        new("files", "with `text`, `base64`, or a stored file; no path of the machine", static job => job.Files.SelectMany(static file => ContentRule(file.Content, $"/files/{Escaped(file.Path)}"))),
        new("stdin", "`null`, `text`, `base64`, or a stored file; no path of the machine, no `inherit`", static job => StdinRule(job.Stdin)),
        new("stdout", "`capture` and `null`; no path of the machine, no `inherit`", static job => StreamRule(job.Stdout, "/stdout")),
        new("stderr", "`capture`, `null` and `stdout`; no path of the machine, no `inherit`", static job => StreamRule(job.Stderr, "/stderr")),
        new("terminal", Any, Anything),
        new("outputs", "none: they are written to paths of the machine", static job => When(job.Outputs.Count > 0, "/outputs", "writing files of the machine")),
        new("diff", "without `to`", static job => When(job.Diff?.To is not null, "/diff/to", "writing files of the machine")),
        new("limits", "up to the server's maxima; `none` means the maximum", Anything),
        new("onOutputLimit", Any, Anything),
        new("network", "`none` and `loopback`", static job => When(job.Network is not (NoNetwork or LoopbackNetwork), "/network", "this network")),
        new("seccomp", "a built-in policy", static job => When(job.Seccomp is not NamedPolicy, "/seccomp", "a policy of one's own")),
        new("capabilities", "none", static job => When(job.Capabilities != default, "/capabilities", "capabilities")),
        new("subids", "`false`", static job => When(job.SubIds, "/subids", "subordinate ids")),
        new("devices", "none", static job => When(job.Devices.Count > 0, "/devices", "devices")),
        new("proc", Any, Anything),
        new("isolation", Any, Anything),
        new("cpuset", "none: the server chooses", static job => When(job.Cpuset is not null, "/cpuset", "choosing processors")),
        new("require", Any, Anything),
        new("traceparent", Any, Anything),
    ];

    /// <summary>The members of what a row lets through in part, looked at when the row was written; a test knows if there are others.</summary>
    public static IReadOnlyList<string> KnownParts { get; } =
    [
        "ImageRootfs.Reference", "ImageRootfs.Writable", "TmpfsMount.Inodes", "TmpfsMount.NoExec", "TmpfsMount.SizeBytes", "TmpfsMount.Target", "SymlinkMount.NoExec",
        "SymlinkMount.Source", "SymlinkMount.Target", "StoredMount.NoExec", "StoredMount.Sha256", "StoredMount.Target", "InjectedFile.Content", "InjectedFile.Mode",
        "InjectedFile.Path", "InjectedFile.ReadOnly", "InlineContent.Bytes", "StoredContent.Sha256", "ContentStdin.Content", "DiffSpec.To", "NamedPolicy.Name", "JobUser.Gid", "JobUser.Uid",
    ];

    /// <summary>Everything about a job that is refused; empty for one that may run.</summary>
    public static IReadOnlyList<JobProblem> Check(JobSpec job) => [.. Rows.SelectMany(row => row.Rule(job))];

    private static IEnumerable<JobProblem> Anything(JobSpec job) => [];

    private static IEnumerable<JobProblem> RootRule(Rootfs root) => root switch
    {
        HostRootfs or EmptyRootfs => [],
        ImageRootfs image => When(IsPath(image.Reference), "/rootfs/image", "an image by its path"),
        DirectoryRootfs => When(true, "/rootfs/directory", "a path of the machine"),
        _ => When(true, "/rootfs", "this kind of root"),
    };

    private static IEnumerable<JobProblem> MountRule(Mount mount, int index) =>
        When(mount is not (TmpfsMount or SymlinkMount or StoredMount), $"/mounts/{index}", "a path of the machine");

    private static IEnumerable<JobProblem> StdinRule(Stdin stdin) => stdin switch
    {
        NullStdin => [],
        ContentStdin input => ContentRule(input.Content, "/stdin"),
        _ => When(true, "/stdin", "the server's own stdin"),
    };

    private static IEnumerable<JobProblem> ContentRule(Content content, string pointer) =>
        When(content is not (InlineContent or StoredContent), pointer, "a path of the machine");

    private static IEnumerable<JobProblem> StreamRule(OutputStream stream, string pointer) =>
        When(stream is not (CaptureStream or DiscardStream or MergedStream), pointer, "a path of the machine, or a stream of the server's own,");

    // JobFile makes every path absolute, or refuses it; what else might be read as a path is none here either.
    private static bool IsPath(string reference) => reference.StartsWith('/') || reference.StartsWith('.') || reference.Contains(".tar", StringComparison.Ordinal) || reference.EndsWith(".tgz", StringComparison.Ordinal);

    private static string Escaped(string path) => path.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static IEnumerable<JobProblem> When(bool isRefused, string pointer, string what) =>
        isRefused ? [new() { Pointer = pointer, Message = $"{what} is not for jobs of this server" }] : [];
}

/// <summary>What jobs may have of one member of job.json: in words, and as a rule.</summary>
internal sealed record TrustRow(string Member, string Allowed, Func<JobSpec, IEnumerable<JobProblem>> Rule);
