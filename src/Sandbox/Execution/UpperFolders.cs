using Sandbox.Destinations;
using Sandbox.Interop;

namespace Sandbox.Execution;

/// <summary>The folders of the user that keep what jobs change in overlays: written to as outputs are, and found by the same rules.</summary>
internal static class UpperFolders
{
    /// <summary>The job with paths in which there is no link; pid 1 follows none.</summary>
    /// <exception cref="SandboxException">A job could have made a link on the way.</exception>
    public static JobSpec Resolve(JobSpec spec)
    {
        if (!spec.Mounts.Any(mount => mount is OverlayMount { Upper: not null }))
            return spec;

        return spec with { Mounts = [.. spec.Mounts.Select((mount, index) => mount is OverlayMount { Upper: { } upper } overlay ? overlay with { Upper = Resolve(upper, index) } : mount)] };
    }

    // What else is wrong with it the step itself tells.
    private static string Resolve(string upper, int index)
    {
        var error = HostPathWalk.Open(upper, makes: false, out var walk);
        using (walk)
        {
            if (error != -Errno.ELOOP)
                return error == 0 ? walk.Place : upper;

            throw new SandboxException("cannot open the folder that keeps the changes of an overlay")
            {
                Phase = "prepare",
                Step = "open upper",
                Path = walk.Failed,
                Errno = Errno.Name(-error),
                Pointer = $"/mounts/{index}/upper",
                Hint = HostFolder.LinkHint,
            };
        }
    }
}
