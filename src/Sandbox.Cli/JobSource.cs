namespace Sandbox.Cli;

/// <summary>Reads the job a command was given: a file, or <c>-</c> for standard input.</summary>
internal static class JobSource
{
    public const string StandardInput = "-";

    /// <summary>The job; null when there is none to use, after all that is wrong with it was told.</summary>
    public static JobSpec? Read(string file)
    {
        byte[] content;
        try
        {
            content = file == StandardInput ? StandardStreams.ReadInput() : File.ReadAllBytes(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Diagnostics.Write($"cannot read the job {file}: {Diagnostics.Reason(exception)}");
            return null;
        }

        try
        {
            return JobFile.Parse(content, Folder(file));
        }
        catch (InvalidJobException invalid)
        {
            Diagnostics.Write(file == StandardInput ? "<stdin>" : file, invalid);
            return null;
        }
    }

    // Only as text: the file may be reached through a link, and its folder is the one the user named.
    private static string Folder(string file)
    {
        var end = file == StandardInput ? -1 : file.LastIndexOf('/');
        if (end == 0)
        {
            return "/";
        }

        if (file.StartsWith('/'))
        {
            return file[..end];
        }

        var current = CurrentFolder();
        return end < 0 || current.Length == 0 ? current : $"{current.TrimEnd('/')}/{file[..end]}";
    }

    private static string CurrentFolder()
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
