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

    /// <summary>All of it, for one job.</summary>
    public static IReadOnlyList<PlanStep> Steps(JobSpec spec, HostTree host) => Steps(spec, OfSystem(host));

    /// <summary>The same, with the part that is the same for all jobs.</summary>
    public static IReadOnlyList<PlanStep> Steps(JobSpec spec, IReadOnlyList<PlanStep> system)
    {
        var steps = new List<PlanStep>(system);
        if (GeneratedEtc.HasHostsResolver(spec))
        {
            // The file is often a link into /run, which is not there: its content is shown in its place.
            steps.Add(new BindStep("/etc/resolv.conf", "/etc/resolv.conf", Origin) { Optional = true });
        }

        GeneratedEtc.AddTo(steps, spec, Origin);
        return steps;
    }

    /// <summary>What is the same for all jobs.</summary>
    public static IReadOnlyList<PlanStep> OfSystem(HostTree host)
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
        return steps;
    }
}

/// <summary>
/// What is the same for all jobs, looked at once a second: a job host would otherwise list /etc for each of its jobs. What a program is
/// installed or removed with shows a second later, as it does in the mounts that a pre-forked pid 1 has made (native/README.md). From any thread.
/// </summary>
/// <param name="clock">Measures the second.</param>
internal sealed class SystemDirectories(TimeProvider clock)
{
    private static readonly TimeSpan s_age = TimeSpan.FromSeconds(1);

    private volatile Look? _last;

    /// <summary>The steps.</summary>
    public IReadOnlyList<PlanStep> Of(HostTree host)
    {
        if (_last is { } last && clock.GetElapsedTime(last.At) < s_age)
        {
            return last.Steps;
        }

        // Without a lock: who looks at a file that does not answer keeps nobody else waiting.
        var at = clock.GetTimestamp();
        var look = new Look(at, HostDirectories.OfSystem(host));
        _last = look;
        return look.Steps;
    }

    private sealed record Look(long At, IReadOnlyList<PlanStep> Steps);
}
