
namespace Sandbox.Cli;

/// <summary><c>sandbox completion</c>: scripts that teach a shell the commands and options.</summary>
internal static class CompletionCommand
{
    private static readonly string[] s_shells = ["bash", "zsh", "fish"];

    public static Command Command { get; } = new()
    {
        Name = "completion",
        Arguments = "bash|zsh|fish",
        Fewest = 1,
        Most = 1,
        Question = "for which shell, bash, zsh or fish?",
        Summary = "Print a script that teaches a shell the commands and options",
        Examples =
        [
            "source <(sandbox completion bash)           # now; in ~/.bashrc: always",
            "source <(sandbox completion zsh)            # in ~/.zshrc, after compinit",
            "sandbox completion fish > ~/.config/fish/completions/sandbox.fish",
        ],
        Run = arguments => Print(arguments.Words[0]),
    };

    private static int Print(string shell)
    {
        if (Array.IndexOf(s_shells, shell) < 0)
        {
            var meant = NearestName.Of(shell, s_shells);
            Diagnostics.Write($"no completion for \"{shell}\": bash, zsh and fish are supported" +
                (meant is null ? "" : $"; did you mean \"{meant}\"?"));
            return ExitStatus.Usage;
        }

        StandardStreams.WriteOutput(EmbeddedText.Read("sandbox." + shell));
        return ExitStatus.Ok;
    }
}
