using System.Runtime.InteropServices;
using Sandbox.Doctor;

namespace Sandbox.KernelTests;

/// <summary>Finds out what this machine has of what the tests need.</summary>
internal static partial class Requirements
{
    private static readonly string[] s_toolDirectories = ["/usr/local/bin", "/usr/bin", "/bin"];

    public static string? ReasonToSkip(Needs needs, string? tool)
    {
        if (needs.HasFlag(Needs.Root) && !IsRoot)
        {
            return "needs root";
        }

        if (needs.HasFlag(Needs.Unprivileged) && IsRoot)
        {
            return "needs an unprivileged user";
        }

        if (needs.HasFlag(Needs.X64) && RuntimeInformation.OSArchitecture != Architecture.X64)
        {
            return "needs x86_64";
        }

        if (needs.HasFlag(Needs.Landlock) && LandlockAbi < 2)
        {
            return "needs Landlock ABI 2 (Linux 5.19) compiled in and switched on";
        }

        if (needs.HasFlag(Needs.SharedMemoryMount) && !IsMountPoint("/dev/shm"))
        {
            return "needs /dev/shm to be a mount of its own";
        }

        if (needs.HasFlag(Needs.NativeKernel) && IsUserModeLinux)
        {
            return "needs a kernel on the machine itself: user-mode Linux takes 0.2 ms for a page and 0.1 s for a job";
        }

        if (needs.HasFlag(Needs.Swap) && !HasSwap)
        {
            return "needs swap";
        }

        if (needs.HasFlag(Needs.ControlGroups) && !ControlGroup.IsExpected)
        {
            return "needs control groups of this user's own";
        }

        if (needs.HasFlag(Needs.NamedGroup2) && !(ControlGroup.Expected == "cgroup2" && ControlGroup.Named.Count == 1))
        {
            return "needs a control group of version 2 named by SANDBOX_CGROUP";
        }

        if (needs.HasFlag(Needs.Manager) && !ControlGroup.HasManager)
        {
            return "needs a systemd user manager that hands out control groups";
        }

        if (needs.HasFlag(Needs.SubIds) && !HasSubIds)
        {
            return "needs newuidmap and lines of this user in /etc/subuid and /etc/subgid";
        }

        if (needs.HasFlag(Needs.Device) && Device is null)
        {
            return "needs a device beside those every job has";
        }

        if (needs.HasFlag(Needs.Freezer) && !Freezer.IsThere)
        {
            return "needs root and a freezer of control groups version 1";
        }

        if (needs.HasFlag(Needs.FileServer) && !HasFileServer)
        {
            return "needs /dev/fuse to be open to this user";
        }

        if (needs.HasFlag(Needs.Redirect) && !HasRedirect)
        {
            return "needs nf_tables with NAT and redirects";
        }

        return tool is not null && !HasTool(tool) ? $"needs {tool} in /usr/local/bin, /usr/bin or /bin" : null;
    }

    public static bool IsRoot => Environment.UserName == "root" || EffectiveUser() == 0;

    /// <summary>What landlock_create_ruleset(2) says with LANDLOCK_CREATE_RULESET_VERSION; negative where there is none.</summary>
    public static long LandlockAbi => CreateRuleset(number: 444, attributes: 0, size: 0, flags: 1);

    /// <summary>A device of the host that no job has by itself; null if there is none.</summary>
    public static string? Device { get; } = Array.Find(["/dev/net/tun", "/dev/fuse", "/dev/kvm", "/dev/loop-control"], Path.Exists);

    /// <summary>How much longer everything may take than on a machine itself.</summary>
    public static int Slowness { get; } = IsUserModeLinux ? 4 : 1;

    /// <summary>As <c>sandbox doctor</c> tells it.</summary>
    public static bool HasRedirect => s_hasRedirect.Value;

    private static readonly Lazy<bool> s_hasRedirect = new(static () =>
        HostRequirements.Probe(null, CancellationToken.None).Requirements.Single(static requirement => requirement.Name.StartsWith("redirected connections", StringComparison.Ordinal)).State == RequirementState.Ok);

    private static bool IsUserModeLinux =>
        File.ReadLines("/proc/cpuinfo").Any(line => line.StartsWith("vendor_id", StringComparison.Ordinal) && line.EndsWith("User Mode Linux", StringComparison.Ordinal));

    private static bool HasFileServer
    {
        get
        {
            try
            {
                using var device = File.OpenHandle("/dev/fuse", FileMode.Open, FileAccess.ReadWrite);
                return true;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }
    }

    private static bool HasSubIds => IsRoot ||
        (HasTool("newuidmap") && HasTool("newgidmap") && HasLine("/etc/subuid") && HasLine("/etc/subgid"));

    private static bool HasLine(string file) =>
        File.Exists(file) && File.ReadLines(file).Any(line => line.StartsWith(Environment.UserName + ':', StringComparison.Ordinal));

    // One line of headings, one for each device.
    private static bool HasSwap => File.ReadLines("/proc/swaps").Count() > 1;

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint CreateRuleset(nint number, nint attributes, nint size, uint flags);

    private static int EffectiveUser() =>
        int.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2],
            System.Globalization.CultureInfo.InvariantCulture);

    private static bool IsMountPoint(string path) =>
        File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ')[4] == path);

    // A job sees /usr and /bin of the host and nothing of a home directory: tools there do not count.
    private static bool HasTool(string tool) =>
        s_toolDirectories.Any(directory => File.Exists(Path.Combine(directory, tool)));
}
