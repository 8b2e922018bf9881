using System.Diagnostics;

namespace Sandbox.Tests.Cli;

/// <summary>One run of the command in a process of its own.</summary>
internal sealed record CommandRun(int ExitStatus, string Output, string Error)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs the command with these arguments, and this standard input.</summary>
    public static async Task<CommandRun> Of(string[] arguments, string input = "", CancellationToken cancellationToken = default) =>
        await Of(arguments, input, null, cancellationToken);

    /// <summary>Runs the command with these arguments, this standard input, and this directory as its store.</summary>
    public static async Task<CommandRun> Of(string[] arguments, string input, string? store, CancellationToken cancellationToken)
    {
        // The runtime the test itself runs on, wherever it is installed.
        var runtime = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "../../.."));
        var start = new ProcessStartInfo(Path.Combine(runtime, "dotnet"), [Path.Combine(AppContext.BaseDirectory, "Sandbox.Cli.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (store is not null)
        {
            start.Environment["SANDBOX_STORE"] = store;
        }

        using var process = Process.Start(start)!;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var error = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
            await process.WaitForExitAsync(deadline.Token);
            return new CommandRun(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
