using Microsoft.Win32.SafeHandles;

namespace Sandbox;

/// <summary>
/// What <see cref="Stdin.Inherit"/> and <see cref="OutputStream.Inherit"/> mean for one job, instead of the standard streams of this process: descriptors that somebody
/// else has handed over, such as another process by way of a socket (unix(7), SCM_RIGHTS). They are read and written from when the job starts until it is over, by copies (dup(2)): these may be closed once it was started.
/// </summary>
/// <param name="stdin">What it reads.</param>
/// <param name="stdout">Where its output goes.</param>
/// <param name="stderr">Where its messages go.</param>
public sealed class InheritedStreams(SafeFileHandle stdin, SafeFileHandle stdout, SafeFileHandle stderr)
{
    internal static InheritedStreams OfThisProcess { get; } = new(new(0, ownsHandle: false), new(1, ownsHandle: false), new(2, ownsHandle: false));

    internal IReadOnlyList<SafeFileHandle> Descriptors { get; } = [stdin, stdout, stderr];
}
