using System.Globalization;
using System.Text;
using Sandbox.Server.Access;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>What a judge0.conf says, as far as it means something here: lines of <c>NAME=VALUE</c>, where an empty value is none. Times are seconds, sizes units of 1024 bytes.</summary>
internal sealed record Judge0Settings
{
    private const int MostBytes = 64 << 10;

    // Of its web server, its database and its pages; and of the cache of answers, which is not needed.
    private static readonly string[] s_meaningless =
    [
        "RESTART_MAX_TRIES", "RAILS_ENV", "RAILS_MAX_THREADS", "RAILS_SERVER_PROCESSES", "SECRET_KEY_BASE", "PORT", "REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD", "REDIS_URL", "POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_DB", "POSTGRES_USER",
        "POSTGRES_PASSWORD", "DATABASE_URL", "INTERVAL", "COUNT", "SUBMISSION_CACHE_DURATION", "USE_DOCS_AS_HOMEPAGE", "JUDGE0_TELEMETRY_ENABLE", "JUDGE0_VERSION", "VIRTUAL_HOST", "LETSENCRYPT_HOST", "LETSENCRYPT_EMAIL", "ALLOW_ORIGIN",
    ];

    // To pass over these would let somebody in, or let something be asked for, that was not to be.
    private static readonly Dictionary<string, string> s_elsewhere = new()
    {
        ["ALLOW_IP"] = "behind the address of --api: judge0=ADDRESS:PORT,allow=CIDR,host=NAME",
        ["DISALLOW_IP"] = "behind the address of --api, as those who may come: judge0=ADDRESS:PORT,allow=CIDR,host=NAME",
        ["DISALLOW_ORIGIN"] = "nowhere: without a token no other origin is let in",
    };

