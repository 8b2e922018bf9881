
namespace Sandbox.Cli.Run;

/// <summary>What a command line of <c>sandbox run</c> asks for.</summary>
internal sealed record RunRequest
{
    public required JobSpec Job { get; init; }

    /// <summary>The option behind each JSON pointer of the job, in the user's words.</summary>
    public required IReadOnlyDictionary<string, string> Origins { get; init; }

    /// <summary>Something was asked for that only the result can tell.</summary>
    public bool NeedsResult { get; init; }

    /// <summary>Where the result goes; null for nowhere.</summary>
    public string? ResultFile { get; init; }

    /// <summary>See <see cref="SandboxOptions.Cgroup"/>.</summary>
    public string? Cgroup { get; init; }

    /// <summary>See <see cref="SandboxOptions.LeasedCpus"/>.</summary>
    public string? LeaseCores { get; init; }

    /// <summary>The job host that is to run it, or "none"; null for the usual one.</summary>
    public string? Server { get; init; }

    /// <summary>The job is printed instead of run.</summary>
    public bool PrintsJob { get; init; }

    /// <summary>It runs in the background.</summary>
    public bool Detaches { get; init; }

    /// <summary>Nothing of a detached job is kept once it is over.</summary>
    public bool IsForgotten { get; init; }

    /// <summary>What is kept of a detached job's output, in bytes; null for what is usual.</summary>
    public long? LogBytes { get; init; }

    /// <summary>What is to be said before the job starts.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Builds the request; null, with every problem listed, if there is anything wrong.</summary>
    /// <param name="arguments">What was given.</param>
    /// <param name="directory">The current directory, which relative paths start from; empty refuses them.</param>
    /// <param name="variable">The caller's environment.</param>
    /// <param name="problems">Each in one sentence.</param>
    public static RunRequest? Read(RunArguments arguments, string directory, Func<string, string?> variable, out List<string> problems)
    {
        problems = [.. arguments.Problems];
        var draft = new JobDraft(directory, variable);
        foreach (var given in arguments.Options)
        {
            if (draft.Apply(given) is { } problem)
            {
                problems.Add(problem);
            }
        }

        var request = draft.Finish(arguments.Command);
        if (problems.Count == 0)
        {
            problems.AddRange(request.Problems());
        }

        return problems.Count == 0 ? request : null;
    }

    /// <summary>Every problem in the words of the command line.</summary>
    public IEnumerable<string> Translate(InvalidJobException invalid) => invalid.Problems.Select(problem =>
        Origin(problem.Pointer) is { } origin ? $"{origin}: {problem with { Pointer = "" }}" : problem.ToString());

    /// <summary>The option behind a member of the job or one of its parts; null for none.</summary>
    public string? Origin(string? pointer)
    {
        for (var rest = pointer ?? ""; rest.Length > 0; rest = rest[..rest.LastIndexOf('/')])
        {
            if (Origins.TryGetValue(rest, out var origin))
            {
                return origin;
            }
        }

        return null;
    }

    private List<string> Problems()
    {
        var problems = new List<string>();
        if (Job.Command.Count == 0 && Job.Rootfs is not ImageRootfs)
        {
            problems.Add("a command is missing: sandbox run [OPTIONS] [--] COMMAND [ARGUMENT]...; " +
                (Origins.ContainsKey("/hostname") ? "-h NAME is the host name, as with docker run, and --help is the help" : "\"sandbox run --help\" lists the options"));
            return problems;
        }

        if (ResultFile is null && !PrintsJob && NeedsResult)
        {
            problems.Add("a captured stream and --diff go into the result, which needs --result FILE");
        }

        if (Detaches && Job.Stdin is InheritStdin)
        {
            problems.Add("--detach and -i exclude each other: nobody is there to type; --stdin FILE gives the job something to read");
        }

        if (LogBytes is not null && !Detaches)
        {
            problems.Add("--log-size is for --detach");
        }

        try
        {
            JobFile.Validate(Job);
        }
        catch (InvalidJobException invalid)
        {
            problems.AddRange(Translate(invalid));
        }

        return problems;
    }
}
