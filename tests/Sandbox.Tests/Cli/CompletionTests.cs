using System.Diagnostics;
using Sandbox.Cli;
using Xunit;

namespace Sandbox.Tests.Cli;

public sealed class CompletionTests
{
    private static readonly string[] s_folders = ["/usr/local/bin", "/usr/bin", "/bin"];

    public static TheoryData<string> Shells => ["bash", "zsh", "fish"];

    [Theory]
    [MemberData(nameof(Shells))]
    public void Every_command_and_option_is_known_to_the_script(string shell)
    {
        var script = File.ReadAllText(Repository.PathOf($"src/Sandbox.Cli/Completion/sandbox.{shell}"));

        string[] words = [.. CommandTable.All.SelectMany(command => command.Name.Split(' ')), .. CommandTable.All.SelectMany(command => command.Options).Select(option => option.Name)];
        Assert.All(words, word => Assert.Contains(word, script, StringComparison.Ordinal));
    }

    // Only bash is needed to build and test; the other shells are asked where they are installed.
    [Theory]
    [MemberData(nameof(Shells))]
    public void The_script_is_one_that_its_shell_can_read(string shell)
    {
        Assert.SkipUnless(Array.Exists(s_folders, folder => File.Exists($"{folder}/{shell}")), $"needs {shell}");

        using var reader = Process.Start(new ProcessStartInfo(shell, ["-n", Repository.PathOf($"src/Sandbox.Cli/Completion/sandbox.{shell}")]) { RedirectStandardError = true })!;
        var complaints = reader.StandardError.ReadToEnd();
        reader.WaitForExit();

        Assert.Equal((0, ""), (reader.ExitCode, complaints));
    }

    [Theory]
    [InlineData("run -i --netw", "--network")]
    [InlineData("run --proc ", "full pid")]
    [InlineData("run --memory = 1g --isol", "--isolation")]
    [InlineData("run -v a : /b : rw --on-output-limit ", "kill truncate")]
    [InlineData("run --user = 1 sh --pro", "")]
    [InlineData("ex", "exec")]
    [InlineData("exec --", "--result --pretty --cgroup --lease-cores --help")]
    [InlineData("plan --", "--summary --cgroup --help")]
    [InlineData("version --", "--json --help")]
    [InlineData("help image ", "import ls rm gc")]
    [InlineData("doctor --", "--json --cgroup --help")]
    [InlineData("schema ", "job result --help")]
    [InlineData("policy ch", "check")]
    [InlineData("image ", "import ls rm gc --help")]
    [InlineData("image import --", "--name --help")]
    [InlineData("image ls --", "--json --names --help")]
    [InlineData("store ", "put ls gc rm verify --help")]
    [InlineData("store gc --", "--max-size --help")]
    public void Bash_completes_what_was_typed(string typed, string expected)
    {
        var script = Repository.PathOf("src/Sandbox.Cli/Completion/sandbox.bash");
        var words = string.Join(' ', $"sandbox {typed}".Split(' ').Select(word => $"'{word}'"));
        var code = $"source '{script}'; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _sandbox; echo \"${{COMPREPLY[*]}}\"";

        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", code]) { RedirectStandardOutput = true })!;
        var completed = bash.StandardOutput.ReadToEnd().TrimEnd();

        Assert.Equal(expected, completed);
    }
}
