using Sandbox.Interop;
using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.KernelTests;

/// <summary>The control groups that this run of the tests is given, and those of a running job as the host sees them.</summary>
internal static class ControlGroup
{
    /// <summary>What must hold the limits here: <c>watchdog</c>, <c>cgroup1</c>, <c>cgroup2</c>; null where nobody says.</summary>
    public static string? Expected => Environment.GetEnvironmentVariable("SANDBOX_EXPECT") is var expected && expected == "systemd" ? "cgroup2" : expected;

    /// <summary>Control groups must hold the limits here.</summary>
    public static bool IsExpected => Expected is "cgroup1" or "cgroup2";

    /// <summary>A systemd user manager hands them out here.</summary>
    public static bool HasManager => Environment.GetEnvironmentVariable("SANDBOX_EXPECT") == "systemd";

    /// <summary>The directories that SANDBOX_CGROUP names.</summary>
    public static IReadOnlyList<string> Named =>
        Environment.GetEnvironmentVariable("SANDBOX_CGROUP") is { } names && names != "none" ? names.Split(':') : [];

    /// <summary>The groups of jobs in the named directories that no living host holds.</summary>
    public static IReadOnlyList<string> Left() => [.. Named
        .SelectMany(directory => Directory.EnumerateDirectories(directory, CgroupNames.JobPrefix + "*", SearchOption.AllDirectories))
        .Where(IsHeldByNobody)];

    /// <summary>What a control file of a running process's group says; null if its hierarchy has no such file.</summary>
    public static string? Read(int pid, params string[] files)
    {
        var mounts = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).ToList();
        foreach (var line in File.ReadLines($"/proc/{pid}/cgroup"))
        {
            var fields = line.Split(':', 3);
            foreach (var directory in mounts.Where(mount => IsHierarchy(mount, fields[1])).Select(mount => mount[4] + fields[2]))
            {
                var file = files.Select(name => Path.Combine(directory, name)).FirstOrDefault(File.Exists);
                if (file is not null)
                {
                    return File.ReadAllText(file).Trim();
                }
            }
        }

        return null;
    }

    private static bool IsHeldByNobody(string path)
    {
        var error = CgroupDirectory.Open(path, out var group);
        using (group)
        {
            return error == 0 && Libc.TryLock(group.Handle) == 0;
        }
    }

    private static bool IsHierarchy(string[] mount, string controllers)
    {
        var type = mount[Array.IndexOf(mount, "-") + 1];
        return controllers.Length == 0
            ? type == "cgroup2"
            : type == "cgroup" && controllers.Split(',').All(mount[^1].Split(',').Contains);
    }
}
