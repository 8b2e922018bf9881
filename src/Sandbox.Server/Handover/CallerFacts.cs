using System.Text;
using Sandbox.Running;

namespace Sandbox.Server.Handover;

// A job of `sandbox exec` may be run by the server only if it comes to the same: what a process hands down to the jobs that it starts is read here of
// both, from the kernel and not from what the caller says. What cannot be read is different.

/// <summary>What a process hands down to its jobs, from its directory in /proc (proc(5)).</summary>
internal sealed class CallerFacts
{
    // Those that this kernel was built with: CONFIG_TIME_NS is the one most often left out.
    private static readonly IReadOnlyList<string> s_namespaces = NamespacesOf(
        "/proc/self/ns", ["mnt", "user", "net", "pid", "pid_for_children", "ipc", "uts", "cgroup", "time", "time_for_children"]);

    private static readonly string[] s_status =
    [
        "Umask", "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters", "Cpus_allowed", "Mems_allowed",
    ];

    // Where the user's store, caches and control groups are.
    private static readonly string[] s_variables = ["HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "SANDBOX_STORE", "SANDBOX_STORE_SIZE", "SANDBOX_CGROUP"];

    // The runtime of the server raises the first, and the command the others (native/early-start), as far as the hard limit lets them.
    private static readonly string[] s_raised = ["Max open files", "Max address space", "Max data size"];

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private CallerFacts()
    {
    }

    /// <summary>The control groups it is in, as /proc/PID/cgroup has them.</summary>
    public string Cgroups { get; private init; } = "";

    /// <summary>Its environment asks for telemetry, which goes from a process of its own.</summary>
    public bool HasWishes { get; private init; }

    /// <summary>It may make files of a size only (getrlimit(2), RLIMIT_FSIZE), and a signal ends it where it tries more.</summary>
    public bool HasFileSizeLimit => !_values.GetValueOrDefault("rlimit Max file size", "").StartsWith("unlimited", StringComparison.Ordinal);

    /// <summary>Reads them.</summary>
    /// <param name="process">The number of a process, or <c>self</c>.</param>
    /// <param name="proc">Where procfs is.</param>
    /// <exception cref="IOException">It has ended, or may not be looked at.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static CallerFacts Read(string process, string proc = "/proc")
    {
        var directory = $"{proc}/{process}/";
        var variables = Encoding.UTF8.GetString(File.ReadAllBytes(directory + "environ")).Split('\0');
        var facts = new CallerFacts { Cgroups = File.ReadAllText(directory + "cgroup"), HasWishes = variables.Any(IsWish) };
        foreach (var name in s_namespaces)
        {
            facts._values["namespace " + name] = new FileInfo($"{directory}ns/{name}").LinkTarget ?? throw new IOException("a namespace cannot be read");
        }

        facts._values["root"] = PathStatus.IdentityOf(directory + "root") ?? throw new IOException("the root cannot be looked at");
        facts._values["oom_score_adj"] = File.ReadAllText(directory + "oom_score_adj");
        facts._values["label"] = Label(directory + "attr/current");
        facts.AddStatus(File.ReadAllText(directory + "status"));
        facts.AddScheduling(File.ReadAllText(directory + "stat"));
        facts.AddLimits(File.ReadAllText(directory + "limits"));
        foreach (var name in s_variables)
        {
            facts._values["variable " + name] = Array.Find(variables, entry => entry.StartsWith(name + "=", StringComparison.Ordinal)) ?? "";
        }

        return facts;
    }

    /// <summary>What of another process is not as here; null for nothing.</summary>
    public string? Difference(CallerFacts other) =>
        _values.Count != other._values.Count ? "facts" : _values.FirstOrDefault(fact => other._values.GetValueOrDefault(fact.Key) != fact.Value).Key;

    /// <summary>Which of these kinds of namespaces a kernel has.</summary>
    /// <param name="directory">The namespaces of a process that may be looked at (namespaces(7)).</param>
    /// <param name="kinds">Their names there.</param>
    internal static IReadOnlyList<string> NamespacesOf(string directory, IReadOnlyList<string> kinds)
    {
        var there = Directory.EnumerateFileSystemEntries(directory).Select(Path.GetFileName).ToHashSet();
        return [.. kinds.Where(there.Contains)];
    }

    private static bool IsWish(string variable) => variable.StartsWith("OTEL_", StringComparison.Ordinal) || variable.StartsWith("TRACE", StringComparison.Ordinal);

    // Without a module that has labels, reading is an error (EINVAL, ENOENT) for every process alike.
    private static string Label(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (IOException)
        {
            return "none";
        }
    }

    private void AddStatus(string status)
    {
        foreach (var line in status.Split('\n'))
        {
            var name = line.Split(':')[0];
            if (Array.IndexOf(s_status, name) >= 0)
            {
                _values[name] = line[name.Length..].Trim(':', '\t', ' ');
            }
        }
    }

    // The name of the process may have blanks and parentheses in it; what follows its last one has not. Nice value and policy are fields 19 and 41.
    private void AddScheduling(string stat)
    {
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        _values["scheduling"] = $"{fields[16]} {fields[38]}";
    }

    // Name in columns 0 to 25, soft limit to 46, hard limit to 67, unit.
    private void AddLimits(string limits)
    {
        foreach (var line in limits.Split('\n').Skip(1).Where(static line => line.Length > 67))
        {
            var name = line[..26].Trim();
            _values["rlimit " + name] = Array.IndexOf(s_raised, name) >= 0 ? line[47..68].Trim() : line[26..68].Trim();
        }
    }
}
