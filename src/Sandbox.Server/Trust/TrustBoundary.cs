namespace Sandbox.Server.Trust;

// The one table of what comes in over the API. A member that has no row is refused, so that a new member of job.json starts refused: a
// test holds the rows and the known members below against JobSpec, and docs/serve.md against the rows.

/// <summary>Refuses what a job over the API may not ask of this machine.</summary>
internal static class TrustBoundary
{
    private const string Any = "as in any job";

    private const int UsualCpuWeight = 100;

    /// <summary>The rows, by JSON member.</summary>
    public static IReadOnlyList<TrustRow> Rows { get; } =
    [
        new("name", Any, Anything),
        new("command", Any, Anything),
        new("workingDirectory", Any, Anything),
        new("env", Any, Anything),
        new("hostname", Any, Anything),
        new("domainname", Any, Anything),
        new("user", Any, Anything),
        new("rootfs", "`host`, `empty`, and an image of the store by its name or digest; a `directory` that `rootfs=` allows, an image by its path that `image=` allows", static (job, allowed) => RootRule(job.Rootfs, allowed)),
        new("mounts", "`tmpfs`, `symlink`, and a bind of a stored file (`sha256:…`); no path of the machine but a bind that `bind=ro:` or `bind=rw:` allows; a volume that `volume=` names", static (job, allowed) => job.Mounts.SelectMany((mount, index) => MountRule(mount, index, allowed))),
        new("files", "with `text`, `base64`, or a stored file; no path of the machine but those that `file=` allows", static (job, allowed) => job.Files.SelectMany(file => ContentRule(file.Content, PointerOf(file), allowed))),
        new("stdin", "`null`, `text`, `base64`, a stored file, or a pipe to another of its processes; no path of the machine but those that `file=` allows, no `inherit`", static (job, allowed) => StdinRule(job.Stdin, allowed)),
        new("stdout", "`capture`, `null`, and a pipe to another of its processes; no path of the machine but those that `output=` allows, no `inherit`", static (job, allowed) => StreamRule(job.Stdout, "/stdout", allowed)),
        new("stderr", "`capture`, `null`, `stdout`, and a pipe to another of its processes; no path of the machine but those that `output=` allows, no `inherit`", static (job, allowed) => StreamRule(job.Stderr, "/stderr", allowed)),
        new("descriptors", "pipes to another of its processes", Anything),
        new("terminal", Any, Anything),
        new("start", "nothing: a job has no such member; it is for [other APIs](#other-apis), and names nothing of the machine", Anything),
        new("outputs", "to the `store`; to no path of the machine but those that `output=` allows", static (job, allowed) => job.Outputs.SelectMany((output, index) => output.To is OutputSpec.Store or OutputSpec.Memory ? [] : WriteRule(output.To, $"/outputs/{index}/to", allowed))),
        new("diff", "without `to`, or to a path that `output=` allows", static (job, allowed) => job.Diff?.To is { } archive ? WriteRule(archive, "/diff/to", allowed) : []),
        new("limits", "up to the server's maxima; `none` means the maximum; `cpuWeight` up to 100", static (job, _) => When(job.Limits.CpuWeight > UsualCpuWeight, "/limits/cpuWeight", "more than the usual share of processors")),
        new("rlimits", "what is less than the job would have, as in any job", Anything),
        new("oomScoreAdj", "1000", static (job, _) => When(job.OomScoreAdj != new JobSpec { Command = [] }.OomScoreAdj, "/oomScoreAdj", "a place behind programs of the machine")),
        new("onOutputLimit", Any, Anything),
        new("network", "`none` and `loopback`; `host` with `network=host`; of `egress` what `egress=` allows, in the same words; to `join` a network that `join=` names", static (job, allowed) => NetworkRule(job.Network, allowed)),
        new("ipc", "`private`; `shareable` in a network that the job may join, for jobs of the server's own user", static (job, _) => When(job.Ipc.Container is not null, "/ipc", "the IPC namespace of another job")),
        new("ports", "none; at an address and port of the host that `port=` allows", static (job, allowed) => job.Ports.SelectMany((port, index) => When(!allowed.HasPort(port), $"/ports/{index}", "this port of the host"))),
        new("extraHosts", Any, Anything),
        new("dns", Any, Anything),
        new("sysctls", "none", static (job, _) => When(job.Sysctls.Count > 0, "/sysctls", "a setting of the kernel")),
        new("seccomp", "a built-in policy; a file that `policy=` allows, and that extends none but built-in ones", static (job, allowed) => PolicyRule(job.Seccomp, allowed)),
        new("capabilities", "none; any with `capabilities`", static (job, allowed) => When(job.Capabilities != default && !allowed.Capabilities, "/capabilities", "capabilities")),
        new("subids", "`false`; `true` with `subids`", static (job, allowed) => When(job.SubIds && !allowed.SubIds, "/subids", "subordinate ids")),
        new("devices", "none but those that `device=` allows", static (job, allowed) => When(!job.Devices.All(allowed.HasDevice), "/devices", "devices")),
        new("proc", Any, Anything),
        new("sys", Any, Anything),
        new("isolation", Any, Anything),
        new("cpuset", "none: the server chooses; any with `cpuset`", static (job, allowed) => When(job.Cpuset is not null && !allowed.Cpuset, "/cpuset", "choosing processors")),
        new("require", Any, Anything),
        new("traceparent", Any, Anything),
    ];

