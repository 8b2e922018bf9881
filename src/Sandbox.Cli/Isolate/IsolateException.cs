namespace Sandbox.Cli.Isolate;

/// <summary>The sandbox failed: status XX, exit status 2.</summary>
internal sealed class IsolateException(string message) : Exception(message)
{
    /// <summary>Lets a result of a system call through, and throws what it says otherwise.</summary>
    /// <param name="result">A count, or a negated errno.</param>
    /// <param name="what">What failed, in a sentence.</param>
    public static int Check(int result, string what) => result >= 0 ? result : throw new IsolateException($"{what}: {IsolateFailure.Text(-result)}");
}
