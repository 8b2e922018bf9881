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

#if EARLY_START
    [LibraryImport("early_start")]
    private static partial int sandbox_early_start(out int pid);
#endif
}