    private static readonly Dictionary<string, Func<Judge0Settings, string, Judge0Settings>> s_names = new()
    {
        ["MAINTENANCE_MODE"] = static (all, text) => all with { IsInMaintenance = IsTrue(text) },
        ["MAINTENANCE_MESSAGE"] = static (all, text) => all with { MaintenanceMessage = text },
        ["AUTHN_HEADER"] = static (all, text) => all with { AuthenticationHeader = HeaderName(text) },
        ["AUTHN_TOKEN"] = static (all, text) => all with { AuthenticationTokens = Tokens(text) },
        ["AUTHZ_HEADER"] = static (all, text) => all with { AuthorizationHeader = HeaderName(text) },
        ["AUTHZ_TOKEN"] = static (all, text) => all with { AuthorizationTokens = Tokens(text) },
        ["ENABLE_WAIT_RESULT"] = static (all, text) => all with { CanWait = IsTrue(text) },
        ["ENABLE_COMPILER_OPTIONS"] = static (all, text) => all with { HasCompilerOptions = IsTrue(text) },
        ["ALLOWED_LANGUAGES_FOR_COMPILER_OPTIONS"] = static (all, text) => all with { CompilerOptionLanguages = text.Split(' ', StringSplitOptions.RemoveEmptyEntries) },
        ["ENABLE_COMMAND_LINE_ARGUMENTS"] = static (all, text) => all with { HasArguments = IsTrue(text) },
        ["ENABLE_SUBMISSION_DELETE"] = static (all, text) => all with { CanDelete = IsTrue(text) },
        ["ENABLE_CALLBACKS"] = static (all, text) => all with { HasCallbacks = IsTrue(text) },
        ["CALLBACKS_MAX_TRIES"] = static (all, text) => all with { CallbackTries = (int)Number(text, 1, 3) },
        ["CALLBACKS_TIMEOUT"] = static (all, text) => all with { CallbackTimeout = Number(text, 0.1m, 5) },
        ["ENABLE_ADDITIONAL_FILES"] = static (all, text) => all with { HasAdditionalFiles = IsTrue(text) },
        ["MAX_EXTRACT_SIZE"] = static (all, text) => all with { MostExtracted = (long)Number(text, 1, 1 << 20) },
        ["MAX_QUEUE_SIZE"] = static (all, text) => all with { MostQueued = (int)Number(text, 0, 1_000_000) },
        ["ENABLE_BATCHED_SUBMISSIONS"] = static (all, text) => all with { HasBatches = IsTrue(text) },
        ["MAX_SUBMISSION_BATCH_SIZE"] = static (all, text) => all with { MostInBatch = (int)Number(text, 1, 1000) },
        ["CPU_TIME_LIMIT"] = static (all, text) => all with { CpuTime = Seconds(text) },
        ["MAX_CPU_TIME_LIMIT"] = static (all, text) => all with { MostCpuTime = Seconds(text) },
        ["CPU_EXTRA_TIME"] = static (all, text) => all with { CpuExtraTime = Seconds(text) },
        ["MAX_CPU_EXTRA_TIME"] = static (all, text) => all with { MostCpuExtraTime = Seconds(text) },
        ["WALL_TIME_LIMIT"] = static (all, text) => all with { WallTime = Seconds(text) },
        ["MAX_WALL_TIME_LIMIT"] = static (all, text) => all with { MostWallTime = Seconds(text) },
        ["MEMORY_LIMIT"] = static (all, text) => all with { Memory = Size(text) },
        ["MAX_MEMORY_LIMIT"] = static (all, text) => all with { MostMemory = Size(text) },
        ["STACK_LIMIT"] = static (all, text) => all with { Stack = Size(text) },
        ["MAX_STACK_LIMIT"] = static (all, text) => all with { MostStack = Size(text) },
        ["MAX_PROCESSES_AND_OR_THREADS"] = static (all, text) => all with { Processes = (int)Number(text, 1, 1_000_000) },
        ["MAX_MAX_PROCESSES_AND_OR_THREADS"] = static (all, text) => all with { MostProcesses = (int)Number(text, 1, 1_000_000) },
        ["ENABLE_PER_PROCESS_AND_THREAD_TIME_LIMIT"] = static (all, text) => all with { IsTimePerProcess = IsTrue(text) },
        ["ALLOW_ENABLE_PER_PROCESS_AND_THREAD_TIME_LIMIT"] = static (all, text) => all with { MayHaveTimePerProcess = IsTrue(text) },
        ["ENABLE_PER_PROCESS_AND_THREAD_MEMORY_LIMIT"] = static (all, text) => all with { IsMemoryPerProcess = IsTrue(text) },
        ["ALLOW_ENABLE_PER_PROCESS_AND_THREAD_MEMORY_LIMIT"] = static (all, text) => all with { MayHaveMemoryPerProcess = IsTrue(text) },
        ["MAX_FILE_SIZE"] = static (all, text) => all with { FileSize = Size(text) },
        ["MAX_MAX_FILE_SIZE"] = static (all, text) => all with { MostFileSize = Size(text) },
        ["NUMBER_OF_RUNS"] = static (all, text) => all with { Runs = (int)Number(text, 1, 1000) },
        ["MAX_NUMBER_OF_RUNS"] = static (all, text) => all with { MostRuns = (int)Number(text, 1, 1000) },
        ["REDIRECT_STDERR_TO_STDOUT"] = static (all, text) => all with { RedirectsStderr = IsTrue(text) },
        ["ENABLE_NETWORK"] = static (all, text) => all with { HasNetwork = IsTrue(text) },
        ["ALLOW_ENABLE_NETWORK"] = static (all, text) => all with { MayHaveNetwork = IsTrue(text) },
        ["DISABLE_IMPLICIT_BASE64_ENCODING"] = static (all, text) => all with { IsBase64Implied = !IsTrue(text) },
        ["JUDGE0_HOMEPAGE"] = static (all, text) => all with { Homepage = text },
        ["JUDGE0_SOURCE_CODE"] = static (all, text) => all with { SourceCode = text },
        ["JUDGE0_MAINTAINER"] = static (all, text) => all with { Maintainer = text },
    };

    /// <summary>Every name that means something, for the page that lists them.</summary>
    public static IEnumerable<string> Names => s_names.Keys;