    /// <summary>The members of what a row lets through in part, looked at when the row was written; a test knows if there are others.</summary>
    public static IReadOnlyList<string> KnownParts { get; } =
    [
        "DirectoryRootfs.Held", "DirectoryRootfs.Path", "DirectoryRootfs.Writable", "ImageRootfs.Held", "ImageRootfs.Reference", "ImageRootfs.Writable", "TmpfsMount.Inodes", "TmpfsMount.NoExec", "TmpfsMount.SizeBytes", "TmpfsMount.Target", "SymlinkMount.NoExec",
        "SymlinkMount.Source", "SymlinkMount.Target", "BindMount.Identity", "BindMount.NoExec", "BindMount.Optional", "BindMount.Source", "BindMount.Target", "BindMount.Writable", "VolumeMount.Copy", "VolumeMount.Create", "VolumeMount.Name", "VolumeMount.NoExec", "VolumeMount.ReadOnly", "VolumeMount.Target", "FileContent.Path", "StoredMount.NoExec", "StoredMount.Sha256", "StoredMount.Target", "InjectedFile.Content", "InjectedFile.Mode",
        "InjectedFile.Path", "InjectedFile.ReadOnly", "InlineContent.Bytes", "StoredContent.Sha256", "ContentStdin.Content", "PipeStdin.Pipe", "PipeOutput.Pipe", "PipeDescriptor.Number", "PipeDescriptor.Pipe", "PipeDescriptor.Write", "FileOutput.Held", "FileOutput.Path", "OutputSpec.Held", "OutputSpec.MaxSizeBytes", "OutputSpec.Optional", "OutputSpec.Path", "OutputSpec.To", "DiffSpec.Held", "DiffSpec.To", "NamedPolicy.Name", "PolicyFile.Path", "JobUser.Gid", "JobUser.Uid", "EgressNetwork.Allow", "JoinedNetwork.Address", "JoinedNetwork.Allow", "JoinedNetwork.Isolated", "JoinedNetwork.Name", "JoinedNetwork.NetworkName", "JoinedNetwork.Shareable", "IpcNamespace.Container", "IpcNamespace.Shareable", "PortMapping.Address", "PortMapping.HostPort", "PortMapping.JobPort",
    ];

    /// <summary>Everything about a job that is refused; empty for one that may run.</summary>
    public static IReadOnlyList<JobProblem> Check(JobDocument job, Allowances allowed) =>
        [.. job.Parts().SelectMany(part => Rows.SelectMany(row => row.Rule(part.Job, allowed)).Select(problem => problem with { Pointer = part.Pointer + problem.Pointer }))];

    private static IEnumerable<JobProblem> Anything(JobSpec job, Allowances allowed) => [];

    private static IEnumerable<JobProblem> NetworkRule(Network network, Allowances allowed) => network switch
    {
        NoNetwork or LoopbackNetwork => [],
        HostNetwork => When(!allowed.HostNetwork, "/network", "this network"),
        EgressNetwork egress => When(!allowed.HasEgress(egress), "/network/egress", "reaching all of this"),
        JoinedNetwork joined => When(!allowed.HasNetwork(joined), "/network/join", "this network").Concat(When(!allowed.HasEgress(joined), "/network/egress", "reaching all of this")),
        _ => When(true, "/network", "this network"),
    };

