using System.Net;

namespace Sandbox.Server.Trust;

/// <summary>What a path of the machine is named for; what is allowed for one use is not for another.</summary>
internal enum PathUse
{
    /// <summary>A bind that is read-only.</summary>
    Bind,

    /// <summary>A bind that the job may write to.</summary>
    WritableBind,

    /// <summary>A file that is read for the job.</summary>
    File,

    /// <summary>A seccomp policy.</summary>
    Policy,

    /// <summary>An image: an archive, or the directory of a layout.</summary>
    Image,

    /// <summary>A directory that is the job's root.</summary>
    Root,

    /// <summary>The directory of a file that is written for the job.</summary>
    Output,
}

/// <summary>What of the machine jobs may have by the server's configuration, beyond what all of them may.</summary>
internal sealed class Allowances
{
    private const string Device = "device=";
    private const string Egress = "egress=";
    private const string Join = "join=";
    private const string Port = "port=";
    private const string Volume = "volume=";

    private static readonly (string Start, PathUse Use)[] s_uses =
    [
        ("bind=ro:", PathUse.Bind), ("bind=rw:", PathUse.WritableBind), ("file=", PathUse.File), ("policy=", PathUse.Policy), ("image=", PathUse.Image), ("rootfs=", PathUse.Root), ("output=", PathUse.Output),
    ];

    private static readonly string[] s_words = ["network=host", "cpuset", "subids", "capabilities"];

    private readonly List<string> _texts = [];
    private readonly List<(PathUse Use, HostPrefix Prefix)> _prefixes = [];

    // What the server itself reads for a job; from mounts and outputs its own directories are kept each time (SandboxOptions.Hidden).
    private static readonly PathUse[] s_read = [PathUse.File, PathUse.Policy, PathUse.Image];
    private readonly HashSet<string> _devices = new(StringComparer.Ordinal);
    private readonly HashSet<string> _egress = new(StringComparer.Ordinal);
    private readonly HashSet<string> _networks = new(StringComparer.Ordinal);
    private readonly HashSet<string> _volumes = new(StringComparer.Ordinal);
    private readonly HashSet<IPEndPoint> _ports = [];
    private readonly HashSet<string> _words = new(StringComparer.Ordinal);

    /// <summary>Nothing.</summary>
    public static Allowances None { get; } = new();

    /// <summary>What <c>--allow</c> takes, for the help and the page.</summary>
    public static IReadOnlyList<string> Forms { get; } = [.. s_uses.Select(static use => use.Start + "DIRECTORY"), Device + "PATH", Egress + "NAME:PORT", Port + "ADDRESS:PORT", Join + "NETWORK", Volume + "NAME", .. s_words];

    /// <summary>Reads one, and opens its directory.</summary>
    /// <exception cref="FormatException">It is none; the message goes on from "it …".</exception>
    public void Add(string text)
    {
        if (s_words.Contains(text))
        {
            _words.Add(text);
        }
        else if (text.StartsWith(Device, StringComparison.Ordinal))
        {
            _devices.Add(text[Device.Length..] is ['/', _, ..] path ? path : throw new FormatException("names no absolute path"));
        }
        else if (text.StartsWith(Egress, StringComparison.Ordinal))
        {
            var rule = text[Egress.Length..];
            _egress.Add(Checked(rule, Network.Egress(rule), "names nothing that a job can reach"));
        }
        else if (text.StartsWith(Join, StringComparison.Ordinal))
        {
            var name = text[Join.Length..];
            _networks.Add(Checked(name, Network.Join(name), "names no network"));
        }
        else if (text.StartsWith(Volume, StringComparison.Ordinal))
        {
            _volumes.Add(VolumeStore.IsName(text[Volume.Length..]) ? text[Volume.Length..] : throw new FormatException("names no volume"));
        }
        else if (text.StartsWith(Port, StringComparison.Ordinal))
        {
            _ports.Add(IPEndPoint.TryParse(text[Port.Length..], out var end) && end.ToString() == text[Port.Length..] ? end : throw new FormatException("names no address with its port, such as 127.0.0.1:8080; 0 is a free one"));
        }
        else
        {
            var (start, use) = s_uses.FirstOrDefault(use => text.StartsWith(use.Start, StringComparison.Ordinal));
            _prefixes.Add(start is null ? throw new FormatException($"is none of {string.Join(", ", Forms)}") : (use, Open(text[start.Length..])));
        }

        _texts.Add(text);
    }

