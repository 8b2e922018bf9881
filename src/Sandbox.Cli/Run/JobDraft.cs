
namespace Sandbox.Cli.Run;

/// <summary>The job while options are being applied to it, and who asked for what.</summary>
/// <param name="directory">The current directory, which relative paths of the host start from; empty refuses them.</param>
/// <param name="variable">The caller's environment.</param>
internal sealed class JobDraft(string directory, Func<string, string?> variable)
{
    /// <summary>What comes before the name or id of a job whose namespace is wanted.</summary>
    public const string OfContainer = "container:";

    private readonly Dictionary<string, string> _origins = new(StringComparer.Ordinal) { ["/command"] = "the command" };
    private readonly List<string> _allowed = [];
    private readonly List<PortMapping> _ports = [];
    private string? _network;
    private JoinedNetwork? _place;
    private string _placeGiven = "";
    private readonly List<Mount> _mounts = [];
    private readonly List<InjectedFile> _files = [];
    private readonly List<OutputSpec> _outputs = [];
    private readonly Dictionary<string, string> _fileVariables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private readonly List<string> _remarks = [];
    private bool _isRootGiven;
    private string _given = "";

    public JobSpec Job { get; set; } = RunDefaults.Job;

    public ResourceLimits Limits
    {
        get => Job.Limits;
        set => Job = Job with { Limits = value };
    }

    /// <summary>The program that comes before the command's words; empty for none.</summary>
    public string Entrypoint { get; set; } = "";

    /// <summary>The root shall not be writable, whatever it is made of.</summary>
    public bool IsReadOnly { get; set; }

    public CapabilityWishes Capabilities { get; } = new();

    /// <summary>Something was asked for that only the result can tell.</summary>
    public bool NeedsResult { get; set; }

    public string? ResultFile { get; set; }

    public string? Cgroup { get; set; }

    public string? LeaseCores { get; set; }

    public string? Server { get; set; }

    public bool PrintsJob { get; set; }

    public bool Detaches { get; set; }

    /// <summary>Nothing of a detached job is kept once it is over.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>Given with --log-size; null for nothing.</summary>
    public long? LogBytes { get; set; }

    /// <summary>What the caller's PATH names is shown to the job.</summary>
    public bool HasHostTools { get; set; }

    /// <summary>Chooses the network by its word; returns what is wrong with that, or null.</summary>
    public string? SetNetwork(string word)
    {
        _network = word;
        return NetworkProblem() ?? (word.StartsWith(OfContainer, StringComparison.Ordinal) ? null : Misspelt(word));
    }

    /// <summary>Says what the job is in the network that it joins; returns what is wrong with that, or null.</summary>
    public string? ChangePlace(Func<JoinedNetwork, JoinedNetwork> change)
    {
        _place = change(_place ?? new() { NetworkName = "" });
        _placeGiven = _given;
        return NetworkProblem();
    }

    /// <summary>Lets the job reach something; returns what is wrong with it, or null.</summary>
    public string? Allow(string rule)
    {
        _origins[$"/network/egress/{_allowed.Count}"] = _given;
        _allowed.Add(rule);
        return NetworkProblem();
    }

    /// <summary>Relays a port of the host to the job; returns what is wrong with it, or null.</summary>
    public string? Publish(string text)
    {
        _origins[$"/ports/{_ports.Count}"] = _given;
        try
        {
            _ports.Add(PortMapping.Parse(text));
            return null;
        }
        catch (FormatException problem)
        {
            return problem.Message;
        }
    }

    /// <summary>Applies one option; returns what is wrong with it, or null.</summary>
    public string? Apply(GivenOption given)
    {
        _given = given.Words;
        if (given.Option.Member.Length > 0)
        {
            _origins[given.Option.Member] = _given;
        }

        return given.Option.Apply(this, given.Value) is { } problem ? $"{_given}: {problem}" : null;
    }

    public void Add(Mount mount)
    {
        _origins[$"/mounts/{_mounts.Count}"] = _given;
        _mounts.Add(mount);
    }

    public void Add(InjectedFile file)
    {
        _origins["/files/" + Escape(file.Path)] = _given;
        _files.Add(file);
    }

    public void Add(OutputSpec output)
    {
        _origins[$"/outputs/{_outputs.Count}"] = _given;
        _outputs.Add(output);
    }

    /// <summary>Sets what the root is made of; a directory and an image exclude each other.</summary>
    public string? SetRootfs(Rootfs rootfs)
    {
        var (isImage, wasImage) = (rootfs is ImageRootfs, Job.Rootfs is ImageRootfs);
        if (_isRootGiven && isImage != wasImage)
        {
            return "--rootfs and --image exclude each other";
        }

        _isRootGiven = true;
        Job = Job with { Rootfs = rootfs };
        return null;
    }

    /// <summary>Sets a variable; one of an <c>--env-file</c> gives way to any <c>--env</c>, whichever came first.</summary>
    public void SetVariable(string name, string value, bool isOfFile = false)
    {
        (isOfFile ? _fileVariables : _variables)[name] = value;
        _origins["/env/" + Escape(name)] = _given;
    }

    /// <summary>A variable of the caller; null if it is not set.</summary>
    public string? CallersVariable(string name) => variable(name);

    /// <summary>Why there is no absolute path, or null.</summary>
    public string? PathProblem(string path)
    {
        try
        {
            _ = AbsolutePath(path);
            return null;
        }
        catch (FormatException problem)
        {
            return problem.Message;
        }
    }

    /// <summary>A path of the host that was found to have no problem, made absolute.</summary>
    public string AbsolutePath(string path) => JobFile.AbsolutePath(path, directory);

