using Sandbox.Cli.Run;

namespace Sandbox.Tests.Cli.Run;

/// <summary>Short ways to read a command line of <c>sandbox run</c> in tests.</summary>
internal static class Request
{
    public const string Directory = "/home/me/project";

    private static readonly Dictionary<string, string> s_variables = new() { ["HOME"] = "/home/me", ["EMPTY"] = "" };

    /// <summary>Reads options in front of a command; they must be fine.</summary>
    public static RunRequest Of(params string[] options) => OfWords([.. options, "--", "true"]);

    /// <summary>The job that options in front of a command make.</summary>
    public static JobSpec Job(params string[] options) => Of(options).Job;

    /// <summary>Reads a whole command line that must be fine.</summary>
    public static RunRequest OfWords(params string[] words) =>
        RunRequest.Read(RunArguments.Parse(words), Directory, s_variables.GetValueOrDefault, out var problems)
            ?? throw new InvalidOperationException(string.Join("\n", problems));

    /// <summary>Everything wrong with options in front of a command, one problem a line.</summary>
    public static string Problems(params string[] options) => ProblemsOfWords([.. options, "--", "true"]);

    /// <summary>Everything wrong with a whole command line.</summary>
    public static string ProblemsOfWords(params string[] words)
    {
        RunRequest.Read(RunArguments.Parse(words), Directory, s_variables.GetValueOrDefault, out var problems);
        return string.Join("\n", problems);
    }
}
