namespace Sandbox.Cli.Isolate;

/// <summary>Makes a job of a request. Pure: it looks at nothing.</summary>
internal static class IsolateJob
{
    /// <summary>What isolate gives to its first box, unless it is configured otherwise.</summary>
    public const uint FirstUid = 60000;

    // Of all file systems in memory together: /tmp and /dev/shm of isolate are on a disk and in memory without a limit of their own.
    private const long DiskBytes = 1L << 30;

    // Below it no program starts, by what ResourceLimits allows.
    private const long LeastMemory = 256L << 10;

    private const string Home = "/box";

    /// <summary>What cannot be done, in a sentence; null if everything can.</summary>
    public static string? Problem(IsolateRequest request)
    {
        if (request.Refusal is { } refusal)
        {
            return refusal;
        }

        if (request.OpenFiles is > 0 and < 4)
        {
            return "--open-files: at least 4 are needed";
        }

        if (request.Stack is > 0 and < 64)
        {
            return "--stack: at least 64 KiB are needed";
        }

        return request.Variables.Concat(request.Program).Any(static word => word.Contains('\0')) ? "a word has a NUL" : null;
    }

    /// <summary>It has a terminal of its own: as there, only if it would write to one.</summary>
    public static bool HasTerminal(IsolateRequest request, IsolateFacts facts) =>
        request is { TakesTerminal: true, Stdin: null, Stdout: null, Stderr: null } && facts.IsOutputTerminal;

    /// <summary>The job.</summary>
    public static JobSpec Of(IsolateRequest request, IsolateFacts facts) => new()
    {
        Name = FormattableString.Invariant($"isolate-{request.Box}"),
        Command = request.Program,
        WorkingDirectory = Inside(request.Directory ?? Home),
        Hostname = facts.Hostname,
        User = new() { Uid = FirstUid + (uint)request.Box, Gid = FirstUid + (uint)request.Box },
        Rootfs = new EmptyRootfs { Bare = true },
        Mounts = [.. facts.Directories.SelectMany(static directory => directory.Mounts)],
        Network = request.SharesNetwork ? Network.Host : Network.Loopback,
        Stdin = request.Stdin is not null || facts.IsStdinClosed ? Stdin.Null : Stdin.Inherit,
        Stdout = request.Stdout is not null || facts.IsStdoutClosed ? OutputStream.Discard : OutputStream.Inherit,
        Stderr = HasTerminal(request, facts) ? OutputStream.Merged : StderrOf(request, facts),
        Terminal = HasTerminal(request, facts),
        Limits = LimitsOf(request),
        Start = new()
        {
            Environment = VariablesOf(request, facts.Environment),
            ExecutesAsGiven = true,
            DirectoryMustExist = true,
            Opened = [.. OpenedBy(request)],
            Inherited = facts.Inherited,
            EndsWhenStopped = true,
        },
    };

    /// <summary>A path inside, from <c>/box</c> on; without dots, whatever links may be on its way.</summary>
    public static string Inside(string path)
    {
        var parts = new List<string>();
        foreach (var part in (path.StartsWith('/') ? path : Home + "/" + path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("." or ".."))
            {
                parts.Add(part);
            }
        }

        return "/" + string.Join('/', parts);
    }

    private static OutputStream StderrOf(IsolateRequest request, IsolateFacts facts)
    {
        if (request.Stderr is not null || (request.MergesStderr && request.Stdout is not null))
        {
            return OutputStream.Discard;
        }

        // Two pipes to one place would deliver in any order what was written in one.
        return request.MergesStderr || (facts.AreOutputsOne && request.Stdout is null && !facts.IsStdoutClosed) ? OutputStream.Merged : OutputStream.Inherit;
    }

    private static IEnumerable<OpenedFile> OpenedBy(IsolateRequest request)
    {
        if (request.Stdin is { } input)
        {
            yield return new() { Path = Inside(input), Descriptors = [0], ReadOnly = true, Redirected = true };
        }

        if (request.Stdout is { } output)
        {
            yield return new() { Path = Inside(output), Descriptors = request.MergesStderr ? [1, 2] : [1], Redirected = true };
        }

        if (request.Stderr is { } errors)
        {
            yield return new() { Path = Inside(errors), Descriptors = [2], Redirected = true };
        }
    }

    private static ResourceLimits LimitsOf(IsolateRequest request) => new()
    {
        // Until both are over nothing is killed; what is over --time alone shows afterwards.
        CpuTime = request.Time > 0 ? TimeSpan.FromMilliseconds(Math.Max(request.Time, request.ExtraTime)) : null,
        WallTime = request.WallTime > 0 ? TimeSpan.FromMilliseconds(request.WallTime) : null,
        MemoryBytes = request.GroupMemory > 0 ? Math.Max(request.GroupMemory << 10, LeastMemory) : null,
        AddressSpaceBytes = request.Memory > 0 ? Math.Max(request.Memory << 10, LeastMemory) : null,
        StackBytes = request.Stack > 0 ? request.Stack << 10 : ResourceLimits.Unlimited,
        OpenFiles = request.OpenFiles > 0 ? (int)request.OpenFiles : null,
        FileSizeBytes = request.FileSize > 0 ? request.FileSize << 10 : null,
        Processes = request.Processes > 0 ? (int)request.Processes : null,
        OutputBytes = null,
        DiskBytes = DiskBytes,
    };

    private static List<string> VariablesOf(IsolateRequest request, IReadOnlyList<string> inherited)
    {
        var variables = new List<string>(request.InheritsEnvironment ? inherited : []);
        foreach (var rule in request.Variables.Prepend("LIBC_FATAL_STDERR_=1"))
        {
            var equals = rule.IndexOf('=');
            var name = (equals < 0 ? rule : rule[..equals]) + "=";
            variables.RemoveAll(variable => variable.StartsWith(name, StringComparison.Ordinal));
            if ((equals < 0 ? inherited.FirstOrDefault(variable => variable.StartsWith(name, StringComparison.Ordinal)) : rule) is { } added && added.Length > name.Length - (equals < 0 ? 1 : 0))
            {
                variables.Add(added);
            }
        }

        return variables;
    }
}
