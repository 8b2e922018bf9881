using System.Globalization;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Execution;

/// <summary>The processes that are still there although the whole job was killed, in words.</summary>
internal static class StuckProcesses
{
    private const int MaxNamed = 4;

    /// <summary>What of this host's processes is stuck below one of them, or that one itself.</summary>
    /// <param name="first">Pid 1 of the job, or the launcher, as the host sees it.</param>
    public static string DescribeBelow(int first)
    {
        var all = Libc.ListDirectory("/proc").Select(entry => int.TryParse(entry.Name, out var pid) ? pid : 0).Where(pid => pid > 0);
        return Describe(new HostFiles(), all, first) ?? "a process that cannot be seen from here";
    }

    /// <summary>Those below pid 1 of the job, or pid 1 itself if it is alone; null where none can be seen.</summary>
    /// <param name="files">The host's.</param>
    /// <param name="pids">What is in its /proc.</param>
    /// <param name="first">Pid 1 of the job, as the host sees it.</param>
    public static string? Describe(HostFiles files, IEnumerable<int> pids, int first)
    {
        if (first <= 0)
        {
            return null;
        }

        var processes = new Dictionary<int, (int Parent, string Words)>();
        foreach (var pid in pids)
        {
            if (Read(files, pid) is { } process)
            {
                processes[pid] = process;
            }
        }

        var stuck = processes.Keys.Where(pid => pid != first && IsBelow(processes, pid, first)).Order().ToList();
        if (stuck.Count == 0 && processes.ContainsKey(first))
        {
            stuck.Add(first);
        }

        if (stuck.Count == 0)
        {
            return null;
        }

        var words = string.Join(", ", stuck.Take(MaxNamed).Select(pid => processes[pid].Words));
        return stuck.Count > MaxNamed ? string.Create(CultureInfo.InvariantCulture, $"{words} and {stuck.Count - MaxNamed} more") : words;
    }

    private static bool IsBelow(Dictionary<int, (int Parent, string Words)> processes, int pid, int first)
    {
        // Between two reads a number may come to be another process's: no circle is followed for ever.
        for (var steps = 0; steps < processes.Count && processes.TryGetValue(pid, out var process); steps++)
        {
            if (process.Parent == first)
            {
                return true;
            }

            pid = process.Parent;
        }

        return false;
    }

    // "PID (NAME) STATE PARENT …": the name may hold anything, also ") D 1" (proc_pid_stat(5)).
    private static (int Parent, string Words)? Read(HostFiles files, int pid)
    {
        var text = files.Text(string.Create(CultureInfo.InvariantCulture, $"proc/{pid}/stat"));
        var (open, close) = (text.IndexOf('('), text.LastIndexOf(')'));
        if (open < 0 || close < open || text[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var state, var parent, ..])
        {
            return null;
        }

        if (state is "Z" or "X" || !int.TryParse(parent, CultureInfo.InvariantCulture, out var number))
        {
            return null;
        }

        var name = text[(open + 1)..close];
        var place = files.Text(string.Create(CultureInfo.InvariantCulture, $"proc/{pid}/wchan")).Trim();
        var waits = place.Length > 1 ? " in " + place : "";
        return (number, string.Create(CultureInfo.InvariantCulture, $"process {pid} ({Words.Quote(name)}, state {state}{waits})"));
    }
}