    private static IEnumerable<JobProblem> RootRule(Rootfs root, Allowances allowed) => root switch
    {
        HostRootfs or EmptyRootfs => [],
        ImageRootfs image => IsPath(image.Reference) ? Finds("/rootfs/image", image.Reference, PathUse.Image, allowed) : [],
        DirectoryRootfs directory => Finds("/rootfs/directory", directory.Path, PathUse.Root, allowed),
        _ => When(true, "/rootfs", "this kind of root"),
    };

    private static IEnumerable<JobProblem> MountRule(Mount mount, int index, Allowances allowed) => mount switch
    {
        TmpfsMount or SymlinkMount or StoredMount => [],
        VolumeMount volume => When(!allowed.HasVolume(volume.Name), $"/mounts/{index}", "this volume"),
        BindMount bind => Finds($"/mounts/{index}", bind.Source, bind.Writable ? PathUse.WritableBind : PathUse.Bind, allowed),
        _ => When(true, $"/mounts/{index}", "a path of the machine"),
    };

    private static IEnumerable<JobProblem> StdinRule(Stdin stdin, Allowances allowed) => stdin switch
    {
        NullStdin or PipeStdin => [],
        ContentStdin input => ContentRule(input.Content, "/stdin", allowed),
        _ => When(true, "/stdin", "the server's own stdin"),
    };

    private static IEnumerable<JobProblem> ContentRule(Content content, string pointer, Allowances allowed) => content switch
    {
        InlineContent or StoredContent => [],
        FileContent file => Finds(pointer, file.Path, PathUse.File, allowed),
        _ => When(true, pointer, "a path of the machine"),
    };

    private static IEnumerable<JobProblem> StreamRule(OutputStream stream, string pointer, Allowances allowed) => stream switch
    {
        CaptureStream or DiscardStream or MergedStream or PipeOutput => [],
        FileOutput file => WriteRule(file.Path, pointer, allowed),
        _ => When(true, pointer, "a stream of the server's own"),
    };

    private static IEnumerable<JobProblem> PolicyRule(Seccomp policy, Allowances allowed) => policy switch
    {
        NamedPolicy => [],
        PolicyFile file => Finds("/seccomp", file.Path, PathUse.Policy, allowed),
        _ => When(true, "/seccomp", "a policy of one's own"),
    };

    private static IEnumerable<JobProblem> WriteRule(string path, string pointer, Allowances allowed) => Finds(pointer, DirectoryOf(path), PathUse.Output, allowed);

    // Looked for here to say at once what is wrong; what it leads to counts when the job starts (HeldPaths).
    private static IEnumerable<JobProblem> Finds(string pointer, string path, PathUse use, Allowances allowed)
    {
        try
        {
            using var found = allowed.Find(path, use);
            return When(found is null, pointer, "a path of the machine");
        }
        catch (IOException unusable)
        {
            return [new() { Pointer = pointer, Message = $"{DisplayText.Quote(path)}: {unusable.Message}" }];
        }
    }

    /// <summary>The directory of a file that is written; of a path that ends in a slash, itself.</summary>
    public static string DirectoryOf(string path) => path[..(path.LastIndexOf('/') + 1)];

    // JobFile makes every path absolute, or refuses it; what else might be read as a path is none that is allowed.
    /// <summary>The image is, or could be taken for, one by its path.</summary>
    public static bool IsPath(string reference) => reference.StartsWith('/') || reference.StartsWith('.') || reference.Contains(".tar", StringComparison.Ordinal) || reference.EndsWith(".tgz", StringComparison.Ordinal);

    /// <summary>The place of a file of a job.</summary>
    public static string PointerOf(InjectedFile file) => "/files/" + Escaped(file.Path);

    /// <summary>Says that something is refused.</summary>
    public static string Refused(string what) => $"{what} is not for jobs of this server";

    private static string Escaped(string path) => path.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static IEnumerable<JobProblem> When(bool isRefused, string pointer, string what) =>
        isRefused ? [new() { Pointer = pointer, Message = Refused(what) }] : [];
}

/// <summary>What jobs may have of one member of job.json: in words, and as a rule.</summary>
internal sealed record TrustRow(string Member, string Allowed, Func<JobSpec, Allowances, IEnumerable<JobProblem>> Rule);
