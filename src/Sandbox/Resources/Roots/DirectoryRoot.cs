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
        var read = layers.Held is { } held ? held.OwnPath + "/" : prefix;
        foreach (var (name, kind) in Entries(directory, read, host))
        {
            var target = "/" + name;
            if (IsOurs(name))
            {
                continue;
            }

            if (kind is HostEntryKind.Directory or HostEntryKind.File)
            {
                steps.Add(new BindStep(prefix + name, target, Origin) { View = directory is "/" ? null : directory.TrimEnd('/'), Identity = layers.Held?.Identity });
            }
            else if (kind is HostEntryKind.Symlink && host.LinkTarget(read + name) is { } text)
            {
                steps.Add(new SymlinkStep(text, target, Origin));
            }
        }

        // Behind a link they would be somebody else's.
        if (host.Kind(read + "etc") is HostEntryKind.Directory or HostEntryKind.Missing)
        {
            GeneratedEtc.AddTo(steps, spec, layers, Origin);
        }

        return steps;
    }

    private static IReadOnlyList<HostEntry> Entries(string directory, string read, HostTree host)
    {
        var entries = host.Children(read);
        return entries.Count > 0 || host.Resolved(read) == HostEntryKind.Directory
            ? entries
            : throw new SandboxException($"the rootfs {Words.Quote(directory)} is no directory that the caller may read")
            {
                Operation = Operation.ReadRootDirectory,
                Subject = Words.Quote(directory),
                Path = directory,
                Errno = host.Resolved(read) switch
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
