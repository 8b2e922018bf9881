using Sandbox.Cli.Completion;

namespace Sandbox.Cli;

/// <summary><c>sandbox completion</c>: scripts that teach a shell the commands and options.</summary>
internal static class CompletionCommand
{
    public static Command Command { get; } = new()
    {
        Name = "completion",
        Arguments = "bash|zsh|fish",
        ArgumentKind = ValueKind.Of(CompletionScript.Shells),
        Fewest = 1,
        Most = 1,
        Question = "for which shell, bash, zsh or fish?",
        Summary = "Print a script that teaches a shell the commands and options",
        Examples =
        [
            "source <(sandbox completion bash)           # for this shell; in ~/.bashrc, for every one",
            "source <(sandbox completion zsh)            # in ~/.zshrc, after compinit",
            "sandbox completion fish > ~/.config/fish/completions/sandbox.fish",
        ],
        Run = arguments => Print(arguments.Words[0]),
    };

    private static int Print(string shell)
    {
        if (Array.IndexOf(CompletionScript.Shells, shell) < 0)
        {
            var meant = NearestName.Of(shell, CompletionScript.Shells);
            Diagnostics.Write($"no completion for \"{shell}\": bash, zsh and fish are supported" +
                (meant is null ? "" : $"; did you mean \"{meant}\"?"));
            return ExitStatus.Usage;
        }

        StandardStreams.WriteOutput(CompletionScript.Of(shell));
        return ExitStatus.Ok;
    }
}
