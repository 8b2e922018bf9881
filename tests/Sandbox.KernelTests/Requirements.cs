using System.Runtime.InteropServices;

namespace Sandbox.KernelTests;

/// <summary>Finds out what this machine has of what the tests need.</summary>
internal static class Requirements
{
    private static readonly string[] s_toolFolders = ["/usr/local/bin", "/usr/bin", "/bin"];

    public static string? ReasonToSkip(Needs needs, string? tool)
    {
        if (needs.HasFlag(Needs.Root) && !IsRoot)
            return "needs root";
        if (needs.HasFlag(Needs.Unprivileged) && IsRoot)
            return "needs an unprivileged user";
        if (needs.HasFlag(Needs.X64) && RuntimeInformation.OSArchitecture != Architecture.X64)
            return "needs x86_64";
        if (needs.HasFlag(Needs.Landlock) && !HasLandlock)
            return "needs Landlock in /sys/kernel/security/lsm";
        if (needs.HasFlag(Needs.SharedMemoryMount) && !IsMountPoint("/dev/shm"))
            return "needs /dev/shm to be a mount of its own";
        return tool is not null && !HasTool(tool) ? $"needs {tool} in /usr/local/bin, /usr/bin or /bin" : null;
    }

    public static bool IsRoot => Environment.UserName == "root" || EffectiveUser() == 0;

    private static bool HasLandlock =>
        File.Exists("/sys/kernel/security/lsm") && File.ReadAllText("/sys/kernel/security/lsm").Contains("landlock", StringComparison.Ordinal);

    private static int EffectiveUser() =>
        int.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2],
            System.Globalization.CultureInfo.InvariantCulture);

    private static bool IsMountPoint(string path) =>
        File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ')[4] == path);

    // A job sees /usr and /bin of the host and nothing of a home folder: tools there do not count.
    private static bool HasTool(string tool) =>
        s_toolFolders.Any(folder => File.Exists(Path.Combine(folder, tool)));
}
