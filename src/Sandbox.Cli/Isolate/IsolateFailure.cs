using System.Runtime.InteropServices;

namespace Sandbox.Cli.Isolate;

/// <summary>Why the sandbox failed, in isolate's words where it has some.</summary>
internal static class IsolateFailure
{
    private const string Mounts = "/mounts/";

    /// <summary>The message.</summary>
    public static string Of(IsolateRequest request, JobResult result)
    {
        if (result.Error is not { } error)
        {
            return result.Message;
        }

        var reason = Reason(error);
        return error.Pointer switch
        {
            "/workingDirectory" when reason is not null => "chdir: " + reason,
            "/start/opened" when reason is not null => $"open(\"{OpenedAs(request, error.Path)}\"): {reason}",
            { } pointer when pointer.StartsWith(Mounts, StringComparison.Ordinal) && reason is not null && error.Path is { } path => $"Cannot mount {path}: {reason}",
            _ when error.Problems.Count > 0 => string.Join("; ", error.Problems.Select(static problem => problem.Message)),
            _ => error.Message,
        };
    }

    /// <summary>What the C library says of an error number.</summary>
    public static string Text(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    private static string? Reason(ErrorReport error)
    {
        const int last = 133;
        var number = error.Errno is null ? 0 : Enumerable.Range(1, last).FirstOrDefault(candidate => ErrnoNames.Of(candidate) == error.Errno);
        return number == 0 ? null : Text(number);
    }

    private static string OpenedAs(IsolateRequest request, string? path) =>
        new[] { request.Stdin, request.Stdout, request.Stderr }.FirstOrDefault(given => given is not null && IsolateJob.Inside(given) == path) ?? path ?? "";
}
