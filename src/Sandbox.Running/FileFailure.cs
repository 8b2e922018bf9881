namespace Sandbox.Running;

/// <summary>Words for what the framework and the SDK throw of files. The framework's own texts are compiled out.</summary>
internal static class FileFailure
{
    /// <summary>Why a file could not be opened, read or written.</summary>
    public static string Reason(Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file or directory",
        UnauthorizedAccessException => "permission denied, or a directory",
        PathTooLongException => "the path is too long",
        _ when exception.HResult is > 0 and < 4096 => ErrnoNames.Of(exception.HResult),

        // A sentence of the SDK.
        IOException { HResult: 0 } => exception.Message,
        _ => "input/output error",
    };

    /// <summary>What a command says of a result that is not in its file.</summary>
    /// <param name="file">The file, as the user named it.</param>
    /// <param name="failure">Why.</param>
    public static string OfResult(string file, Exception failure) => $"cannot write the result to {DisplayText.Quote(file)}: {Reason(failure)}";
}
