using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Cli;

/// <summary>
/// The launcher that native/early-start started before the managed runtime did: its own start, and the making of the
/// namespaces for one job, take place while the runtime comes up.
/// </summary>
internal static partial class EarlyStart
{
    /// <summary>A runner with that launcher; an ordinary one where there is none.</summary>
    public static OneShotRunner CreateRunner(SandboxOptions options)
    {
#if EARLY_START
        if (sandbox_early_start(out var pid) is var control and >= 0)
        {
            return new(options, new SafeFileHandle(control, ownsHandle: true), pid);
        }
#endif
        return new(options);
    }

    /// <summary>Which descriptors from 3 to 47 the caller had open, of a run of isolate that asks for them, and whether it had any beyond; null where nobody knows.</summary>
    public static (IReadOnlyList<int> Numbers, bool HasMore)? InheritedDescriptors()
    {
#if EARLY_START
        const int beyond = 48;
        var open = sandbox_inherited();
        return ([.. Enumerable.Range(0, beyond).Where(number => (open >> number & 1) != 0)], (open >> beyond & 1) != 0);
#else
        return null;
#endif
    }

#if EARLY_START
    [LibraryImport("early_start")]
    private static partial int sandbox_early_start(out int pid);

    [LibraryImport("early_start")]
    private static partial ulong sandbox_inherited();
#endif
}
