using System.Globalization;
using Sandbox.Policies;
using Sandbox.Text;

namespace Sandbox.Cli;

/// <summary><c>sandbox policy</c>: what the seccomp policies say, and whether one's own can be used.</summary>
internal static class PolicyCommands
{
    private const int BytesPerInstruction = 8;

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
        var width = PolicyLibrary.Names.Max(name => name.Length);
        foreach (var name in PolicyLibrary.Names)
        {
            StandardStreams.WriteOutput($"{name.PadRight(width)}  {PolicyLibrary.Description(name)}");
        }

        return ExitStatus.Ok;
    }

    private static int Show(string name)
    {
        if (PolicyLibrary.BuiltIn(name) is not { } policy)
        {
            var names = string.Join(", ", PolicyLibrary.Names);
            Diagnostics.Write($"there is no policy {Words.Quote(name)}; built in are {names}");
            return ExitStatus.Usage;
        }

        StandardStreams.WriteOutput(policy.Json.Span);
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
            var policy = PolicyStore.Load(new PolicyFile { Path = Path.GetFullPath(file) }, PolicyVariant.OwnNetwork);
            var instructions = policy.Program.Length / BytesPerInstruction;
            StandardStreams.WriteOutput(string.Create(
                CultureInfo.InvariantCulture, $"{Words.QuoteWhole(file)}: ok, {instructions} instructions, sha256 {policy.Sha256}"));
            return ExitStatus.Ok;
        }
        catch (InvalidJobException invalid)
        {
            Diagnostics.WritePolicy(invalid);
            return ExitStatus.Usage;
        }
    }
}