    /// <summary>A directory that files are read from for jobs, and that is, holds or lies in this one; null for none.</summary>
    public string? ReadFrom(string directory) =>
        _prefixes.FirstOrDefault(allowed => s_read.Contains(allowed.Use) && allowed.Prefix.Meets(directory)).Prefix?.Path;

    /// <summary>The host's network.</summary>
    public bool HostNetwork => _words.Contains("network=host");

    /// <summary>A network from which a list is reached: each entry of it is one that was allowed, in the very same words.</summary>
    public bool HasEgress(EgressNetwork network) => network.Allow.All(_egress.Contains);

    /// <summary>The same, of a job in a network of jobs.</summary>
    public bool HasEgress(JoinedNetwork network) => network.Allow.All(_egress.Contains);

    /// <summary>A network of jobs by exactly this name.</summary>
    public bool HasNetwork(JoinedNetwork network) => _networks.Contains(network.NetworkName);

    /// <summary>A volume by exactly this name.</summary>
    public bool HasVolume(string name) => _volumes.Contains(name);

    /// <summary>A port of the host at exactly this address.</summary>
    public bool HasPort(PortMapping port) => _ports.Contains(port.ToEndPoint());

    /// <summary>Choosing processors.</summary>
    public bool Cpuset => _words.Contains("cpuset");

    /// <summary>Subordinate ids.</summary>
    public bool SubIds => _words.Contains("subids");

    /// <summary>Capabilities within the job's own user namespace.</summary>
    public bool Capabilities => _words.Contains("capabilities");

    /// <summary>A device by exactly this path.</summary>
    public bool HasDevice(string path) => _devices.Contains(path);

    /// <summary>Finds and holds what a path leads to; null if none of the directories for that use covers it.</summary>
    /// <exception cref="IOException">There is nothing, it leads out, or it is of no kind for that use; the message is the reason alone.</exception>
    public HeldPath? Find(string path, PathUse use)
    {
        // Of several that cover it the longest: what is below it is what the path was meant for.
        var prefix = _prefixes.Where(allowed => Allows(allowed.Use, use) && allowed.Prefix.Covers(path)).Select(static allowed => allowed.Prefix).MaxBy(static prefix => prefix.Path.Length);
        if (prefix?.Hold(path) is not { } held)
        {
            return null;
        }

        if (Problem(held, use) is not { } problem)
        {
            return held;
        }

        held.Dispose();
        throw new IOException(problem);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(",", _texts);

    private static bool Allows(PathUse allowed, PathUse use) => allowed == use || (allowed == PathUse.WritableBind && use == PathUse.Bind);

    private static string? Problem(HeldPath held, PathUse use) => use switch
    {
        PathUse.File or PathUse.Policy when !held.IsRegularFile => "it is no regular file",
        PathUse.Image when !held.IsRegularFile && !held.IsDirectory => "it is neither a regular file nor a directory",
        PathUse.Root or PathUse.Output when !held.IsDirectory => "it is no directory",
        _ => null,
    };

    private static string Checked(string text, Network network, string problem)
    {
        try
        {
            JobFile.Validate(new JobSpec { Command = ["true"], Network = network });
            return text;
        }
        catch (InvalidJobException invalid)
        {
            throw new FormatException($"{problem}: {invalid.Problems[0].Message}");
        }
    }

    private static HostPrefix Open(string path)
    {
        try
        {
            return HostPrefix.Open(path);
        }
        catch (IOException unusable)
        {
            throw new FormatException($"names no directory that can be used: {unusable.Message}");
        }
    }
}
