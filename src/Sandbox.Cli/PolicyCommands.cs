using System.Globalization;
using ConsoleAppFramework;
using Sandbox.Policies;

namespace Sandbox.Cli;

/// <summary><c>sandbox policy</c>: what the seccomp policies say, and whether one's own can be used.</summary>
internal static class PolicyCommands
{
    private const int BytesPerInstruction = 8;

    /// <summary>List the built-in seccomp policies.</summary>
    public static int List()
    {
        foreach (var name in PolicyLibrary.Names)
        {
            StandardStreams.WriteOutput(name);
        }

        return ExitStatus.Ok;
    }

    /// <summary>Print a built-in seccomp policy.</summary>
    /// <param name="name">The policy's name.</param>
    public static int Show([Argument] string name)
    {
        if (PolicyLibrary.BuiltIn(name) is not { } policy)
        {
            var names = string.Join(", ", PolicyLibrary.Names);
            Diagnostics.Write($"there is no policy \"{name}\"; built in are {names}");
            return ExitStatus.Usage;
        }

        StandardStreams.WriteOutput(policy.Json.Span);
        return ExitStatus.Ok;
    }

    /// <summary>Check a seccomp policy file by compiling it.</summary>
    /// <param name="file">The policy file.</param>
    public static int Check([Argument] string file)
    {
        try
        {
            var policy = PolicyStore.Load(new PolicyFile { Path = Path.GetFullPath(file) }, PolicyVariant.OwnNetwork);
            var instructions = policy.Program.Length / BytesPerInstruction;
            StandardStreams.WriteOutput(string.Create(
                CultureInfo.InvariantCulture, $"{file}: ok, {instructions} instructions, sha256 {policy.Sha256}"));
            return ExitStatus.Ok;
        }
        catch (InvalidJobException invalid)
        {
            Diagnostics.WritePolicy(invalid);
            return ExitStatus.Usage;
        }
        catch (SandboxException failure)
        {
            Diagnostics.Write(failure);
            return ExitStatus.Sandbox;
        }
    }
}
