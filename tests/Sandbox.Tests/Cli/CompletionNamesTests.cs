using System.Diagnostics;
using System.Text.Json;
using Sandbox.Cli.Completion;
using Xunit;

namespace Sandbox.Tests.Cli;

/// <summary>What a shell makes of the names that a job has left, when a person presses the tab key.</summary>
public sealed class CompletionNamesTests : IDisposable
{
    private const string Bait = "id>PWNED";

    private static readonly string[] s_directories = ["/usr/local/bin", "/usr/bin", "/bin"];

    private static readonly string[] s_names =
    [
        $"$({Bait})", $"`{Bait}`", $"x;{Bait}", $"a|{Bait}", $"<({Bait})", "$HOME", "~", "~root", "*", "?[x]", "{a,b}", "!!", "a b", "two  spaces", "it's", "d\"q",
        "back\\slash", "back\\nslash", "new\nline", "\u001b[31mred", "\u202etxt", "#", "&", ">", "-dash", "=ls", "^x", "%1", "$'e'", "é",
    ];

    private readonly TemporaryDirectory _directory = new();
    private readonly TemporaryDirectory _scripts = new();

    [Fact]
    public void Bash_is_offered_every_name_as_it_is_and_expands_none()
    {
        foreach (var name in s_names)
        {
            _directory.Write(name, "");
        }

        const string code = """
            source "$1"; cd "$2"; compopt() { :; }
            for line in "run" "run --" "run --device" "run --image" "run --stdin" "run --seccomp" "run -v" "run true" "store put" "image import"; do
                read -ra COMP_WORDS <<<"sandbox $line"; COMP_WORDS+=("./"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                _sandbox; printf '%s\0' "$line" "${COMPREPLY[@]}"; printf '\0'
            done
            """;

        var offered = Run("bash", "-c", code, "bash", ScriptOf("bash"), _directory.Path).Split("\0\0", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(10, offered.Length);
        Assert.All(offered, lines => Assert.Equal(s_names.Select(name => "./" + name).Order(StringComparer.Ordinal), lines.Split('\0').Skip(1).Order(StringComparer.Ordinal)));
        Assert.False(File.Exists($"{_directory.Path}/PWNED"));
    }

    [Theory]
    [InlineData("./$(i", "./$(id>PWNED)")]
    [InlineData("./\\$\\(i", "./$(id>PWNED)")]
    [InlineData("'./$(i", "./$(id>PWNED)")]
    [InlineData("\"./a ", "./a b")]
    [InlineData("./a\\ ", "./a b")]
    [InlineData("$(id>PWNED)", "$(id>PWNED)")]
    [InlineData("~", "")]
    [InlineData("`id>PWNED`", "")]
    [InlineData("./*", "")]
    public void Bash_compares_what_was_typed_and_expands_none_of_it(string typed, string expected)
    {
        _directory.Write($"$({Bait})", "");
        _directory.Write("a b", "");
        const string code = """source "$1"; cd "$2"; compopt() { :; }; COMP_WORDS=(sandbox store put "$3"); COMP_CWORD=3; _sandbox; printf '%s\n' "${COMPREPLY[@]}" """;

        var offered = Run("bash", "-c", code, "bash", ScriptOf("bash"), _directory.Path, typed);

        Assert.Equal(expected, offered.TrimEnd('\n'));
        Assert.False(File.Exists($"{_directory.Path}/PWNED"));
    }

    // The command in the path stands for a store or a set of images that somebody else may have written to.
    [Theory]
    [InlineData("image rm")]
    [InlineData("run --image")]
    [InlineData("store rm")]
    [InlineData("policy show")]
    public void Bash_offers_no_name_that_it_would_take_for_a_command(string line)
    {
        var command = _directory.Write("bin/sandbox", $"#!/bin/sh\nprintf '%s\\n' good:1.0 '$({Bait})' '`{Bait}`' 'a;{Bait}' '*'\n");
        File.SetUnixFileMode(command, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        const string code = """
            source "$1"; cd "$2"; PATH=$2/bin:$PATH; compopt() { :; }
            read -ra COMP_WORDS <<<"sandbox $3"; COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _sandbox; printf '%s\n' "${COMPREPLY[@]}"
            """;

        string[] offered = Run("bash", "-c", code, "bash", ScriptOf("bash"), _directory.Path, line).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Contains("good:1.0", offered);
        Assert.DoesNotContain(offered, word => word.Contains(Bait, StringComparison.Ordinal) || word == "*");
        Assert.False(File.Exists($"{_directory.Path}/PWNED"));
    }

    [Theory]
    [InlineData("bash", "run")]
    [InlineData("bash", "run --device")]
    [InlineData("bash", "store put")]
    [InlineData("zsh", "run")]
    [InlineData("zsh", "run --device")]
    [InlineData("zsh", "store put")]
    [InlineData("fish", "run")]
    [InlineData("fish", "run --device")]
    [InlineData("fish", "store put")]
    public void A_completed_name_arrives_as_it_is(string shell, string line)
    {
        Assert.SkipUnless(Array.Exists(s_directories, directory => File.Exists($"{directory}/{shell}")), $"needs {shell}");
        for (var index = 0; index < s_names.Length; index++)
        {
            _directory.Write($"f{index}/{s_names[index]}", "");
        }

        string[] typed = [.. s_names.Select((_, index) => $"sandbox {line} ./f{index}/")];

        var words = JsonSerializer.Deserialize<string[]?[]>(Run("python3", [Repository.PathOf("tests/Sandbox.Tests/Cli/press_tab.py"), shell, ScriptOf(shell), _directory.Path, .. typed]))!;

        Assert.Equal(s_names.Select((name, index) => $"./f{index}/{name}"), words.Select(called => called?[^1]));
        Assert.Empty(Directory.GetFiles(_directory.Path, "PWNED", SearchOption.AllDirectories));
    }

    public void Dispose()
    {
        _directory.Dispose();
        _scripts.Dispose();
    }

    private string ScriptOf(string shell) => _scripts.Write("script." + shell, CompletionScript.Of(shell) + "\n");

    private static string Run(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