    /// <summary>Nothing is taken or deleted.</summary>
    public bool IsInMaintenance { get; init; }

    /// <summary>What is said meanwhile.</summary>
    public string MaintenanceMessage { get; init; } = "The server is in maintenance mode";

    /// <summary>Where clients show their token, as a header or in the query.</summary>
    public string AuthenticationHeader { get; init; } = "X-Auth-Token";

    /// <summary>What they may show there, beside the tokens of the server; none asks for nothing.</summary>
    public IReadOnlyList<string> AuthenticationTokens { get; init; } = [];

    /// <summary>Where those who list and delete show theirs.</summary>
    public string AuthorizationHeader { get; init; } = "X-Auth-User";

    /// <summary>What they may show; none lets nobody.</summary>
    public IReadOnlyList<string> AuthorizationTokens { get; init; } = [];

    /// <summary><c>wait=true</c> is taken.</summary>
    public bool CanWait { get; init; } = true;

    /// <summary>Words for compilers are taken.</summary>
    public bool HasCompilerOptions { get; init; } = true;

    /// <summary>Beginnings of names of the languages that take them; empty for all.</summary>
    public IReadOnlyList<string> CompilerOptionLanguages { get; init; } = [];

    /// <summary>Words for programs are taken.</summary>
    public bool HasArguments { get; init; } = true;

    /// <summary>Submissions can be deleted.</summary>
    public bool CanDelete { get; init; }

    /// <summary>Callbacks are made, where the server allows any.</summary>
    public bool HasCallbacks { get; init; } = true;

    /// <summary>How often one is tried.</summary>
    public int CallbackTries { get; init; } = 3;

    /// <summary>How long each may take.</summary>
    public decimal CallbackTimeout { get; init; } = 5;

    /// <summary>Archives are taken.</summary>
    public bool HasAdditionalFiles { get; init; } = true;

    /// <summary>The largest file in one.</summary>
    public long MostExtracted { get; init; } = 10240;

    /// <summary>How many submissions may be unfinished; null for as many as jobs may wait.</summary>
    public int? MostQueued { get; init; }

    /// <summary>Batches are taken.</summary>
    public bool HasBatches { get; init; } = true;

    /// <summary>How many submissions are in one.</summary>
    public int MostInBatch { get; init; } = 20;

    /// <summary>CPU time of a submission that says nothing.</summary>
    public decimal CpuTime { get; init; } = 5;

    /// <summary>And at most.</summary>
    public decimal MostCpuTime { get; init; } = 15;

    /// <summary>The time beyond it of one that says nothing.</summary>
    public decimal CpuExtraTime { get; init; } = 1;

    /// <summary>And at most.</summary>
    public decimal MostCpuExtraTime { get; init; } = 5;

    /// <summary>Real time of one that says nothing.</summary>
    public decimal WallTime { get; init; } = 10;

    /// <summary>And at most.</summary>
    public decimal MostWallTime { get; init; } = 20;

    /// <summary>Memory of one that says nothing.</summary>
    public long Memory { get; init; } = 128000;

    /// <summary>And at most.</summary>
    public long MostMemory { get; init; } = 512000;

    /// <summary>Stack of one that says nothing.</summary>
    public long Stack { get; init; } = 64000;

    /// <summary>And at most.</summary>
    public long MostStack { get; init; } = 128000;

    /// <summary>Processes of one that says nothing.</summary>
    public int Processes { get; init; } = 60;

    /// <summary>And at most.</summary>
    public int MostProcesses { get; init; } = 120;

    /// <summary>Whether each process has the time, of one that says nothing.</summary>
    public bool IsTimePerProcess { get; init; }

    /// <summary>Whether one may say so.</summary>
    public bool MayHaveTimePerProcess { get; init; } = true;

    /// <summary>Whether each process has the memory, of one that says nothing.</summary>
    public bool IsMemoryPerProcess { get; init; }

