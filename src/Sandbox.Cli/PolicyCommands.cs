using System.Globalization;

namespace Sandbox.Cli;

/// <summary><c>sandbox policy</c>: what the seccomp policies say, and whether one's own can be used.</summary>
internal static class PolicyCommands
{
    public static IReadOnlyList<Command> All { get; } =
    [
        new()
        {
            Name = "policy list",
            Summary = "List the built-in seccomp policies, and what each is for",
            Examples = ["sandbox policy list"],
            Run = _ => List(),
        },
        new()
        {
            Name = "policy show",
            Arguments = "NAME",
            ArgumentKind = ValueKind.Policy,
            Fewest = 1,
            Most = 1,
            Question = "which policy? \"sandbox policy list\" lists them",
            Summary = "Print a built-in policy, to read it or to base your own on it",
            Examples = ["sandbox policy show default > my-policy.json"],
            Run = arguments => Show(arguments.Words[0]),
        },
        new()
        {
            Name = "policy check",
            Arguments = "FILE",
            ArgumentKind = ValueKind.JsonFile,
            Fewest = 1,
            Most = 1,
            Question = "which file?",
            Summary = "Check a policy file by compiling it",
            Examples = ["sandbox policy check my-policy.json"],
            Run = arguments => Check(arguments.Words[0]),
        },
    ];

    private static int List()
    {
        var width = SandboxPolicy.BuiltInNames.Max(name => name.Length);
        foreach (var name in SandboxPolicy.BuiltInNames)
        {
            StandardStreams.WriteOutput($"{name.PadRight(width)}  {SandboxPolicy.DescriptionOf(name)}");
        }

        return ExitStatus.Ok;
    }

    private static int Show(string name)
    {
        if (SandboxPolicy.SourceOf(name) is not { } json)
        {
            var names = string.Join(", ", SandboxPolicy.BuiltInNames);
            Diagnostics.Write($"there is no policy {DisplayText.Quote(name)}; built in are {names}");
            return ExitStatus.Usage;
        }

        StandardStreams.WriteOutput(json.Span);
        return ExitStatus.Ok;
    }

    private static int Check(string file)
    {
        if (file.Length == 0)
        {
            Diagnostics.Write("policy check: the name of the file must not be empty");
            return ExitStatus.Usage;
        }

        try
        {
            var policy = SandboxPolicy.CompileAsync(Seccomp.File(Path.GetFullPath(file))).Now();
            StandardStreams.WriteOutput(string.Create(
                CultureInfo.InvariantCulture, $"{DisplayText.QuoteWhole(file)}: ok, {policy.Instructions} instructions, sha256 {policy.Sha256}"));
            return ExitStatus.Ok;
        }
        catch (InvalidJobException invalid)
        {
            Diagnostics.WritePolicy(invalid);
            return ExitStatus.Usage;
        }
    }
}
