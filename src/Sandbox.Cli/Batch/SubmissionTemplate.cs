using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Batch;

/// <summary>
/// The job of <c>--template</c>: each submission is put at <c>/work</c> of it. A directory is an overlay, so that the job writes where it likes and the submission
/// never changes; a file is copied. SUBMISSION in the job's environment tells its name.
/// </summary>
internal sealed class SubmissionTemplate
{
    private const string Place = "/work";
    private const string Variable = "SUBMISSION";

    private readonly byte[] _text;
    private readonly JobSpec _job;

    private SubmissionTemplate(byte[] text, JobSpec job, string directory) => (_text, _job, Directory) = (text, job, directory);

    /// <summary>Where relative paths of the job start from.</summary>
    public string Directory { get; }

    /// <summary>The template in this file; null when it is no valid job, after the reason was told.</summary>
    public static SubmissionTemplate? Read(string file)
    {
        var text = Array.Empty<byte>();
        try
        {
            text = InputFile.Read(file, JobFile.MaxBytes);
            var directory = JobSource.DirectoryOf(file);
            return new(text, JobFile.Parse(text, directory), directory);
        }
        catch (IOException failure)
        {
            Diagnostics.Write($"batch: cannot read the template {DisplayText.QuoteWhole(file)}: {failure.Message}");
        }
        catch (InvalidJobException invalid)
        {
            Diagnostics.Write(DisplayText.QuoteWhole(file), JobFile.Locate(text, invalid));
        }

        return null;
    }

    /// <summary>The job for a submission; null if it is none. A link could lead to any file of whoever grades: it is not followed.</summary>
    public JobSpec? JobFor(string path)
    {
        var name = Path.GetFileName(path);
        var env = new Dictionary<string, string>(_job.Env);
        _ = env.TryAdd(Variable, name);
        var job = _job with { Name = name, Env = env };
        var absolute = JobFile.AbsolutePath(path, JobSource.CurrentDirectory());
        var found = new FileInfo(path);
        if (found.LinkTarget is not null)
        {
            return null;
        }

        if (System.IO.Directory.Exists(path))
        {
            // First, so that what the template itself mounts below /work lies on top.
            return job with { Mounts = [Mount.Overlay(absolute, Place), .. job.Mounts] };
        }

        return Descriptors.IsRegular(path)
            ? job with { Files = [new() { Path = $"{Place}/{name}", Mode = ModeOf(found), Content = Content.File(absolute) }, .. job.Files] }
            : null;
    }

    /// <summary>Gives problems their places in the template.</summary>
    public InvalidJobException Locate(InvalidJobException invalid) => JobFile.Locate(_text, invalid);

    // Readable by the job whatever the umask of who uploaded it, and executable if it was.
    private static int ModeOf(FileInfo file) => (file.UnixFileMode & UnixFileMode.UserExecute) != 0 ? 0b111_101_101 : 0b110_100_100;
}
