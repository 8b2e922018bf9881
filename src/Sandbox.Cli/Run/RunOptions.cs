
namespace Sandbox.Cli.Run;

/// <summary>
/// Every option of <c>sandbox run</c>. Parser, help, completions, manual page and the tests of the documentation read this one list.
/// </summary>
internal static class RunOptions
{
    /// <summary>All of them, in the order of the help.</summary>
    public static IReadOnlyList<RunOption> All { get; } =
    [
        .. FileOptions.All, .. ProgramOptions.All, .. StreamOptions.All, .. LimitOptions.All, .. IsolationOptions.All, .. SystemOptions.All, .. CommandOptions.All,
    ];

    /// <summary>All of them, under the headings of the help.</summary>
    public static IReadOnlyList<OptionGroup> Groups =>
    [
        new("Files", FileOptions.All),
        new("Program", ProgramOptions.All),
        new("Input and output", StreamOptions.All),
        new("Limits", LimitOptions.All),
        new("Isolation", IsolationOptions.All),
        new("System", SystemOptions.All),
        new("This command", CommandOptions.All),
    ];

    // Options of docker run for which there is a better answer than "unknown".
    private static readonly Dictionary<string, string> s_refusals = new(StringComparer.Ordinal)
    {
        ["publish-all"] = "name each port: -p PORT chooses one of the host that is free",
        ["privileged"] = "a job never has privileges on the host",
        ["restart"] = "a job runs once: a unit of systemd starts it again (sandbox generate systemd)",
        ["pid"] = "a job always has process ids of its own: with another's, its end would not be the end of all its processes, nor its use of time and memory its own",
        ["uts"] = "a job always has a host name of its own",
        ["userns"] = "a job always has a user namespace of its own",
        ["memory-swap"] = "a job's memory is never swapped out: --memory is all it has",
        ["gpus"] = "a job gets devices by their paths: --device /dev/dri/renderD128",
        ["platform"] = "only programs for this machine run",
    };

    public static RunOption? WithName(string name) => All.FirstOrDefault(option => option.Name == name || option.Alias == name);

    public static RunOption? WithLetter(char letter) => letter == '\0' ? null : All.FirstOrDefault(option => option.Letter == letter);

    /// <summary>What to say of a name that is no option.</summary>
    public static string UnknownProblem(string name)
    {
        if (s_refusals.TryGetValue(name, out var refusal))
        {
            return $"--{name}: {refusal}";
        }

        string[] names = [.. All.Select(option => option.Name)];
        return $"unknown option --{name}" +
            (NearestName.Of(name, names) is { } meant ? $"; did you mean --{meant}?" : "; \"sandbox run --help\" lists them");
    }

    /// <summary>What to say of a letter that is no option.</summary>
    public static string UnknownProblem(char letter) => letter switch
    {
        'P' => $"-P: {s_refusals["publish-all"]}",
        _ => $"unknown option -{letter}; \"sandbox run --help\" lists them",
    };
}
