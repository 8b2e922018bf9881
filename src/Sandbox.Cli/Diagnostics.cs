using System.Globalization;

namespace Sandbox.Cli;

/// <summary>What the command says on standard error.</summary>
internal static class Diagnostics
{
    /// <summary>One line, <c>sandbox:</c> in front.</summary>
    public static void Write(string message) => StandardStreams.WriteError("sandbox: " + DisplayText.Printable(message));

    /// <summary>Every problem of a job on a line of its own, the way compilers do: <c>file:line:column</c>.</summary>
    public static void Write(string file, InvalidJobException invalid)
    {
        foreach (var problem in invalid.Problems)
        {
            var text = problem with { Line = 0 };
            Write(problem.Line > 0
                ? string.Create(CultureInfo.InvariantCulture, $"{file}:{problem.Line}:{problem.Column}: {text}")
                : $"{file}: {text}");
        }
    }

    /// <summary>Every problem of a policy file, which each problem names itself.</summary>
    public static void WritePolicy(InvalidJobException invalid)
    {
        foreach (var problem in invalid.Problems)
        {
            Write(problem.ToString());
        }
    }

    /// <summary>A failure of the sandbox, in the words in which a result has it.</summary>
    public static void Write(SandboxException failure)
    {
        var error = SandboxHost.Explain(failure);
        Write((error.Step is null ? "" : error.Step + ": ") + error.Message);
        if (error.Hint is { } hint)
        {
            Write("hint: " + hint);
        }
    }

    /// <summary>Why a file could not be opened, read or written. The framework's own texts are compiled out.</summary>
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
}