    /// <summary>Hands an absolute path of the host on; returns why there is none, or null.</summary>
    public string? WithPath(string path, Action<string> use)
    {
        if (PathProblem(path) is { } problem)
        {
            return problem;
        }

        use(AbsolutePath(path));
        return null;
    }

    /// <summary>The whole request.</summary>
    /// <param name="words">The words of the command line that are the job's.</param>
    public RunRequest Finish(IReadOnlyList<string> words)
    {
        foreach (var (name, value) in _variables)
        {
            _fileVariables[name] = value;
        }

        IReadOnlyList<string> command = Entrypoint.Length > 0 ? [Entrypoint, .. words] : words;
        SetNetwork();
        NpmRetries.AddTo(_fileVariables, Job.Network, command);
        ShowHostTools();
        if (!_origins.ContainsKey("/limits/output") && (Job.Stdout is CaptureStream || Job.Stderr is CaptureStream))
        {
            Limits = Limits with { OutputBytes = RunDefaults.CapturedBytes };
        }

        // What nobody asked for otherwise goes where a terminal's only stream goes.
        if (Job.Terminal && !_origins.ContainsKey("/stderr"))
        {
            Job = Job with { Stderr = new MergedStream() };
        }

        return new()
        {
            Job = Job with
            {
                Command = command,
                Rootfs = Root(),
                Capabilities = Capabilities.Granted,
                Env = _fileVariables,
                Mounts = [.. _mounts.Select(Made)],
                Files = _files,
                Outputs = _outputs,
                Ports = _ports,
            },
            Origins = _origins,
            NeedsResult = NeedsResult || Job.Stdout is CaptureStream || Job.Stderr is CaptureStream,
            ResultFile = ResultFile,
            Cgroup = Cgroup,
            LeaseCores = LeaseCores,
            Server = Server,
            PrintsJob = PrintsJob,
            Detaches = Detaches,
            IsForgotten = IsForgotten,
            LogBytes = LogBytes,
            Remarks = _remarks,
        };
    }

    // What may be reached says by itself that something may.
    private string? NetworkProblem() => _network?.StartsWith(OfContainer, StringComparison.Ordinal) == true && (_place is not null || _allowed.Count > 0)
        ? $"--network {_network} and {(_allowed.Count > 0 ? "--allow" : _placeGiven)} exclude each other: the network is that job's, as it is"
        : _allowed.Count > 0 && _network is not (null or "egress") && Network.TryParse(_network, out _) ? $"--allow and --network {_network} exclude each other" : null;

    // Almost a word, and no network's name.
    private static string? Misspelt(string word)
    {
        string[] words = [.. Network.All.Select(network => network.ToString()), "egress"];
        if (words.Contains(word) || NearestName.Of(word, words) is not { } meant || IsNetwork(word))
        {
            return null;
        }

        return $"must be {Choices.Listed([.. words, "a network of \"sandbox network create\""])}; did you mean {meant}?";
    }

    private static bool IsNetwork(string name)
    {
        try
        {
            return SharedNetworks.Find(name) is not null;
        }
        catch (SandboxException)
        {
            return false;
        }
    }

    private void SetNetwork()
    {
        if (_network?.StartsWith(OfContainer, StringComparison.Ordinal) == true)
        {
            Job = Job with { Network = Network.Of(_network[OfContainer.Length..]) };
            _origins["/network/container"] = $"--network {_network}";
            return;
        }

        if (_place is not null || (_network is not (null or "egress") && !Network.TryParse(_network, out _)))
        {
            var name = Network.TryParse(_network, out _) || _network is "egress" ? "" : _network ?? "";
            Job = Job with { Network = (_place ?? new() { NetworkName = name }) with { NetworkName = name, Allow = _allowed } };
            _origins["/network/join"] = name.Length > 0 ? $"--network {name}" : _placeGiven;
        }
        else if (_allowed.Count > 0 || _network == "egress")
        {
            Job = Job with { Network = Network.Egress(_allowed) };
            _origins["/network/egress"] = "--network egress";
        }
        else if (Network.TryParse(_network, out var network))
        {
            Job = Job with { Network = network };
        }
        else if (_ports.Count > 0)
        {
            Job = Job with { Network = Network.Loopback };
        }
    }

    // A PATH that the user gives counts, and finds what is shown.
    private void ShowHostTools()
    {
        if (!HasHostTools)
        {
            return;
        }

        var tools = new HostTools(variable);
        tools.AddPath(variable("PATH"));
        _given = "--host-tools";
        foreach (var directory in tools.Shown.Directories.Where(directory => !_mounts.Exists(mount => mount.Target == directory)))
        {
            Add(new BindMount { Source = directory, Target = directory });
        }

        _fileVariables.TryAdd("PATH", string.Join(':', [.. tools.Shown.Paths, HostProgram.UsualPath]));
        _remarks.AddRange(tools.LeftOut.Select(left => "--host-tools leaves out " + left));
    }

    // RFC 6901.
    private static string Escape(string part) => part.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    // A volume that is only read can be one that an image fills: whether there is one is known at the end.
    private Mount Made(Mount mount) =>
        mount is VolumeMount { ReadOnly: true, Copy: true } volume && Job.Rootfs is ImageRootfs ? volume with { Create = true } : mount;

    private Rootfs Root() => (Job.Rootfs, IsReadOnly) switch
    {
        (DirectoryRootfs directory, true) => directory with { Writable = false },
        (ImageRootfs image, true) => image with { Writable = false },
        _ => Job.Rootfs,
    };
}
