using Sandbox.Hashing;

namespace Sandbox.Jobs;

/// <summary>Checks what goes in and comes out: stdin, stdout, stderr, outputs.</summary>
internal static class StreamRules
{
    public static void Check(JobSpec spec, ProblemList problems)
    {
        CheckStdin(spec.Stdin, problems);
        var taken = new HashSet<string>(StringComparer.Ordinal);
        CheckStream(spec.Stdout, "/stdout", taken, problems);
        CheckStream(spec.Stderr, "/stderr", taken, problems);
        if (spec.Stdout is MergedStream)
        {
            problems.Add("/stdout", "must be \"capture\", \"inherit\", \"discard\" or { \"to\": PATH }");
        }

        if (spec.Terminal && spec.Stderr is (InheritStream or DiscardStream or FileOutput))
        {
            problems.Add("/stderr", "must be \"stdout\" or left out: on a terminal both are one stream");
        }

        DescriptorRules.Check(spec, problems);
        if (spec.Terminal)
        {
            foreach (var end in ProcessesForm.EndsOf(spec))
            {
                problems.Add(end.Pointer, "a process with a terminal has no pipe: the terminal is all of its streams");
            }
        }

        CheckDiff(spec.Diff, taken, problems);
        if (spec.Outputs is null)
        {
            problems.Add("/outputs", "must not be null");
            return;
        }

        for (var index = 0; index < spec.Outputs.Count; index++)
        {
            CheckOutput(spec.Outputs[index], $"/outputs/{index}", taken, problems);
        }
    }

    /// <summary>What is wrong with given bytes, or null.</summary>
    public static string? ContentProblem(Content? content) => content switch
    {
        null => "must not be null",
        FileContent file => PathRules.HostProblem(file.Path),
        StoredContent stored => ObjectName.Problem(stored.Sha256),
        _ => null,
    };

    private static void CheckStdin(Stdin? stdin, ProblemList problems)
    {
        var problem = stdin switch
        {
            null => "must not be null",
            ContentStdin given => ContentProblem(given.Content),
            _ => null,
        };
        if (problem is not null)
        {
            problems.Add(stdin is ContentStdin { Content: FileContent or StoredContent } ? "/stdin/from" : "/stdin", problem);
        }
    }

    private static void CheckStream(OutputStream? stream, string pointer, HashSet<string> taken, ProblemList problems)
    {
        if (stream is null)
        {
            problems.Add(pointer, "must not be null");
        }

        if (stream is not FileOutput file)
        {
            return;
        }

        var problem = PathRules.HostProblem(file.Path) ??
            (file.Path.EndsWith('/') ? "must be a file, not a directory" : null) ??
            (taken.Add(file.Path) ? null : "is written to already");
        if (problem is not null)
        {
            problems.Add(pointer + "/to", problem);
        }
    }

    private static void CheckDiff(DiffSpec? diff, HashSet<string> taken, ProblemList problems)
    {
        if (diff?.To is not { } to)
        {
            return;
        }

        var problem = PathRules.HostProblem(to) ??
            (DiffSpec.IsCompressed(to) || to.EndsWith(".tar", StringComparison.Ordinal) ? null : "must end in \".tar\", \".tar.gz\" or \".tgz\"") ??
            (taken.Add(to) ? null : "is written to already");
        if (problem is not null)
        {
            problems.Add("/diff/to", problem);
        }
    }

    private static void CheckOutput(OutputSpec? output, string pointer, HashSet<string> taken, ProblemList problems)
    {
        if (output is null)
        {
            problems.Add(pointer, "must not be null");
            return;
        }

        if (PathRules.CheckInside(output.Path, pointer + "/path", problems) && output.Path == "/")
        {
            problems.Add(pointer + "/path", "must be a file, not \"/\"");
        }

        if (output.MaxSizeBytes < 0)
        {
            problems.Add(pointer + "/maxSize", "must not be negative");
        }

        if (output.To is not (OutputSpec.Store or OutputSpec.Memory) && (PathRules.HostProblem(output.To) ?? DestinationProblem(output, taken)) is { } problem)
        {
            problems.Add(pointer + "/to", problem);
        }
    }

    private static string? DestinationProblem(OutputSpec output, HashSet<string> taken)
    {
        if (output.To.EndsWith('/'))
        {
            return null;
        }

        if (output.Path.AsSpan().IndexOfAny('*', '?') >= 0)
        {
            return "must be a directory (end with \"/\") because the path is a pattern";
        }

        return taken.Add(output.To) ? null : "is written to already";
    }
}
