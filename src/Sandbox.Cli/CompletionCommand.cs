using ConsoleAppFramework;
using Sandbox.Jobs;

namespace Sandbox.Cli;

/// <summary><c>sandbox completion</c>: scripts that teach a shell the commands and options.</summary>
internal static class CompletionCommand
{
    private static readonly string[] s_shells = ["bash", "zsh", "fish"];

    /// <summary>Print a completion script, for example: source &lt;(sandbox completion bash).</summary>
    /// <param name="shell">bash, zsh or fish.</param>
    public static int Run([Argument] string shell) => LastResort.Run(() => Print(shell));

    private static int Print(string shell)
    {
        if (Array.IndexOf(s_shells, shell) < 0)
        {
            var meant = Suggestions.For(shell, s_shells);
            Diagnostics.Write($"no completion for \"{shell}\": bash, zsh and fish are supported" +
                (meant is null ? "" : $"; did you mean \"{meant}\"?"));
            return ExitStatus.Usage;
        }

        StandardStreams.WriteOutput(EmbeddedText.Read("sandbox." + shell));
        return ExitStatus.Ok;
    }
}
