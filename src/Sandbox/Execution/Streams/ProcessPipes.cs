using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Jobs;

namespace Sandbox.Execution.Streams;

/// <summary>The ends of pipes between processes that one process is given, ours until its streams are opened.</summary>
internal sealed class ProcessPipes : IDisposable
{
    // By number. Two threads may dispose of it at once: of the process, and of the job.
    private readonly SafeFileHandle?[] _ends = new SafeFileHandle?[DescriptorRules.Last + 1];

    /// <summary>It will have an end as this descriptor.</summary>
    public void Give(int descriptor, SafeFileHandle end)
    {
        // Two processes are two users outside as real root, and one owner is not both (proc(5)): each may open its own descriptors by name. Nobody else has a name for it.
        _ = Libc.ChangeMode(end, 0x1b6);
        _ends[descriptor] = end;
    }

    /// <summary>The end for a descriptor, which is the taker's from now on.</summary>
    public SafeFileHandle Take(int descriptor)
    {
        var end = _ends[descriptor]!;
        _ends[descriptor] = null;
        return end;
    }

    /// <summary>Closes what no process has taken: those at the other ends must not wait for it.</summary>
    public void Dispose()
    {
        foreach (var end in _ends)
        {
            end?.Dispose();
        }
    }
}
