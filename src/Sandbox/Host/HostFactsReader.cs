using System.Globalization;
using System.Runtime.InteropServices;
using Sandbox.Store;

namespace Sandbox.Host;

/// <summary>Reads the causes behind failures from proc(5), sysfs and /etc. Runs for <c>doctor</c> and after a failure only.</summary>
internal sealed class HostFactsReader(HostFiles files)
{
    private static readonly SandboxOptions s_options = new();

    private static readonly string[] s_dangerousGroups =
    [
        "root", "docker", "podman", "lxd", "incus", "incus-admin", "libvirt", "disk", "shadow", "kmem", "sudo", "wheel",
        "admin", "adm", "kvm",
    ];

    private static readonly string[] s_programDirectories =
        ["usr/local/bin", "usr/bin", "bin", "usr/sbin", "sbin", "run/wrappers/bin", "run/current-system/sw/bin"];

    // The kernel allows mounts over directories that are always empty (fs_fully_visible, fs/namespace.c).
    private static readonly string[] s_harmlessProcMounts =
        ["/proc/sys/fs/binfmt_misc", "/proc/fs/nfsd", "/proc/fs/nfs"];

    /// <summary>Reads everything; what cannot be read is left at its default.</summary>
    public HostFacts Read()
    {
        var status = ReadStatus();
        var mounts = files.Lines("proc/self/mountinfo").Select(MountEntry.Parse).OfType<MountEntry>().ToList();
        var uid = Fields(status, "Uid").Skip(1).FirstOrDefault(-1);
        var map = files.Text("proc/self/uid_map");
        var realRoot = uid == 0 && UidMap.IsRealRoot(map, s_options.RootUidRangeStart, s_options.RootUidRangeLength);
        var release = files.Text("proc/sys/kernel/osrelease").Trim();
        return WithUserSettings(WithSysctls(new HostFacts
        {
            KernelRelease = release,
            Uid = uid,
            UserName = NameOf(uid),
            RealRoot = realRoot,
            HasRootRange = UidMap.Covers(map, s_options.RootUidRangeStart, s_options.RootUidRangeLength),
            Capabilities = Capabilities(status),
            Filtered = Fields(status, "Seccomp").FirstOrDefault() == 2,
            Container = ContainerDetector.Detect(files, mounts),
            WslVersion = WslVersion(release),
            CoveredProcPaths = [.. mounts.Select(mount => mount.Target).Where(HidesProc)],
            ProcSysReadOnly = mounts.Any(mount =>
                mount.Target is "/proc" or "/proc/sys" && mount.Options.Contains("ro")),
            Chroot = mounts.Count > 0 && mounts.All(mount => mount.Target != "/"),
            RootIsInitramfs = mounts.LastOrDefault(mount => mount.Target == "/")?.Type == "rootfs",
            Cgroup = CgroupReader.Read(files, mounts),
            DangerousGroups = realRoot ? [] : DangerousGroups(Fields(status, "Groups")),
        }));
    }

    private HostFacts WithSysctls(HostFacts facts) => facts with
    {
        AppArmorRestrictsUserNamespaces = files.Number("proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1,
        AppArmorProfile = files.Exists("sys/kernel/security/apparmor") || files.Exists("proc/self/attr/apparmor")
            ? files.Text("proc/self/attr/apparmor/current").Trim('\0', '\n')
            : "",
        UnprivilegedUsernsClone = files.Number("proc/sys/kernel/unprivileged_userns_clone"),
        MaxUserNamespaces = files.Number("proc/sys/user/max_user_namespaces"),
        PerfEventParanoid = files.Number("proc/sys/kernel/perf_event_paranoid"),
        MemfdNoexec = files.Number("proc/sys/vm/memfd_noexec"),
    };

    private HostFacts WithUserSettings(HostFacts facts) => facts with
    {
        HasSubuid = HasRange("etc/subuid", facts),
        HasSubgid = HasRange("etc/subgid", facts),
        HasNewuidmap = Installed("newuidmap") && Installed("newgidmap"),
        UpperDirectory = UpperPlace.IsMemoryFit ? "" : UpperPlace.Expected(StoreLocation.Find(null) ?? "", []) ?? "",
        HasSystemd = files.Exists("run/systemd/system"),
        HasLibSeccomp = NativeLibrary.TryLoad("libseccomp.so.2", out _),
    };

    private Dictionary<string, string> ReadStatus()
    {
        var status = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in files.Lines("proc/self/status"))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                status[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        return status;
    }

    private static IEnumerable<long> Fields(Dictionary<string, string> status, string name) =>
        status.GetValueOrDefault(name, "")
            .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
            .Select(word => long.TryParse(word, out var number) ? number : -1);

    private static ulong Capabilities(Dictionary<string, string> status) =>
        ulong.TryParse(status.GetValueOrDefault("CapEff"), NumberStyles.HexNumber, null, out var set) ? set : 0;

    private static int WslVersion(string release)
    {
        if (!release.Contains("microsoft", StringComparison.OrdinalIgnoreCase))
        {
            return 0;
        }

        // WSL 1 translates calls and always calls itself 4.4.0-BUILD-Microsoft.
        return release.StartsWith("4.4.0", StringComparison.Ordinal) ? 1 : 2;
    }

    private static bool HidesProc(string target) =>
        target.StartsWith("/proc/", StringComparison.Ordinal) && !s_harmlessProcMounts.Contains(target);

    private string NameOf(long uid) =>
        files.Lines("etc/passwd").Select(line => line.Split(':'))
            .FirstOrDefault(fields => fields.Length > 2 && fields[2] == uid.ToString(CultureInfo.InvariantCulture))
            ?[0] ?? "";

    private bool HasRange(string file, HostFacts facts) =>
        files.Lines(file).Select(line => line.Split(':')).Any(fields => fields.Length == 3
            && (fields[0] == facts.UserName || fields[0] == facts.Uid.ToString(CultureInfo.InvariantCulture)));

    private bool Installed(string program) => s_programDirectories.Any(directory => files.Exists($"{directory}/{program}"));

    private List<string> DangerousGroups(IEnumerable<long> groups)
    {
        var members = groups.ToHashSet();
        return
        [
            .. files.Lines("etc/group").Select(line => line.Split(':'))
                .Where(fields => fields.Length > 2 && s_dangerousGroups.Contains(fields[0])
                    && long.TryParse(fields[2], out var id) && members.Contains(id))
                .Select(fields => fields[0]),
        ];
    }
}
