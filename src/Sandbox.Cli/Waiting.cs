namespace Sandbox.Cli;

/// <summary>The command does one thing at a time, on the thread it was started with.</summary>
internal static class Waiting
{
    /// <summary>Waits for the end of the work, and throws what it threw.</summary>
    public static T Now<T>(this Task<T> work) => work.GetAwaiter().GetResult();

    /// <inheritdoc cref="Now{T}(Task{T})"/>
    public static void Now(this Task work) => work.GetAwaiter().GetResult();
}
