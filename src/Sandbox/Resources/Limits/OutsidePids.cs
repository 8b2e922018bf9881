using System.Text;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits;

// The job's procfs shows the job's own numbers; system calls of ours want those that we see. Before Linux 6.11 (NS_GET_PID_FROM_PIDNS) no call
// translates one into the other, so the host's procfs is walked from pid 1 of the job down, by the lists of children, as far as is asked for.

/// <summary>Finds processes of one job in the host's procfs.</summary>
internal sealed class OutsidePids
{
    private const int Init = 1;

    // Files of the host's procfs that a look may cost: a process with thousands of threads has a list of children for each.
    private const int MaxFiles = 1024;

    private readonly Dictionary<int, TrackedProcess> _processes;
    private readonly Dictionary<int, TrackedProcess> _found = [];
    private readonly DirectoryReader _listing = new(4096);
    private readonly int _init;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(16384);
    private int _files;

    private OutsidePids(int init, Dictionary<int, TrackedProcess> processes) => (_init, _processes) = (init, processes);

    /// <summary>Null where the host's procfs does not show the job (hidepid), or no children (CONFIG_PROC_CHILDREN).</summary>
    /// <param name="init">The number of the job's pid 1 as we see it.</param>
    /// <param name="processes">The job's processes by their own numbers; stays the caller's.</param>
    public static OutsidePids? TryMake(int init, Dictionary<int, TrackedProcess> processes)
    {
        // A job that is over hides nothing.
        var pids = new OutsidePids(init, processes);
        var isGone = Libc.CompareMemory(init, init) == -Errno.ESRCH && pids.Read("/proc/thread-self/children") >= 0;
        return isGone || (pids.InnerPid($"/proc/{init}/status") == Init && pids.Read($"/proc/{init}/task/{init}/children") >= 0) ? pids : null;
    }

    /// <summary>A look begins, which has so much to spend.</summary>
    public void Begin()
    {
        _files = 0;
        if (_found.Count > _processes.Count + MaxFiles)
        {
            _found.Clear();
        }
    }

    /// <summary>The number of the thread that answers for the memory of a process; 0 if it is not found.</summary>
    public int Find(TrackedProcess process)
    {
        if (process.OutsidePid.Process == 0)
        {
            Locate(process);
        }

        if (process.OutsidePid is { Process: > 0 and var outside, Thread: 0 })
        {
            process.OutsidePid = (outside, process.Speaker is { } speaker ? FindThread(outside, speaker) : outside);
        }

        return process.OutsidePid.Thread;
    }

    // Upwards to the first ancestor that is known, and down again.
    private void Locate(TrackedProcess process)
    {
        var line = new Stack<TrackedProcess>();
        for (var one = process; one is { OutsidePid.Process: 0 } && line.Count < MaxFiles; one = _processes.GetValueOrDefault(one.Stat.Parent))
        {
            line.Push(one);
        }

        while (line.TryPop(out var next))
        {
            if (next.OutsidePid.Process == 0 && _processes.TryGetValue(next.Stat.Parent, out var parent) && parent.OutsidePid.Process is > 0 and var outside)
            {
                TakeChildren(outside);
            }

            // Who has lost its parent since it was read has pid 1 now.
            if (next.OutsidePid.Process == 0)
            {
                TakeChildren(_init);
            }
        }
    }

    private void TakeChildren(int outside)
    {
        foreach (var thread in Numbers($"/proc/{outside}/task"))
        {
            var count = Read($"/proc/{outside}/task/{thread}/children");
            ReadOnlySpan<byte> text = _buffer.AsSpan(0, Math.Max(count, 0));
            var children = new List<int>();
            while (AsciiNumbers.TakeNumber(ref text, out var child))
            {
                children.Add((int)child);
            }

            foreach (var child in children)
            {
                Take(child);
            }
        }
    }

    private void Take(int outside)
    {
        if (_found.TryGetValue(outside, out var known) && known.OutsidePid.Process == outside && _processes.GetValueOrDefault(known.Pid) == known)
        {
            return;
        }

        if (InnerPid($"/proc/{outside}/status") is > Init and var inner && _processes.TryGetValue(inner, out var process) && process.OutsidePid.Process == 0)
        {
            process.OutsidePid = (outside, 0);
            _found[outside] = process;
        }
    }

    private int FindThread(int outside, int speaker)
    {
        foreach (var thread in Numbers($"/proc/{outside}/task"))
        {
            if (InnerPid($"/proc/{outside}/task/{thread}/status") == speaker)
            {
                return thread;
            }
        }

        return 0;
    }

    // "NSpid:" has a number for each namespace, ours first, the job's last (proc_pid_status(5), Linux 4.1).
    private int InnerPid(string path)
    {
        var count = Read(path);
        ReadOnlySpan<byte> text = _buffer.AsSpan(0, Math.Max(count, 0));
        var at = text.IndexOf("\nNSpid:"u8);
        if (at < 0)
        {
            return 0;
        }

        text = text[(at + "\nNSpid:"u8.Length)..];
        text = text[..Math.Max(text.IndexOf((byte)'\n'), 0)];
        long inner = 0;
        while (AsciiNumbers.TakeNumber(ref text, out var number))
        {
            inner = number;
        }

        return (int)inner;
    }

    private List<int> Numbers(string directory)
    {
        var numbers = new List<int>();
        if (_files++ >= MaxFiles || Libc.OpenDirectoryToList(Encoding.ASCII.GetBytes(directory + '\0'), out var file) < 0)
        {
            return numbers;
        }

        using (file)
        {
            _listing.Attach(file);
            while (_listing.Next(out var name))
            {
                if (AsciiNumbers.IsPid(name, out var number))
                {
                    numbers.Add(number);
                }
            }
        }

        return numbers;
    }

    private int Read(string path)
    {
        if (_files++ >= MaxFiles)
        {
            return -1;
        }

        var error = Libc.OpenForReading(Encoding.ASCII.GetBytes(path + '\0'), out var file);
        if (error < 0)
        {
            return error;
        }

        using (file)
        {
            return Libc.ReadAt(file, _buffer, 0);
        }
    }
}
