using System.Globalization;
using ConsoleAppFramework;
using Sandbox.Planning;
using Sandbox.Policies;

namespace Sandbox.Cli;

/// <summary><c>sandbox policy</c>: what the seccomp policies say, and whether one's own can be used.</summary>
internal static class PolicyCommands
{
    private const int BytesPerInstruction = 8;

    /// <summary>List the built-in seccomp policies.</summary>
    public static int List() => LastResort.Run(() =>
    {
        foreach (var name in PolicyLibrary.Names)
        {
            StandardStreams.WriteOutput(name);
        }

        return ExitStatus.Ok;
    });

    /// <summary>Print a built-in seccomp policy.</summary>
    /// <param name="name">The policy's name.</param>
    public static int Show([Argument] string name) => LastResort.Run(() =>
    {
        if (PolicyLibrary.BuiltIn(name) is not { } policy)
        {
            var names = string.Join(", ", PolicyLibrary.Names);
            Diagnostics.Write($"there is no policy {Words.Quote(name)}; built in are {names}");
            return ExitStatus.Usage;
        }

        StandardStreams.WriteOutput(policy.Json.Span);
        return ExitStatus.Ok;
    });

    /// <summary>Check a seccomp policy file by compiling it.</summary>
    /// <param name="file">The policy file.</param>
    public static int Check([Argument] string file) => LastResort.Run(() =>
    {
        if (file.Length == 0)
        {
            Diagnostics.Write("policy check: a file has a name, which is not empty");
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
    });
}
