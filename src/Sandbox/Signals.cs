using Sandbox.Execution.Judging;

namespace Sandbox;

/// <summary>The signals of Linux, 1 to 64 (signal(7)), by the names that results use.</summary>
public static class Signals
{
    /// <summary>The name, such as <c>SIGKILL</c> or <c>SIGRTMIN+1</c>.</summary>
    /// <param name="number">1 to 64.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such signal.</exception>
    public static string NameOf(int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, 64);
        return SignalName.Of(number);
    }

    /// <summary>The number, for <see cref="SandboxJob.Signal"/>, or to add to 128 as shells do.</summary>
    /// <param name="name">As in <see cref="JobResult.Signal"/>.</param>
    /// <exception cref="ArgumentException">No signal has this name.</exception>
    public static int NumberOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return SignalName.NumberOf(name);
    }
}
