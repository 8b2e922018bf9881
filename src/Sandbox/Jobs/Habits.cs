namespace Sandbox.Jobs;

/// <summary>What other tools call a member of job.json, too far from its name to be a slip.</summary>
internal static class Habits
{
    private static readonly Dictionary<string, string> s_ofJob = new(StringComparer.OrdinalIgnoreCase)
    {
        ["cmd"] = "command",
        ["args"] = "command",
        ["argv"] = "command",
        ["cwd"] = "workingDirectory",
        ["workdir"] = "workingDirectory",
        ["environment"] = "env",
        ["volumes"] = "mounts",
        ["binds"] = "mounts",
        ["input"] = "stdin",
        ["image"] = "rootfs.image",
        ["policy"] = "seccomp",
        ["timeout"] = "limits.wallTime",
        ["timeLimit"] = "limits.cpuTime",
        ["memoryLimit"] = "limits.memory",
        ["tty"] = "terminal",
    };

    private static readonly Dictionary<string, string> s_ofLimits = new(StringComparer.OrdinalIgnoreCase)
    {
        ["timeout"] = "wallTime",
        ["time"] = "cpuTime",
        ["pids"] = "processes",
        ["threads"] = "processes",
        ["nofile"] = "openFiles",
        ["nproc"] = "processes",
        ["mem"] = "memory",
    };

    /// <summary>The member that is meant, from the object on in which it was looked for; null where nothing is known.</summary>
    /// <param name="name">The name that is none.</param>
    /// <param name="known">The members of the object.</param>
    public static string? For(string name, string[] known)
    {
        if (known == LimitTable.Names)
        {
            return s_ofLimits.GetValueOrDefault(name);
        }

        if (known != Members.Job)
        {
            return null;
        }

        return s_ofJob.GetValueOrDefault(name) ?? (Array.IndexOf(LimitTable.Names, name) >= 0 ? "limits." + name : null);
    }
}
