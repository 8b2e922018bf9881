using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Batch;

/// <summary>
/// The job of <c>--template</c>: each submission is put at <c>/work</c> of it, or of its first step. A directory is an overlay, so that the job writes where it likes and the
/// submission never changes; a file is copied. SUBMISSION in the environment, of every step, tells its name.
/// </summary>
internal sealed class SubmissionTemplate
{
    private const string Place = "/work";
    private const string Variable = "SUBMISSION";

    private readonly byte[] _text;
    private readonly JobDocument _job;

    private SubmissionTemplate(byte[] text, JobDocument job, string directory) => (_text, _job, Directory) = (text, job, directory);

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
            if (JobFile.ParseDocument(text, directory) is var job and not ProcessesJob)
            {
                return new(text, job, directory);
            }

            Diagnostics.Write($"batch: the template {DisplayText.QuoteWhole(file)} must be a job in one sandbox or of steps: with \"processes\", a submission could go to any of them");
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
    public JobDocument? JobFor(string path)
    {
        var name = Path.GetFileName(path);
        if (PutterOf(path, name) is not { } put)
        {
            return null;
        }

        return _job is StepsJob steps
            ? steps with { Name = name, Steps = [.. steps.Steps.Select((step, index) => step with { Job = Told(index == 0 ? put(step.Job) : step.Job, name) })] }
            : put(Told((JobSpec)_job, name)) with { Name = name };
    }

    /// <summary>Gives problems their places in the template.</summary>
    public InvalidJobException Locate(InvalidJobException invalid) => JobFile.Locate(_text, invalid);

    private static JobSpec Told(JobSpec job, string name)
    {
        var env = new Dictionary<string, string>(job.Env);
        _ = env.TryAdd(Variable, name);
        return job with { Env = env };
    }

    private static Func<JobSpec, JobSpec>? PutterOf(string path, string name)
    {
        var absolute = JobFile.AbsolutePath(path, JobSource.CurrentDirectory());
        var found = new FileInfo(path);
        if (found.LinkTarget is not null)
        {
            return null;
        }

        if (System.IO.Directory.Exists(path))
        {
            // First, so that what the template itself mounts below /work lies on top.
            return job => job with { Mounts = [Mount.Overlay(absolute, Place), .. job.Mounts] };
        }

        return Descriptors.IsRegular(path)
            ? job => job with { Files = [new() { Path = $"{Place}/{name}", Mode = ModeOf(found), Content = Content.File(absolute) }, .. job.Files] }
            : null;
    }

    // Readable by the job whatever the umask of who uploaded it, and executable if it was.
    private static int ModeOf(FileInfo file) => (file.UnixFileMode & UnixFileMode.UserExecute) != 0 ? 0b111_101_101 : 0b110_100_100;
}
