namespace Sandbox.Server.Settings;

/// <summary>A setting of the server as it is written and as it is told of; a test holds the options of "sandbox serve" and docs/serve.md to it.</summary>
internal sealed record ServeOption(string Name, string Value, string Help)
{
    /// <summary>The option that names the configuration file.</summary>
    public const string Config = "config";

    /// <summary>Every setting.</summary>
    public static IReadOnlyList<ServeOption> All { get; } =
    [
        new("listen", "unix:PATH", "listen on this unix socket; may be repeated; by default $XDG_RUNTIME_DIR/sandbox.sock, else a private directory's"),
        new("slots", "N", "how many jobs run at once; by default one for each processor"),
        new("max-waiting", "N", "how many jobs may wait; by default 1000"),
        new("memory", "SIZE", "what the memory limits of the jobs that run may come to; by default three quarters of this machine's"),
        new("max-body", "SIZE", "the largest request; by default 16MiB"),
        new("grace", "TIME", "how long jobs that run at SIGTERM may take to end by themselves; by default 20s"),
        new("keep-age", "TIME", "how long a result is kept; by default 10m"),
        new("keep-count", "N", "how many results are kept; by default 10000"),
        new("keep-bytes", "SIZE", "what the kept results may come to; by default 256MiB"),
        new("max-limit", "LIMIT=VALUE", "no job has more of a limit of job.json, such as memory=1GiB; may be repeated"),
        new("cgroup", "DIRECTORIES", "control group directories to use, separated by colons, or none; by default the best that can be found"),
        new("lease-cores", "LIST", "processors, such as 2-7, whose whole cores jobs lease: each gets as many as it has cpus, and shares them with no other"),
        new("store", "DIRECTORY", "the store of images and files; by default the user's"),
    ];

    /// <summary>It may be given several times.</summary>
    public bool IsList => Name is "listen" or "max-limit";

    /// <summary>Its environment variable.</summary>
    public string Variable => "SANDBOX_SERVE_" + Name.Replace('-', '_').ToUpperInvariant();

    /// <summary>Its member in the configuration file.</summary>
    public string Member => string.Concat(Name.Split('-').Select(static (word, index) => index == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));
}
