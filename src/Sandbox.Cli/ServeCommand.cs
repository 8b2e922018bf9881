using System.Runtime.InteropServices;

namespace Sandbox.Cli;

/// <summary><c>sandbox serve</c>: becomes the job host, a program of its own beside this one, so that no other command pays for a web server.</summary>
internal static unsafe partial class ServeCommand
{
    /// <summary>The option after which everything is another judge's.</summary>
    public const string Explain = "explain-config";

    private const string Program = "sandboxd";

    public static Command Command { get; } = new()
    {
        Name = "serve",
        Summary = "Run jobs that come over HTTP",
        Details = "Every setting is an option, an environment variable such as SANDBOX_SERVE_MAX_WAITING, or a member of the file\n" +
            "given by --config, such as \"maxWaiting\"; an option goes before a variable, and a variable before the file.",
        Options =
        [
            new() { Name = "config", Value = "FILE", Kind = ValueKind.JsonFile, Help = "read settings from this JSON file" },
            new() { Name = Explain, Value = "WORDS", Help = "start nothing, and say what the command line and environment of go-judge or Piston that follow it become here" },
            new() { Name = "listen", Value = "WHERE", Help = "listen on unix:PATH, or by TCP on ADDRESS:PORT, [ADDRESS]:PORT or localhost:PORT; may be repeated; by default unix:$XDG_RUNTIME_DIR/sandbox.sock, else a private directory's" },
            new() { Name = "api", Value = "NAME=WHERE", Help = "speak the API of another judge (go-judge, piston, judge0, jobe) on ADDRESS:PORT, as for listen; behind it ,allow=CIDR and ,host=NAME let in who has no token; may be repeated" },
            new() { Name = "runtimes", Value = "FILE", Kind = ValueKind.JsonFile, Help = "the languages that jobs of piston, judge0 and jobe may be written in, as \"sandbox runtimes detect\" writes them; by default those that are found when it starts" },
            new() { Name = "judge0-conf", Value = "FILE", Kind = ValueKind.File, Help = "what a judge0.conf says for the API judge0: its limits, its switches and its tokens; nobody else may read it" },
            new() { Name = "callback", Value = "CIDR", Help = "a network to whose addresses the API judge0 may tell the end of a submission; by default none; may be repeated" },
            new() { Name = "callback-key", Value = "FILE", Kind = ValueKind.File, Help = "a file with a key of at least 20 bytes, by which what is told there is signed (HMAC with SHA-256)" },
            new() { Name = "token-file", Value = "FILE", Kind = ValueKind.File, Help = "a file with a token that clients by TCP have to show, and the tenant's name before it unless the file has that name; may be repeated" },
            new() { Name = "tls-certificate", Value = "FILE", Kind = ValueKind.File, Help = "the certificate that this server shows by TCP, and those between it and its authority, as PEM" },
            new() { Name = "tls-key", Value = "FILE", Kind = ValueKind.File, Help = "the key of that certificate, as PEM" },
            new() { Name = "tls-client-ca", Value = "FILE", Kind = ValueKind.File, Help = "the authorities whose certificates clients by TCP may show instead of a token, as PEM" },
            new() { Name = "max-connections", Value = "N", Help = "how many connections there may be at once; by default 4096, and at most half of the files that this process may open" },
            new() { Name = "log-level", Value = "LEVEL", Help = "the least level of messages about jobs and connections: debug, information, warning, error or none; by default warning" },
            new() { Name = "slots", Value = "N", Help = "how many jobs run at once; by default one for each processor" },
            new() { Name = "max-waiting", Value = "N", Help = "how many jobs may wait; by default 1000" },
            new() { Name = "memory", Value = "SIZE", Help = "what the memory limits of the jobs that run may come to; by default three quarters of this machine's" },
            new() { Name = "max-body", Value = "SIZE", Help = "the largest request; by default 16MiB" },
            new() { Name = "grace", Value = "TIME", Help = "how long jobs that run at SIGTERM may take to end by themselves; by default 20s" },
            new() { Name = "keep-age", Value = "TIME", Help = "how long a result is kept; by default 10m, and submissions of judge0 24h" },
            new() { Name = "keep-count", Value = "N", Help = "how many results are kept; by default 10000" },
            new() { Name = "keep-bytes", Value = "SIZE", Help = "what the kept results may come to; by default 256MiB" },
            new() { Name = "max-limit", Value = "LIMIT=VALUE", Help = "no job has more of a limit of job.json, such as memory=1GiB; may be repeated" },
            new() { Name = "default-limit", Value = "LIMIT=VALUE", Help = "what jobs have of a limit that they do not name, such as wallTime=10s, or none for the maximum; may be repeated" },
            new() { Name = "allow", Value = "WHAT", Help = "jobs over HTTP may have this, too: bind=ro:DIRECTORY, bind=rw:DIRECTORY, file=DIRECTORY, policy=DIRECTORY, image=DIRECTORY, rootfs=DIRECTORY, output=DIRECTORY, device=PATH, egress=NAME:PORT, port=ADDRESS:PORT, join=NETWORK, volume=NAME, network=host, cpuset, subids, capabilities; may be repeated" },
            CommandOption.Cgroup,
            CommandOption.LeaseCores,
            new() { Name = "store", Value = "DIRECTORY", Kind = ValueKind.Directory, Help = "the store of images and files; by default the user's" },
            new() { Name = "files-bytes", Value = "SIZE", Help = "what the stored files of one tenant may come to; by default 1GiB; the user's own store has a limit of its own (SANDBOX_STORE_SIZE)" },
            new() { Name = "files-age", Value = "TIME", Help = "how long a stored file of a tenant is kept that nobody uses; by default 168h; the user's own store keeps what there is room for" },
            new() { Name = "state", Value = "DIRECTORY", Kind = ValueKind.Directory, Help = "keep jobs that were answered with 202, or have an idempotency key, over the end of the server in this directory; by default in memory only" },
            new() { Name = "state-sync", Value = "WHEN", Help = "wait for the disk before each answer about a job in that directory (each, the default), or never (none): a crash of the machine may then lose or repeat the last seconds" },
        ],
        Statuses =
        [
            new("0", "it was told to end (SIGTERM, SIGINT), and every job is over"),
            new("2", "the usage or a setting is wrong; every problem was said"),
            new("3", "the machine refused it, or sandboxd is not beside this program"),
        ],
        Examples = ["sandbox serve --listen unix:/run/user/1000/judge.sock --slots 2", "curl --unix-socket /run/user/1000/judge.sock http://localhost/v1/host", "sandbox serve --explain-config go-judge -http-addr :5050 -parallelism 4"],
        Run = static arguments => Become("serve", arguments.Given),
    };

    /// <summary>Becomes the job host, or another use of its program.</summary>
    /// <param name="command">The command, for messages.</param>
    /// <param name="words">The arguments.</param>
    public static int Become(string command, IReadOnlyList<string> words)
    {
        var path = Path.Combine(Path.GetDirectoryName(Environment.ProcessPath)!, Program);
        var errno = Execute(path, [Program, .. words]);
        Diagnostics.Write($"{command}: cannot execute {DisplayText.Quote(path)}: {ErrnoNames.Of(errno)}" + (errno == 2 ? "; it is installed beside sandbox (docs/install.md)" : ""));
        return ExitStatus.Sandbox;
    }

    // Returns only if it fails.
    private static int Execute(string path, IReadOnlyList<string> words)
    {
        var pointers = stackalloc nint[words.Count + 1];
        for (var index = 0; index < words.Count; index++)
        {
            pointers[index] = Marshal.StringToCoTaskMemUTF8(words[index]);
        }

        pointers[words.Count] = 0;
        _ = execv(path, pointers);
        return Marshal.GetLastPInvokeError();
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execv(string path, nint* arguments);
}
