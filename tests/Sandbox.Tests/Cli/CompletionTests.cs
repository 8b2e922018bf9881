using System.Diagnostics;
using System.Text.Json;
using Sandbox.Cli;
using Sandbox.Cli.Completion;
using Xunit;

namespace Sandbox.Tests.Cli;

/// <summary>What each shell offers behind each command and option, asked of the shell itself.</summary>
public sealed class CompletionTests : IDisposable
{
    private static readonly string[] s_directories = ["/usr/local/bin", "/usr/bin", "/bin"];

    private readonly TemporaryDirectory _home = new();

    public static TheoryData<string> Shells => [.. CompletionScript.Shells];

    // Only bash is needed to build and test; the other shells are asked where they are installed.
    [Theory]
    [MemberData(nameof(Shells))]
    public void The_script_is_one_that_its_shell_can_read(string shell)
    {
        SkipUnlessInstalled(shell);

        using var reader = Process.Start(new ProcessStartInfo(shell, ["-n", ScriptOf(shell)]) { RedirectStandardError = true })!;
        var complaints = reader.StandardError.ReadToEnd();
        reader.WaitForExit();

        Assert.Equal((0, ""), (reader.ExitCode, complaints));
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void Every_command_is_offered_where_it_can_stand(string shell)
    {
        SkipUnlessInstalled(shell);
        var levels = CompletionScript.Levels().ToList();

        var offered = Offered(shell, [.. levels.Select(level => $"sandbox {level.Name} ".Replace("  ", " ", StringComparison.Ordinal))]);

        Assert.Equal(CommandTable.All.Count, levels.Sum(level => level.Commands.Count) - (levels.Count - 1));
        Assert.All(levels.Zip(offered), both =>
            Assert.Equal(both.First.Commands.Select(command => command.Name).Order(), both.Second.Where(word => !word.StartsWith('-')).Order()));
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void Every_option_is_offered_behind_its_command(string shell)
    {
        SkipUnlessInstalled(shell);
        Command[] commands = [.. CommandTable.All];

        var offered = Offered(shell, [.. commands.Select(command => $"sandbox {command.Name} -")]);

        Assert.All(commands.Zip(offered), both =>
            Assert.Equal(both.First.AllOptions.SelectMany(option => option.Spellings).Order(), both.Second.Order()));
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void Every_word_that_a_value_can_be_is_offered(string shell)
    {
        SkipUnlessInstalled(shell);
        Write("sandbox", "#!/bin/sh\necho \"name-of-${1}_$2 and more\"\n");
        (string Line, ValueKind Kind)[] places =
        [
            .. from command in CommandTable.All
               from option in command.AllOptions
               from spelling in option.Spellings
               where !option.IsSwitch
               select ($"sandbox {command.Name} {spelling} ", option.Kind),
            .. CommandTable.All.Where(command => command.Most > 0).Select(command => ($"sandbox {command.Name} ", command.ArgumentKind)),
        ];

        var offered = Offered(shell, [.. places.Select(place => place.Line)]);

        Assert.All(places.Zip(offered), both =>
        {
            Assert.Superset(Words(both.First.Kind), both.Second.ToHashSet());
            Assert.True(both.First.Kind != ValueKind.Any || both.Second.Length == 0, both.First.Line);
        });
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void Files_are_offered_where_a_value_names_one(string shell)
    {
        SkipUnlessInstalled(shell);
        Write("one.json", "");
        Write("two.txt", "");
        Write("three/four", "");
        (string Line, ValueKind Kind)[] places =
        [
            .. CommandTable.All.Where(command => command.Most > 0 || command.ArgumentKind.IsProgram).Select(command => ($"sandbox {command.Name} ", command.ArgumentKind)),
            .. from command in CommandTable.All from option in command.AllOptions where !option.IsSwitch select ($"sandbox {command.Name} --{option.Name} ", option.Kind),
        ];

        var offered = Offered(shell, [.. places.Select(place => $"{place.Line}{_home.Path}/bin/")]);

        Assert.All(places.Zip(offered), both => Assert.Equal(
            both.First.Kind.Files switch
            {
                // fish puts those that end so first, and has the others too.
                FileChoice.Json when shell == "fish" => ["one.json", "three", "two.txt"],
                FileChoice.Any => ["one.json", "three", "two.txt"],
                FileChoice.Json => ["one.json", "three"],
                FileChoice.Directories => ["three"],
                _ => Array.Empty<string>(),
            },
            both.Second.Select(name => Path.GetFileName(name.TrimEnd('/'))).Order(StringComparer.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void No_option_of_run_is_offered_behind_the_jobs_command(string shell)
    {
        SkipUnlessInstalled(shell);
        string[] lines = ["sandbox run sh --pro", "sandbox run -i -v a:/b sh --pro", "sandbox run -im 1g sh --pro", "sandbox run -- --pro", "sandbox exec -- --re"];

        var offered = Offered(shell, lines);

        Assert.All(offered, words => Assert.DoesNotContain(words, word => word is "--proc" or "--processes" or "--result"));
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void An_option_of_run_is_offered_behind_others(string shell)
    {
        SkipUnlessInstalled(shell);

        var offered = Offered(shell, "sandbox run -i -v a:/b:rw --memory 1g -e A=b --isolati", "sandbox run -iu root --isolati", "sandbox exec job.json --pret");

        Assert.Equal(["--isolation", "--isolation", "--pretty"], offered.Select(words => Assert.Single(words)));
    }

    [Theory]
    [InlineData("run -i --network-", "--network-alias")]
    [InlineData("run --proc ", "full pid")]
    [InlineData("run --proc = p", "pid")]
    [InlineData("run --proc =", "full pid")]
    [InlineData("run --memory = 1g --isolati", "--isolation")]
    [InlineData("run -v a : /b : rw --on-output-limit ", "kill truncate")]
    [InlineData("run --mount type = o", "overlay")]
    [InlineData("run --security-opt sec", "seccomp=")]
    [InlineData("run --user = 1 sh --pro", "")]
    [InlineData("ex", "exec")]
    [InlineData("--v", "--version")]
    [InlineData("exec --", "--result --server --cgroup --lease-cores --pretty --help")]
    [InlineData("plan --", "--cgroup --summary --help")]
    [InlineData("help image ", "import ls rm gc")]
    [InlineData("help image import ", "")]
    [InlineData("policy ch", "check")]
    [InlineData("image ", "import ls rm gc --help")]
    [InlineData("nothing ", "")]
    public void Bash_completes_what_was_typed(string typed, string expected)
    {
        var words = string.Join(' ', $"sandbox {typed}".Split(' ').Select(word => $"'{word}'"));
        var code = $"source '{ScriptOf("bash")}'; compopt() {{ :; }}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _sandbox; echo \"${{COMPREPLY[*]}}\"";

        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", code]) { RedirectStandardOutput = true })!;
        var completed = bash.StandardOutput.ReadToEnd().TrimEnd();

        Assert.Equal(expected, completed);
    }

    // readline replaces only what stands behind the colon.
    [Theory]
    [InlineData("image rm debian : 1", "debian:12", "12")]
    [InlineData("image rm debian :", "debian:12", "12")]
    [InlineData("run --image debian : 1", "debian:12", "12")]
    [InlineData("run --image = debian : 1", "debian:12", "12")]
    [InlineData("store rm sha256 : 9", "sha256:9f86", "9f86")]
    public void Bash_completes_a_name_with_a_colon(string typed, string name, string expected)
    {
        Write("sandbox", $"#!/bin/sh\necho {name}\necho other:1\n");
        var words = string.Join(' ', $"sandbox {typed}".Split(' ').Select(word => $"'{word}'"));
        var code = $"source '{ScriptOf("bash")}'; cd '{_home.Path}'; PATH='{_home.Path}'/bin:$PATH; compopt() {{ :; }}; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _sandbox; echo \"${{COMPREPLY[*]}}\"";

        using var bash = Process.Start(new ProcessStartInfo("bash", ["-c", code]) { RedirectStandardOutput = true })!;
        var completed = bash.StandardOutput.ReadToEnd().TrimEnd();

        Assert.Equal(expected, completed);
    }

    public void Dispose() => _home.Dispose();

    private static HashSet<string> Words(ValueKind kind) =>
    [
        .. kind.Words,
        .. kind.Names.Length > 0 ? [$"name-of-{kind.Names.Split(' ')[0]}_{kind.Names.Split(' ')[1]}"] : Array.Empty<string>(),
        .. kind.IsTopic ? CommandTable.Groups.Select(group => group.Name) : [],
    ];

    private static void SkipUnlessInstalled(string shell) =>
        Assert.SkipUnless(Array.Exists(s_directories, directory => File.Exists($"{directory}/{shell}")), $"needs {shell}");

    private string ScriptOf(string shell) => _home.Write("script." + shell, CompletionScript.Of(shell) + "\n");

    private void Write(string name, string text) =>
        File.SetUnixFileMode(_home.Write("bin/" + name, text), UnixFileMode.UserRead | UnixFileMode.UserExecute);

    private string[][] Offered(string shell, params string[] lines)
    {
        var command = new ProcessStartInfo("python3", [Repository.PathOf("tests/Sandbox.Tests/Cli/offered.py"), shell, ScriptOf(shell), _home.Path, .. lines])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = Directory.CreateDirectory(_home.Path + "/empty").FullName,
        };
        using var process = Process.Start(command)!;
        var offered = JsonSerializer.Deserialize<string[][]>(process.StandardOutput.ReadToEnd())!;
        process.WaitForExit();
        return offered;
    }
}
