using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Text;

namespace Sandbox.Resources.Roots;

/// <summary>
/// A folder of the host, one read-only bind per entry: mount points the folder lacks are made in the
/// job's own root and never in the user's tree.
/// </summary>
internal static class DirectoryRoot
{
    private const string Origin = "/rootfs/directory";

    public static IReadOnlyList<PlanStep> Steps(JobSpec spec, RootLayers layers, HostTree host)
    {
        var folder = layers.Folders[0];
        var steps = new List<PlanStep>();
        var prefix = folder.TrimEnd('/') + "/";
        foreach (var (name, kind) in Entries(folder, host))
        {
            var target = "/" + name;
            if (IsOurs(name))
            {
                continue;
            }

            if (kind is HostEntryKind.Folder or HostEntryKind.File)
            {
                steps.Add(new BindStep(prefix + name, target, Origin) { View = folder is "/" ? null : folder.TrimEnd('/') });
            }
            else if (kind is HostEntryKind.Symlink && host.LinkTarget(prefix + name) is { } text)
            {
                steps.Add(new SymlinkStep(text, target, Origin));
            }
        }

        // Behind a link they would be somebody else's.
        if (host.Kind(prefix + "etc") is HostEntryKind.Folder or HostEntryKind.Missing)
        {
            GeneratedEtc.AddTo(steps, spec, layers, Origin);
        }

        return steps;
    }

    private static IReadOnlyList<HostEntry> Entries(string folder, HostTree host)
    {
        var entries = host.Children(folder);
        return entries.Count > 0 || host.Resolved(folder) == HostEntryKind.Folder
            ? entries
            : throw new SandboxException($"the rootfs {Words.Quote(folder)} is no folder that the caller may read")
            {
                Operation = Operation.ReadRootDirectory,
                Subject = Words.Quote(folder),
                Path = folder,
                Errno = host.Resolved(folder) switch
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
