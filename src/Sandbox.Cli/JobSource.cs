using Sandbox.Cli.Interop;
using Sandbox.Running;

namespace Sandbox.Cli;

/// <summary>The job a command was given: a file, or <c>-</c> for standard input.</summary>
internal sealed class JobSource
{
    private readonly string _file;
    private readonly byte[] _content;

    private readonly string _directory;

    private JobSource(string file, string directory, byte[] content) => (_file, _directory, _content) = (file, directory, content);

    /// <summary>The job came from standard input, which is used up now.</summary>
    public bool IsStandardInput => IsInput(_file);

    /// <summary>The content of the file; null when it cannot be read, after the reason was told.</summary>
    public static JobSource? Read(string file)
    {
        if (IsInput(file))
        {
            StandardStreams.TellIfTerminal("the job");
        }

        byte[] content;
        try
        {
            content = IsInput(file) ? InputFile.Read(StandardStreams.Input, JobFile.MaxBytes) : InputFile.Read(file, JobFile.MaxBytes);
        }
        catch (IOException failure)
        {
            Diagnostics.Write($"cannot read the job {Name(file)}: {failure.Message}{(Meant(file) is { } meant ? $"; did you mean {DisplayText.QuoteWhole(meant)}?" : "")}");
            return null;
        }

        return new JobSource(file, DirectoryOf(file), content);
    }

    /// <summary>The directory that relative paths of a job file start from; empty if there is none.</summary>
    /// <remarks>Through links of the user's, who named it, and only now: on the way to a destination none is followed that a job could have made.</remarks>
    public static string DirectoryOf(string file) => Directory(file) is { Length: > 0 } named ? Descriptors.RealPath(named) ?? named : "";

    /// <summary>The job in it.</summary>
    /// <exception cref="InvalidJobException">It is not valid.</exception>
    public JobDocument Parse() => JobFile.ParseDocument(_content, _directory);

    /// <summary>Tells what is wrong with the job on standard error, where in the file it is, and returns it with these places.</summary>
    public InvalidJobException Tell(InvalidJobException invalid)
    {
        var located = JobFile.Locate(_content, invalid);
        Diagnostics.Write(Name(_file), located);
        return located;
    }

    /// <summary>The result with collected files named as a job file names them: relative to its directory where they are in it.</summary>
    public DocumentResult Relate(DocumentResult result) => CollectedNames.Relate(result, _directory);

    // People name the directory that a job is in, or leave the ending out.
    private static string? Meant(string file) => Array.Find([file.TrimEnd('/') + "/job.json", file + ".json"], File.Exists);

    private static bool IsInput(string file) => file == "-";

    private static string Name(string file) => IsInput(file) ? "<stdin>" : DisplayText.QuoteWhole(file);

    // Only as text: the file may be reached through a link, and its directory is the one the user named.
    private static string Directory(string file)
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

        var current = CurrentDirectory();
        return end < 0 || current.Length == 0 ? current : $"{current.TrimEnd('/')}/{file[..end]}";
    }

    /// <summary>The current directory; empty if it no longer exists.</summary>
    public static string CurrentDirectory()
    {
        try
        {
            return System.IO.Directory.GetCurrentDirectory();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It was deleted (getcwd(2), ENOENT). A job without relative paths does not need it.
            return "";
        }
    }
}
