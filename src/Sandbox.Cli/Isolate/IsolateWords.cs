namespace Sandbox.Cli.Isolate;

/// <summary>What <c>--verbose</c> says, and the version.</summary>
internal static class IsolateWords
{
    /// <summary>What clients read: the version of isolate whose options and answers these are, and whose program it is.</summary>
    public static string Version { get; } = $"The process isolator 2.6\nby sandbox {ProductVersion.Text}, which stands in for it";

    /// <summary>Who jobs are outside, and so what keeps them from the caller's files; for <c>sandbox doctor</c>.</summary>
    public static string WhoJobsAre(bool areCaller) => areCaller
        ? "Jobs run under your own uid; \"sandbox isolate\" protects by read-only mounts what the mode of your files keeps from others."
        : "Jobs run under uids of their own; \"sandbox isolate\" has one for each box.";

    /// <summary>Says what is shown in the box, and with more words what the program is given.</summary>
    public static void Tell(IsolateRequest request, JobSpec job, IReadOnlyList<BoundDirectory> directories)
    {
        if (request.Verbosity == 0)
        {
            return;
        }

        foreach (var (rule, mounts) in directories)
        {
            Write(mounts.Count == 0 && rule.Kind == RuleKind.Bind && rule.IsOptional
                ? $"Not binding {rule.Outside} on {rule.Inside}: it does not exist"
                : $"{rule.Inside}: {rule.Kind switch { RuleKind.Temporary => "a fresh directory", RuleKind.FileSystem => rule.Outside, _ => rule.Outside + (rule.IsWritable ? ", writable" : "") }}");
        }

        if (request.Verbosity > 1)
        {
            Write("Environment:");
            foreach (var variable in job.Start.Environment!)
            {
                Write("  " + variable);
            }
        }
    }

    /// <summary>One line on standard error.</summary>
    public static void Write(string line) => StandardStreams.WriteError(DisplayText.Printable(line));
}
