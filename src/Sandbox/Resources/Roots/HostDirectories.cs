using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;

namespace Sandbox.Resources.Roots;

/// <summary>
/// The host's toolchain: /usr and what leads into it, and of /etc and /var/lib only what programs need to start.
/// Homes, /opt, /run, /sys and the rest of /etc and /var are not there at all.
/// </summary>
internal static class HostDirectories
{
    private const string Origin = "/rootfs";
    private static readonly string[] s_directories = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"];

    public static IReadOnlyList<PlanStep> Steps(JobSpec spec, HostTree host)
    {
        var steps = new List<PlanStep>();
        foreach (var name in s_directories)
        {
            var path = "/" + name;
            switch (host.Kind(path))
            {
                case HostEntryKind.Directory:
                    steps.Add(new BindStep(path, path, Origin) { View = path, OfSystem = true });
                    break;

                // "bin -> usr/bin" keeps its meaning inside, because /usr is there as well.
                case HostEntryKind.Symlink when host.LinkTarget(path) is { } text:
                    steps.Add(new SymlinkStep(text, path, Origin));
                    break;
            }
        }

        HostEtc.AddTo(steps, host, Origin);
        if (spec.Network is HostNetwork)
        {
            // The file is often a link into /run, which is not there: its content is shown in its place.
            steps.Add(new BindStep("/etc/resolv.conf", "/etc/resolv.conf", Origin) { Optional = true });
        }

        GeneratedEtc.AddTo(steps, spec, Origin);
        return steps;
    }
}
