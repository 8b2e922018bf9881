namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>What clients ask about control groups before they trust a memory limit.</summary>
internal static class CgroupFacts
{
    private const string Controllers = "/sys/fs/cgroup/cgroup.controllers";

    private static readonly string[] s_ours = ["cpu", "cpuset", "memory", "pids", "io"];

    /// <summary>The version, 0 for none, and the controllers that limits are held by. A limit on memory is always held: where no group does, the sandbox watches (docs/limits.md), and then none is named.</summary>
    /// <param name="cgroup">The setting of the server.</param>
    public static (int Version, IReadOnlyList<string> Controllers) Of(string? cgroup)
    {
        if (cgroup == "none")
        {
            return (0, []);
        }

        try
        {
            return (2, [.. s_ours.Intersect(File.ReadAllText(Controllers).Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries))]);
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return Directory.Exists("/sys/fs/cgroup/memory") ? (1, ["cpuacct", "cpuset", "memory", "pids"]) : (0, []);
        }
    }
}
