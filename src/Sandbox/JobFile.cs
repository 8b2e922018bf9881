using System.Buffers;
using Sandbox.Jobs;
using Sandbox.Planning;

namespace Sandbox;

/// <summary>Reads, checks and writes job.json.</summary>
public static class JobFile
{
    /// <summary>More bytes than any job needs that can be run, files in base64 included: a bound for whoever reads one from a pipe.</summary>
    public const int MaxBytes = 2 * PlanWriter.MaxBytes;

    /// <summary>Reads a job of any form, as strictly as <see cref="Parse"/>.</summary>
    /// <inheritdoc cref="Parse"/>
    public static JobDocument ParseDocument(ReadOnlySpan<byte> utf8, string baseDirectory) => ParseDocument(utf8, baseDirectory, new ResourceLimits());

    /// <summary>The same with other defaults for limits.</summary>
    /// <param name="utf8">The file's content.</param>
    /// <param name="baseDirectory">As of <see cref="Parse"/>.</param>
    /// <param name="defaultLimits">What each job in the file has of the limits that it does not name.</param>
    /// <exception cref="InvalidJobException">The job is not valid; it names every problem with line and column.</exception>
    public static JobDocument ParseDocument(ReadOnlySpan<byte> utf8, string baseDirectory, ResourceLimits defaultLimits)
    {
        ArgumentNullException.ThrowIfNull(baseDirectory);
        ArgumentNullException.ThrowIfNull(defaultLimits);
        utf8 = WithoutMark(utf8);
        var problems = new ProblemList();
        var job = JobReader.ReadDocument(utf8, new HostPaths(baseDirectory, defaultLimits), problems);
        problems.EndOfReading();
        switch (job)
        {
            case JobSpec single:
                JobValidator.Check(single, problems);
                break;
            case ProcessesJob several:
                ProcessesForm.Check(several, problems);
                break;
            case StepsJob steps:
                StepsRules.Check(steps, problems);
                break;
        }

        return problems.IsEmpty && job is not null ? job : throw problems.ToException(utf8, JobReader.Options);
    }

    /// <summary>
    /// Reads one job in one sandbox strictly: unknown and duplicate members are refused, comments and trailing commas are not.
    /// </summary>
    /// <param name="utf8">The file's content.</param>
    /// <param name="baseDirectory">
    /// Absolute path of the directory that relative host paths start from; empty refuses relative paths.
    /// </param>
    /// <exception cref="InvalidJobException">The job is not valid; it names every problem with line and column.</exception>
    public static JobSpec Parse(ReadOnlySpan<byte> utf8, string baseDirectory)
    {
        ArgumentNullException.ThrowIfNull(baseDirectory);
        utf8 = WithoutMark(utf8);
        var problems = new ProblemList();
        var spec = JobReader.Read(utf8, new HostPaths(baseDirectory), problems);
        if (spec is not null)
        {
            problems.EndOfReading();
            JobValidator.Check(spec, problems);
        }

        return problems.IsEmpty && spec is not null ? spec : throw problems.ToException(utf8, JobReader.Options);
    }

    /// <summary>Gives problems that were found after reading their places in the file; those that have one, in a policy file for example, keep it.</summary>
    /// <param name="utf8">The file's content.</param>
    /// <param name="invalid">What a runner threw for the job in it.</param>
    public static InvalidJobException Locate(ReadOnlySpan<byte> utf8, InvalidJobException invalid)
    {
        ArgumentNullException.ThrowIfNull(invalid);
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

    /// <summary>Checks a job that was made in code by the rules that hold for files. A runner does so too; what only opening shows, such as a missing image, it tells.</summary>
    /// <param name="job">The job.</param>
    /// <exception cref="InvalidJobException">The job is not valid; it lists every problem, without places.</exception>
    public static void Validate(JobSpec job)
    {
        ArgumentNullException.ThrowIfNull(job);
        _ = JobValidator.Validate(job);
    }

    /// <summary>The same for a job of any form.</summary>
    /// <param name="job">The job.</param>
    /// <inheritdoc cref="Validate"/>
    public static void ValidateDocument(JobDocument job)
    {
        ArgumentNullException.ThrowIfNull(job);
        switch (job)
        {
            case ProcessesJob several:
                JobValidator.Validate(several);
                break;
            case StepsJob steps:
                JobValidator.Validate(steps);
                break;
            default:
                _ = JobValidator.Validate((JobSpec)job);
                break;
        }
    }

    /// <summary>Writes a job as UTF-8 JSON, indented, with a final line end; <see cref="Parse"/> reads the same job. What is as by default is left out.</summary>
    /// <param name="to">Where the bytes go.</param>
    /// <param name="job">The job; a live stream has no form in a file.</param>
    /// <exception cref="NotSupportedException">Something of the job has no form in a file.</exception>
    public static void Write(IBufferWriter<byte> to, JobDocument job)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(job);
        JobWriter.Write(to, job);
    }

    /// <summary>
    /// A path of the host as job.json means it: itself if it is absolute, else below a directory. Nothing is resolved and <c>..</c> stays: after a symbolic link only
    /// the kernel knows where it leads (path_resolution(7)).
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="baseDirectory">Absolute path of the directory that relative paths start from; empty refuses them.</param>
    /// <exception cref="FormatException">It is empty, or relative to nothing; the message goes on from "it …".</exception>
    public static string AbsolutePath(string path, string baseDirectory)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(baseDirectory);
        var paths = new HostPaths(baseDirectory);
        return paths.Problem(path) is { } problem ? throw new FormatException(problem) : paths.Absolute(path);
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> utf8) => utf8.StartsWith("\uFEFF"u8) ? utf8[3..] : utf8;
}
