using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

/// <summary>The threads of one process.</summary>
internal static class TaskList
{
    // A process with more threads than this is listed in part; its limit is usually far below.
    private const int Most = 4096;

    /// <summary>Their numbers, lowest first; empty if the process is gone.</summary>
    public static List<int> Of(SafeFileHandle procFs, int pid)
    {
        var tasks = new List<int>();
        if (ProcPath.Open(procFs, pid, null, "task"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out var folder) < 0)
            return tasks;

        using (folder)
        {
            var listing = new DirectoryReader(4096);
            listing.Attach(folder);
            while (tasks.Count < Most && listing.Next(out var name))
            {
                if (AsciiNumbers.IsPid(name, out var task))
                    tasks.Add(task);
            }
        }

        tasks.Sort();
        return tasks;
    }
}
