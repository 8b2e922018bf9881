using Sandbox.Execution;
using Sandbox.Host;
using Sandbox.Planning;

namespace Sandbox.Cli;

/// <summary>The job a command was given: a file, or <c>-</c> for standard input.</summary>
internal sealed class JobSource
{
    /// <summary>Twice what a plan has room for, since a job may hold files as base64. A pipe or a device need not have an end.</summary>
    private const int MostBytes = 2 * PlanWriter.MostBytes;

    private readonly string _file;
    private readonly byte[] _content;

    private readonly string _folder;

    private JobSource(string file, string folder, byte[] content, JobSpec spec) =>
        (_file, _folder, _content, Spec) = (file, folder, content, spec);

    /// <summary>The job as read.</summary>
    public JobSpec Spec { get; }

    /// <summary>The job came from standard input, which is used up now.</summary>
    public bool IsStandardInput => IsInput(_file);

    /// <summary>The job; null when there is none to use, after all that is wrong with it was told.</summary>
    public static JobSource? Read(string file)
    {
        if ((IsInput(file) ? SourceFile.Read(StandardStreams.Input, MostBytes, out var content) : NamedFile.Read(file, MostBytes, out content)) is { } problem)
        {
            Diagnostics.Write($"cannot read the job {Name(file)}: {problem}");
            return null;
        }

        try
        {
            var folder = Folder(file);
            return new JobSource(file, folder, content, JobFile.Parse(content, folder));
        }
        catch (InvalidJobException invalid)
        {
            Diagnostics.Write(Name(file), invalid);
            return null;
        }
    }

    /// <summary>Tells what was found wrong only when the job was to run, such as a policy that does not exist.</summary>
    public void Tell(InvalidJobException invalid) => Diagnostics.Write(Name(_file), JobFile.Locate(_content, invalid));

    /// <summary>The result with collected files named as a job file names them: relative to its folder where they are in it.</summary>
    public JobResult Relate(JobResult result)
    {
        if (result.Outputs.Count == 0 && result.Diff?.Archive is null)
        {
            return result;
        }

        var prefix = _folder.TrimEnd('/') + "/";
        var outputs = new List<OutputResult>(result.Outputs.Count);
        foreach (var output in result.Outputs)
        {
            outputs.Add(Relate(output, prefix));
        }

        var diff = result.Diff is { Archive: { } archive } told ? told with { Archive = Relate(archive, prefix) } : result.Diff;
        return result with { Outputs = outputs, Diff = diff };
    }

    private static OutputResult Relate(OutputResult output, string prefix) =>
        output.To.StartsWith(prefix, StringComparison.Ordinal) && output.To.Length > prefix.Length
            ? output with { To = output.To[prefix.Length..] }
            : output;

    private static bool IsInput(string file) => file == "-";

    private static string Name(string file) => IsInput(file) ? "<stdin>" : file;

    // Only as text: the file may be reached through a link, and its folder is the one the user named.
    private static string Folder(string file)
    {
        var end = IsInput(file) ? -1 : file.LastIndexOf('/');
        if (end == 0)
        {
            return "/";
        }

        if (end > 0 && file.StartsWith('/'))
        {
            return file[..end];
        }

        var current = CurrentFolder();
        return end < 0 || current.Length == 0 ? current : $"{current.TrimEnd('/')}/{file[..end]}";
    }

    /// <summary>The current folder; empty if it no longer exists.</summary>
    public static string CurrentFolder()
    {
        try
        {
            return Directory.GetCurrentDirectory();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It was deleted (getcwd(2), ENOENT). A job without relative paths does not need it.
            return "";
        }
    }
}
