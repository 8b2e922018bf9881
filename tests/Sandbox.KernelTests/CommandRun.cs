using System.Diagnostics;
using System.Text.Json;

namespace Sandbox.KernelTests;

/// <summary>One run of the built command: what it printed, what it ended with, and its result as JSON.</summary>
internal sealed record CommandRun
{
    public required int ExitStatus { get; init; }

    public required string Stdout { get; init; }

    public required string Stderr { get; init; }

    public JsonElement Result => JsonDocument.Parse(Stdout).RootElement;

    public string Verdict => Result.GetProperty("verdict").GetString()!;

    public override string ToString() => $"exit {ExitStatus}\nstdout: {Stdout}\nstderr: {Stderr}";

    /// <summary>Runs the command with these arguments; stdin is the text, then its end.</summary>
    public static Task<CommandRun> SandboxAsync(string stdin, CancellationToken cancellation, params string[] arguments) =>
        StartAsync(Probe.CommandLine, stdin, cancellation, arguments);

    /// <summary>Runs a shell script in which "$SANDBOX" is the command and "$JOB" the path of the job file.</summary>
    public static Task<CommandRun> ShellAsync(string script, string job, CancellationToken cancellation) =>
        StartAsync("/bin/sh", "", cancellation, "-c", $"SANDBOX='{Probe.CommandLine}' JOB='{job}'; {script}");

    /// <summary>Runs a shell script in a directory, with "$SANDBOX" as the command; killed from outside if it takes longer than a test may.</summary>
    public static Task<CommandRun> ShellInAsync(string directory, string script, CancellationToken cancellation) =>
        StartAsync(
            "/usr/bin/env", "", cancellation, "-C", directory, $"SANDBOX={Probe.CommandLine}", "timeout", "-s", "KILL", $"{25 * Requirements.Slowness}", "/bin/sh", "-c", script);

    /// <summary>Runs any program; stdin is the text, then its end.</summary>
    public static async Task<CommandRun> StartAsync(string file, string stdin, CancellationToken cancellation, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var stdout = process.StandardOutput.ReadToEndAsync(cancellation);
        var stderr = process.StandardError.ReadToEndAsync(cancellation);
        try
        {
            await process.StandardInput.WriteAsync(stdin);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The command may end without having read its stdin.
        }

        await process.WaitForExitAsync(cancellation);
        return new CommandRun { ExitStatus = process.ExitCode, Stdout = await stdout, Stderr = await stderr };
    }
}