    /// <summary>Whether one may say so.</summary>
    public bool MayHaveMemoryPerProcess { get; init; } = true;

    /// <summary>Largest file of one that says nothing.</summary>
    public long FileSize { get; init; } = 1024;

    /// <summary>And at most.</summary>
    public long MostFileSize { get; init; } = 4096;

    /// <summary>Runs of one that says nothing.</summary>
    public int Runs { get; init; } = 1;

    /// <summary>And at most.</summary>
    public int MostRuns { get; init; } = 20;

    /// <summary>Whether stderr comes with stdout, of one that says nothing.</summary>
    public bool RedirectsStderr { get; init; }

    /// <summary>Whether one that says nothing has a network.</summary>
    public bool HasNetwork { get; init; }

    /// <summary>Whether one may ask for it, where the server allows any.</summary>
    public bool MayHaveNetwork { get; init; } = true;

    /// <summary>A request that does not say is in base64, as on the master branch.</summary>
    public bool IsBase64Implied { get; init; }

    /// <summary>What <c>/about</c> tells.</summary>
    public string Homepage { get; init; } = "https://judge0.com";

    /// <inheritdoc cref="Homepage"/>
    public string SourceCode { get; init; } = "https://github.com/judge0/judge0";

    /// <inheritdoc cref="Homepage"/>
    public string Maintainer { get; init; } = "the operator of this server";

    /// <summary>Reads one; it holds tokens, and so nobody else may read it.</summary>
    /// <exception cref="FormatException">It is none; the message goes on after "it".</exception>
    public static Judge0Settings Read(string path)
    {
        try
        {
            return Parse(Encoding.UTF8.GetString(PrivateFile.Read(path, MostBytes, mayBeLink: false, mayBeRootsGroups: false)));
        }
        catch (IOException unreadable)
        {
            throw new FormatException("cannot be read: " + unreadable.Message);
        }
    }

    /// <summary>Reads the text of one.</summary>
    /// <exception cref="FormatException">It is none; the message goes on after "it", and holds no value.</exception>
    public static Judge0Settings Parse(string text)
    {
        var settings = new Judge0Settings();
        foreach (var line in text.Split('\n').Select(static line => line.Trim()).Where(static line => line.Length > 0 && line[0] != '#'))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? line : line[..equals].Trim();
            var value = equals < 0 ? "" : Unquoted(line[(equals + 1)..].Trim());
            if (equals < 0 || (!s_names.ContainsKey(name) && !s_meaningless.Contains(name) && !s_elsewhere.ContainsKey(name)))
            {
                throw new FormatException($"has a line that is no setting of a judge0.conf: {DisplayText.Quote(name.Length > 60 ? name[..60] : name)}");
            }

            if (value.Length == 0)
            {
                continue;
            }

            if (s_elsewhere.TryGetValue(name, out var place))
            {
                throw new FormatException($"has {name}, which is said {place}");
            }

            try
            {
                settings = s_names.TryGetValue(name, out var with) ? with(settings, value) : settings;
            }
            catch (FormatException wrong)
            {
                throw new FormatException($"has {name}, whose value {wrong.Message}");
            }
        }

        return settings;
    }

    private static string Unquoted(string value) => value is ['"', .., '"'] or ['\'', .., '\''] ? value[1..^1] : value;

    private static bool IsTrue(string text) => text switch
    {
        "true" => true,
        "false" => false,
        _ => throw new FormatException("is neither true nor false"),
    };

    private static decimal Number(string text, decimal least, decimal most) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"is no number from {least} to {most}"));

    private static decimal Seconds(string text) => Number(text, 0, 3_000_000);

    private static long Size(string text) => (long)Number(text, 0, 1L << 40);

    private static string HeaderName(string text) => text.Length <= 64 && text.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_') ? text : throw new FormatException("is no name of a header");

    private static string[] Tokens(string text)
    {
        var tokens = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return tokens.All(static token => token.Length <= TokenFile.LongestToken) ? tokens : throw new FormatException($"has a token of more than {TokenFile.LongestToken} characters");
    }
}
