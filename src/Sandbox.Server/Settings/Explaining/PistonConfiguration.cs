using System.Globalization;

namespace Sandbox.Server.Settings.Explaining;

/// <summary>The environment of Piston.</summary>
internal static class PistonConfiguration
{
    /// <summary>What its variables begin with.</summary>
    public const string Prefix = "PISTON_";

    private const string InFile = "in the runtimes file, which --runtimes names";

    /// <summary>Every variable.</summary>
    public static IReadOnlyList<ForeignSetting> Settings { get; } =
    [
        new(Prefix + "BIND_ADDRESS", static value => ForeignSetting.Listening("piston", value)),
        ForeignSetting.Option(Prefix + "LOG_LEVEL", static value => value.ToUpperInvariant() switch { "DEBUG" or "TRACE" => ["--log-level", "debug"], "INFO" => ["--log-level", "information"], "WARN" => ["--log-level", "warning"], "ERROR" => ["--log-level", "error"], "NONE" => ["--log-level", "none"], _ => [] }, "of messages about jobs and connections"),
        ForeignSetting.Option(Prefix + "MAX_CONCURRENT_JOBS", static value => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= ServerSettings.MostSlots ? ["--slots", value] : [], $"at most {ServerSettings.MostSlots}; --max-waiting bounds those that wait"),
        Limit("OUTPUT_MAX_SIZE", "outputBytes"),
        Limit("MAX_PROCESS_COUNT", "processes"),
        Limit("MAX_OPEN_FILES", "openFiles"),
        Limit("MAX_FILE_SIZE", "fileSizeBytes"),
        Limit("COMPILE_TIMEOUT", "compileTimeoutMs"),
        Limit("RUN_TIMEOUT", "runTimeoutMs"),
        Limit("COMPILE_CPU_TIME", "compileCpuTimeMs"),
        Limit("RUN_CPU_TIME", "runCpuTimeMs"),
        Limit("COMPILE_MEMORY_LIMIT", "compileMemoryBytes"),
        Limit("RUN_MEMORY_LIMIT", "runMemoryBytes"),
        ForeignSetting.Nothing(Prefix + "LIMIT_OVERRIDES", "\"limits\" of a language " + InFile),
        ForeignSetting.Nothing(Prefix + "DISABLE_NETWORKING", "jobs have no network, whatever it says"),
        ForeignSetting.Nothing(Prefix + "DATA_DIRECTORY", "packages are not installed: languages are those of the runtimes file"),
        ForeignSetting.Nothing(Prefix + "REPO_URL", "packages are not installed: languages are those of the runtimes file"),
    ];

    private static ForeignSetting Limit(string name, string member) => new(Prefix + name, value =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? new() { Given = "", Limit = (member, value), Note = InFile }
            : new() { Given = "", Note = "no limit is the server's default for \"memory\", or for the time that it is of" });
}
