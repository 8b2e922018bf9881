using System.Globalization;

namespace Sandbox.Server.Settings.Explaining;

/// <summary>The command line and the environment of go-judge: each flag is a variable, too, <c>ES_</c> and its words.</summary>
internal static class GoJudgeConfiguration
{
    /// <summary>Every flag.</summary>
    public static IReadOnlyList<ForeignSetting> Settings { get; } =
    [
        new("http-addr", static value => ForeignSetting.Listening("go-judge", value)),
        new("auth-token", static _ => new() { Given = "", Options = ["--token-file", "FILE"], Note = "FILE holds the token, of at least 20 characters, with mode 0600" }) { IsSecret = true },
        ForeignSetting.Option("parallelism", static value => Positive(value) is { } number ? ["--slots", number] : [], "none, or 0: one slot for each processor; --memory bounds all of them together"),
        ForeignSetting.Option("src-prefix", static value => [.. value.Split(',', StringSplitOptions.RemoveEmptyEntries).SelectMany(static directory => new[] { "--allow", "file=" + directory })], "without one, no src is read at all"),
        ForeignSetting.Option("dir", static value => ["--store", value], "files are kept there by their digests; --files-bytes bounds them"),
        new("file-timeout", Timeout),
        ForeignSetting.Option("output-limit", static value => Size(value) is { } size ? ["--max-limit", "fileSize=" + size] : [], "256 MiB without it, as there"),
        ForeignSetting.Option("copy-out-limit", static value => Size(value) is { } size ? ["--max-limit", "collect=" + size] : [], "of all files of a command together"),
        ForeignSetting.Option("open-file-limit", static value => Positive(value) is { } number ? ["--max-limit", "openFiles=" + number] : [], "256 without it, as there"),
        ForeignSetting.Option("tmp-fs-param", static value => SizeIn(value) is { } size ? ["--max-limit", "disk=" + size] : [], "all of a job's writable directories together"),
        ForeignSetting.Option("cgroup-prefix", static _ => [], "a group of its own is found or made without; --cgroup names others"),
        ForeignSetting.Nothing("container-init-path", "the launcher is in the program"),
        ForeignSetting.Nothing("pre-fork", "sandboxes are made ahead as they are wanted"),
        ForeignSetting.Nothing("net-share", "commands have no network", isSwitch: true),
        ForeignSetting.Nothing("mount-conf", "the root is the host's, read-only"),
        ForeignSetting.Nothing("seccomp-conf", "the policy is the built-in one, which is always on"),
        ForeignSetting.Nothing("container-cred-start", "there is no root: jobs have ids of their own namespace"),
        ForeignSetting.Nothing("no-fallback", "what holds a limit is in each result of our own API, and \"sandbox doctor\" tells it", isSwitch: true),
        ForeignSetting.Nothing("time-limit-checker-interval", "limits are held when they are reached"),
        ForeignSetting.Nothing("extra-memory-limit", "a kill for memory is known without"),
        ForeignSetting.Nothing("cpuset", "run the server on these processors (taskset(1)), or --lease-cores for whole cores"),
        ForeignSetting.Nothing("enable-cpu-rate", "cpuRateLimit of a command is ignored, as there by default", isSwitch: true),
        ForeignSetting.Nothing("cpu-cfs-period", "cpuRateLimit of a command is ignored"),
        ForeignSetting.Nothing("enable-grpc", "gRPC is not spoken", isSwitch: true),
        ForeignSetting.Nothing("grpc-addr", "gRPC is not spoken"),
        ForeignSetting.Nothing("grpc-msg-size", "gRPC is not spoken; --max-body bounds requests"),
        ForeignSetting.Nothing("monitor-addr", "/metrics is on the same port"),
        ForeignSetting.Nothing("enable-metrics", "always on", isSwitch: true),
        ForeignSetting.Nothing("enable-debug", "there is nothing to debug Go with", isSwitch: true),
        ForeignSetting.Nothing("release", "lines go to stderr, or to the journal", isSwitch: true),
        new("silent", static value => new() { Given = "", Options = value == "false" ? [] : ["--log-level", "none"] }) { IsSwitch = true },
        ForeignSetting.Nothing("force-gc-target", "memory is given back without"),
        ForeignSetting.Nothing("force-gc-interval", "memory is given back without"),
        ForeignSetting.Nothing("version", "sandbox version", isSwitch: true),
    ];

    /// <summary>The flag of a variable.</summary>
    public static string FlagOf(string variable) => variable["ES_".Length..].Replace('_', '-').ToLowerInvariant();

    private static Explanation Timeout(string value)
    {
        try
        {
            return new() { Given = "", Options = SettingsReader.Time(value) > TimeSpan.Zero ? ["--files-age", value] : [] };
        }
        catch (FormatException)
        {
            return new() { Given = "", Note = "--files-age, which takes one unit: 90m, 24h" };
        }
    }

    private static string? Positive(string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number.ToString(CultureInfo.InvariantCulture) : null;

    // 256m, 16k, 1g, 4096, 64MiB
    private static string? Size(string value)
    {
        var digits = value.TakeWhile(char.IsAsciiDigit).Count();
        var unit = value[digits..].ToLowerInvariant() switch
        {
            "" or "b" => "B",
            "k" or "kb" or "kib" => "KiB",
            "m" or "mb" or "mib" => "MiB",
            "g" or "gb" or "gib" => "GiB",
            _ => null,
        };
        return digits is 0 or > 12 || unit is null || value[..digits].Trim('0').Length == 0 ? null : value[..digits] + unit;
    }

    private static string? SizeIn(string parameters) => parameters.Split(',').FirstOrDefault(static one => one.StartsWith("size=", StringComparison.Ordinal)) is { } size ? Size(size["size=".Length..]) : null;
}
