using Sandbox.Jobs;

namespace Sandbox;

/// <summary>Reads job.json.</summary>
public static class JobFile
{
    /// <summary>
    /// Reads one job strictly: unknown and duplicate members are refused, comments and trailing commas are not.
    /// </summary>
    /// <param name="utf8">The file's content.</param>
    /// <param name="baseDirectory">
    /// Absolute path of the folder that relative host paths start from; empty refuses relative paths.
    /// </param>
    /// <exception cref="InvalidJobException">The job is not valid; it names every problem with line and column.</exception>
    public static JobSpec Parse(ReadOnlySpan<byte> utf8, string baseDirectory)
    {
        ArgumentNullException.ThrowIfNull(baseDirectory);
        if (utf8.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        var problems = new ProblemList();
        var spec = JobReader.Read(utf8, new HostPaths(baseDirectory), problems);
        if (spec is not null)
        {
            problems.EndOfReading();
            JobValidator.Check(spec, problems);
        }

        return problems.IsEmpty && spec is not null ? spec : throw problems.ToException(utf8, JobReader.Options);
    }

    /// <summary>
    /// Gives the problems found after reading their places in the file; those that have one, in a policy file
    /// for example, keep it.
    /// </summary>
    internal static InvalidJobException Locate(ReadOnlySpan<byte> utf8, InvalidJobException invalid)
    {
        var located = new List<JobProblem>(invalid.Problems.Count);
        foreach (var problem in invalid.Problems)
        {
            var (line, column) = problem.Line > 0
                ? (problem.Line, problem.Column)
                : Positions.Of(utf8, Positions.Find(utf8, problem.Pointer, JobReader.Options));
            located.Add(problem with { Line = line, Column = column });
        }

        return new InvalidJobException(located);
    }
}
