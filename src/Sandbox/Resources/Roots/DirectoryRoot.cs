using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Text;

namespace Sandbox.Resources.Roots;

/// <summary>
/// A directory of the host, one read-only bind per entry: mount points the directory lacks are made in the
/// job's own root and never in the user's tree.
/// </summary>
internal static class DirectoryRoot
{
    private const string Origin = "/rootfs/directory";

    public static IReadOnlyList<PlanStep> Steps(JobSpec spec, RootLayers layers, HostTree host)
    {
        var directory = layers.Directories[0];
        var steps = new List<PlanStep>();
        var prefix = directory.TrimEnd('/') + "/";
        foreach (var (name, kind) in Entries(directory, host))
        {
            var target = "/" + name;
            if (IsOurs(name))
            {
                continue;
            }

            if (kind is HostEntryKind.Directory or HostEntryKind.File)
            {
                steps.Add(new BindStep(prefix + name, target, Origin) { View = directory is "/" ? null : directory.TrimEnd('/') });
            }
            else if (kind is HostEntryKind.Symlink && host.LinkTarget(prefix + name) is { } text)
            {
                steps.Add(new SymlinkStep(text, target, Origin));
            }
        }

        // Behind a link they would be somebody else's.
        if (host.Kind(prefix + "etc") is HostEntryKind.Directory or HostEntryKind.Missing)
        {
            GeneratedEtc.AddTo(steps, spec, layers, Origin);
        }

        return steps;
    }

    private static IReadOnlyList<HostEntry> Entries(string directory, HostTree host)
    {
        var entries = host.Children(directory);
        return entries.Count > 0 || host.Resolved(directory) == HostEntryKind.Directory
            ? entries
            : throw new SandboxException($"the rootfs {Words.Quote(directory)} is no directory that the caller may read")
            {
                Operation = Operation.ReadRootDirectory,
                Subject = Words.Quote(directory),
                Path = directory,
                Errno = host.Resolved(directory) switch
                {
                    HostEntryKind.Missing => "ENOENT",
                    HostEntryKind.Hidden => "EACCES",
                    _ => "ENOTDIR",
                },
                Pointer = Origin,
            };
    }

    // The job's own stand in their place, and there is no sysfs to mount.
    private static bool IsOurs(string name) => name is "dev" or "proc" or "sys" or "tmp" or "work";
}
