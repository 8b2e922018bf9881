namespace Sandbox.Server.Settings;

/// <summary>A setting of the server as it is written and as it is told of; a test holds the options of "sandbox serve" and docs/serve.md to it.</summary>
internal sealed record ServeOption(string Name, string Value, string Help)
{
    /// <summary>The option that names the configuration file.</summary>
    public const string Config = "config";

    /// <summary>Every setting.</summary>
    public static IReadOnlyList<ServeOption> All { get; } =
    [
        new("listen", "WHERE", "listen on unix:PATH, or by TCP on ADDRESS:PORT, [ADDRESS]:PORT or localhost:PORT; may be repeated; by default unix:$XDG_RUNTIME_DIR/sandbox.sock, else a private directory's"),
        new("api", "NAME=WHERE", $"speak the API of another judge ({string.Join(", ", Fronts.FrontTable.Names)}) on ADDRESS:PORT, as for listen; behind it ,allow=CIDR and ,host=NAME let in who has no token; may be repeated"),
        new("runtimes", "FILE", "the languages that jobs of piston, judge0 and jobe may be written in, as \"sandbox runtimes detect\" writes them; by default those that are found when it starts"),
        new("judge0-conf", "FILE", "what a judge0.conf says for the API judge0: its limits, its switches and its tokens; nobody else may read it"),
        new("callback", "CIDR", "a network to whose addresses the API judge0 may tell the end of a submission; by default none; may be repeated"),
        new("callback-key", "FILE", "a file with a key of at least 20 bytes, by which what is told there is signed (HMAC with SHA-256)"),
        new("token-file", "FILE", "a file with a token that clients by TCP have to show, and the tenant's name before it unless the file has that name; may be repeated"),
        new("tls-certificate", "FILE", "the certificate that this server shows by TCP, and those between it and its authority, as PEM"),
        new("tls-key", "FILE", "the key of that certificate, as PEM"),
        new("tls-client-ca", "FILE", "the authorities whose certificates clients by TCP may show instead of a token, as PEM"),
        new("max-connections", "N", "how many connections there may be at once; by default 4096, and at most half of the files that this process may open"),
        new("log-level", "LEVEL", "the least level of messages about jobs and connections: debug, information, warning, error or none; by default warning"),
        new("slots", "N", "how many jobs run at once; by default one for each processor"),
        new("max-waiting", "N", "how many jobs may wait; by default 1000"),
        new("memory", "SIZE", "what the memory limits of the jobs that run may come to; by default three quarters of this machine's"),
        new("max-body", "SIZE", "the largest request; by default 16MiB"),
        new("grace", "TIME", "how long jobs that run at SIGTERM may take to end by themselves; by default 20s"),
        new("keep-age", "TIME", "how long a result is kept; by default 10m, and submissions of judge0 24h"),
        new("keep-count", "N", "how many results are kept; by default 10000"),
        new("keep-bytes", "SIZE", "what the kept results may come to; by default 256MiB"),
        new("max-limit", "LIMIT=VALUE", "no job has more of a limit of job.json, such as memory=1GiB; may be repeated"),
        new("default-limit", "LIMIT=VALUE", "what jobs have of a limit that they do not name, such as wallTime=10s, or none for the maximum; may be repeated"),
        new("allow", "WHAT", $"jobs over HTTP may have this, too: {string.Join(", ", Trust.Allowances.Forms)}; may be repeated"),
        new("cgroup", "DIRECTORIES", "control group directories to use, separated by colons, or none; by default the best that can be found"),
        new("lease-cores", "LIST", "processors, such as 2-7, whose whole cores jobs lease: each gets as many as it has cpus, and shares them with no other"),
        new("store", "DIRECTORY", "the store of images and files; by default the user's"),
        new("files-bytes", "SIZE", "what the stored files of one tenant may come to; by default 1GiB; the user's own store has a limit of its own (SANDBOX_STORE_SIZE)"),
        new("files-age", "TIME", "how long a stored file of a tenant is kept that nobody uses; by default 168h; the user's own store keeps what there is room for"),
        new("state", "DIRECTORY", "keep jobs that were answered with 202, or have an idempotency key, over the end of the server in this directory; by default in memory only"),
        new("state-sync", "WHEN", "wait for the disk before each answer about a job in that directory (each, the default), or never (none): a crash of the machine may then lose or repeat the last seconds"),
    ];

    /// <summary>It may be given several times.</summary>
    public bool IsList => Name is "listen" or "api" or "callback" or "token-file" or "max-limit" or "default-limit" or "allow";

    /// <summary>Its environment variable.</summary>
    public string Variable => "SANDBOX_SERVE_" + Name.Replace('-', '_').ToUpperInvariant();

    /// <summary>Its member in the configuration file.</summary>
    public string Member => string.Concat(Name.Split('-').Select(static (word, index) => index == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));
}
