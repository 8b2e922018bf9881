using System.Globalization;
using Sandbox.Running;

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

    /// <inheritdoc cref="FileFailure.Reason"/>
    public static string Reason(Exception exception) => FileFailure.Reason(exception);
}
