namespace Sandbox.Server.Trust;

// Found when the job is to start and held until it is over: what the server reads or writes it does by the descriptor, and what only the job's first process can
// open is compared with what was found. Between the answer and the start there is nothing that could be put in their place.

/// <summary>The paths of the machine that one job names, held.</summary>
internal sealed class HeldPaths(Allowances allowed) : IDisposable
{
    // More than any job needs, and few enough for every slot at once.
    private const int Most = 1024;

    private const int MostPolicyBytes = 4 << 20;

    private readonly Dictionary<(string Path, PathUse Use), HeldPath> _held = [];
    private readonly List<JobProblem> _problems = [];

    /// <summary>The job with what was found in place of its paths.</summary>
    /// <exception cref="InvalidJobException">Something is not there, leads out or is not allowed.</exception>
    public JobDocument Hold(JobDocument document)
    {
        var held = document.WithParts(Hold);
        return _problems.Count == 0 ? held : throw new InvalidJobException(_problems);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var held in _held.Values)
        {
            held.Dispose();
        }
    }

    private JobSpec Hold(JobPart part)
    {
        var (job, at) = (part.Job, part.Pointer);
        return !NamesPaths(job) ? job : job with
        {
            Rootfs = Hold(job.Rootfs, at),
            Mounts = [.. job.Mounts.Select((mount, index) => mount is BindMount bind ? Hold(bind, $"{at}/mounts/{index}") : mount)],
            Files = [.. job.Files.Select(file => file with { Content = Hold(file.Content, at + TrustBoundary.PointerOf(file)) })],
            Stdin = job.Stdin is ContentStdin input ? input with { Content = Hold(input.Content, at + "/stdin") } : job.Stdin,
            Stdout = Hold(job.Stdout, at + "/stdout"),
            Stderr = Hold(job.Stderr, at + "/stderr"),
            Outputs = [.. job.Outputs.Select((output, index) => output.To is OutputSpec.Store or OutputSpec.Memory ? output : output with { Held = HoldDirectory(output.To, $"{at}/outputs/{index}/to") })],
            Diff = job.Diff?.To is { } archive ? job.Diff with { Held = HoldDirectory(archive, at + "/diff/to") } : job.Diff,
            Seccomp = job.Seccomp is PolicyFile policy ? Hold(policy, at + "/seccomp") : job.Seccomp,
        };
    }

    private static bool NamesPaths(JobSpec job) =>
        job.Rootfs is DirectoryRootfs or ImageRootfs || job.Mounts.Any(static mount => mount is BindMount) || job.Files.Any(static file => file.Content is FileContent) ||
        job.Stdin is ContentStdin { Content: FileContent } || job.Stdout is FileOutput || job.Stderr is FileOutput || job.Outputs.Count > 0 || job.Diff?.To is not null || job.Seccomp is PolicyFile;

    private Rootfs Hold(Rootfs root, string at) => root switch
    {
        DirectoryRootfs directory => directory with { Held = Hold(directory.Path, PathUse.Root, at + "/rootfs/directory") },
        ImageRootfs image when TrustBoundary.IsPath(image.Reference) => image with { Held = Hold(image.Reference, PathUse.Image, at + "/rootfs/image") },
        _ => root,
    };

    private BindMount Hold(BindMount bind, string pointer) =>
        Hold(bind.Source, bind.Writable ? PathUse.WritableBind : PathUse.Bind, pointer) is { } held ? bind with { Source = held.Path, Identity = held.Identity } : bind;

    private Content Hold(Content content, string pointer) =>
        content is FileContent file && Hold(file.Path, PathUse.File, pointer) is { } held ? file with { Path = held.OwnPath } : content;

    private OutputStream Hold(OutputStream stream, string pointer) =>
        stream is FileOutput file ? file with { Held = HoldDirectory(file.Path, pointer) } : stream;

    private HeldPath? HoldDirectory(string file, string pointer) => Hold(TrustBoundary.DirectoryOf(file), PathUse.Output, pointer);

    // As text: what it extends would be another path, of the policy's own choice.
    private Seccomp Hold(PolicyFile policy, string pointer)
    {
        if (Hold(policy.Path, PathUse.Policy, pointer) is not { } held)
        {
            return policy;
        }

        try
        {
            return new InlinePolicy { Json = held.ReadAll(MostPolicyBytes), ExtendsBuiltInOnly = true };
        }
        catch (IOException unreadable)
        {
            _problems.Add(new() { Pointer = pointer, Message = $"{DisplayText.Quote(policy.Path)} {unreadable.Message}" });
            return policy;
        }
    }

    private HeldPath? Hold(string path, PathUse use, string pointer)
    {
        if (_held.TryGetValue((path, use), out var known))
        {
            return known;
        }

        try
        {
            if (_held.Count < Most && allowed.Find(path, use) is { } found)
            {
                _held.Add((path, use), found);
                return found;
            }

            _problems.Add(new() { Pointer = pointer, Message = _held.Count < Most ? TrustBoundary.Refused("a path of the machine") : $"more than {Most} paths of the machine in one job" });
        }
        catch (IOException unusable)
        {
            _problems.Add(new() { Pointer = pointer, Message = $"{DisplayText.Quote(path)}: {unusable.Message}" });
        }

        return null;
    }
}
