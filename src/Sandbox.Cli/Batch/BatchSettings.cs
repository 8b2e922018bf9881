using System.Globalization;
using Sandbox.Cli.Served;

namespace Sandbox.Cli.Batch;

/// <summary>What the options of <c>sandbox batch</c> say.</summary>
internal sealed record BatchSettings
{
    /// <summary>The most jobs at once. Each has filters, and a kernel with the pack allocator's locking flaw stops where about a thousand are freed at one moment.</summary>
    public const int MaxJobs = 64;

    /// <summary>How many jobs run at once.</summary>
    public required int Jobs { get; init; }

    /// <summary>Results in the order of the input.</summary>
    public required bool IsByInput { get; init; }

    public string? Template { get; init; }

    public string? Journal { get; init; }

    public string? Csv { get; init; }

    public string? Junit { get; init; }

    public required bool IsQuiet { get; init; }

    public required SandboxOptions Options { get; init; }

    /// <summary>Who runs what it can of them; null for nobody else.</summary>
    public JobServer? Server { get; init; }

    /// <summary>Reads them.</summary>
    /// <returns>What is wrong, in one sentence; null for nothing.</returns>
    public static string? Read(CommandArguments arguments, out BatchSettings settings)
    {
        var jobs = Math.Min(Environment.ProcessorCount, MaxJobs);
        var given = arguments.Value("jobs");
        settings = new()
        {
            Jobs = given is null ? jobs : int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0,
            IsByInput = arguments.Value("order") == "input",
            Template = arguments.Value("template"),
            Journal = arguments.Value("journal"),
            Csv = arguments.Value("csv"),
            Junit = arguments.Value("junit"),
            IsQuiet = arguments.Has("quiet"),
            Options = new() { Cgroup = arguments.Value("cgroup"), LeasedCpus = arguments.Value("lease-cores") },
            Server = arguments.Value("cgroup") is null && arguments.Value("lease-cores") is null ? JobServer.Find(arguments.Value("server"), Environment.GetEnvironmentVariable) : null,
        };
        if (settings.Jobs is < 1 or > MaxJobs)
        {
            return $"--jobs is a number from 1 to {MaxJobs}, and not {DisplayText.Quote(given!)}";
        }

        return arguments.Value("order") is { } order and not ("input" or "completion")
            ? $"--order is completion or input, and not {DisplayText.Quote(order)}"
            : settings.FileProblem(arguments.Words);
    }

    // What is written would destroy what is read, or what else is written.
    private string? FileProblem(IReadOnlyList<string> words)
    {
        var taken = words.Append(Template).OfType<string>().Select(Path.GetFullPath).ToHashSet(StringComparer.Ordinal);
        foreach (var (option, file) in new[] { ("journal", Journal), ("csv", Csv), ("junit", Junit) })
        {
            if (file == "")
            {
                return $"--{option} needs the name of a file";
            }

            if (file is not null && !file.StartsWith("/dev/", StringComparison.Ordinal) && !taken.Add(Path.GetFullPath(file)))
            {
                return $"--{option} names a file that is used otherwise: {DisplayText.QuoteWhole(file)}";
            }
        }

        return null;
    }
}
