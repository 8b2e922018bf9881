namespace Sandbox.Cli;

/// <summary>
/// What becomes of a failure that nobody expected: one line on standard error and the exit status for a failure of the sandbox. Left
/// to the framework around the commands it would be a stack trace and "bad usage"; left to the runtime, a core dump.
/// </summary>
internal static class LastResort
{
    /// <summary>Runs a command.</summary>
    /// <param name="command">Returns the exit status.</param>
    /// <param name="status">The exit status after a failure.</param>
    public static int Run(Func<int> command, int status = ExitStatus.Sandbox)
    {
        try
        {
            return command();
        }
        catch (SandboxException failure)
        {
            Diagnostics.Write(failure);
        }
        catch (Exception failure)
        {
            Diagnostics.Write(Words(failure));
        }

        return status;
    }

    /// <summary>The same for threads of the runtime's and of libraries, where nothing can be caught: the process ends.</summary>
    /// <param name="status">The exit status after a failure.</param>
    public static void Watch(int status) => AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
    {
        Diagnostics.Write(unhandled.ExceptionObject is Exception failure ? Words(failure) : "the sandbox failed");
        Environment.Exit(status);
    };

    private static string Words(Exception failure) => failure switch
    {
        OutOfMemoryException => "the sandbox has no memory left (ulimit -v, ulimit -d, or the host's)",
        IOException or UnauthorizedAccessException => "the sandbox failed: " + Diagnostics.Reason(failure),
        _ => $"the sandbox failed: {failure.GetType().Name}; please report this",
    };
}
