using Microsoft.Win32.SafeHandles;

namespace Sandbox.Resources;

/// <summary>What pid 1 hands up at its barrier (native/launcher/plan.h, <c>enum barrier_fd</c>), for the parts that the host does then.</summary>
internal sealed class BarrierDescriptors : IDisposable
{
    private const int Count = 5;

    private readonly SafeFileHandle?[] _handles = new SafeFileHandle?[Count];

    /// <summary>Takes possession of descriptors, of which the mask says what they are.</summary>
    public BarrierDescriptors(uint mask, ReadOnlySpan<int> descriptors)
    {
        var next = 0;
        for (var kind = 0; kind < Count && next < descriptors.Length; kind++)
        {
            if ((mask & (1u << kind)) != 0)
            {
                _handles[kind] = new SafeFileHandle(descriptors[next++], ownsHandle: true);
            }
        }
    }

    /// <summary>The job's network namespace, which a thread may enter (setns(2)); null where it has the host's.</summary>
    public SafeFileHandle? Network => _handles[0];

    /// <summary>Configures the network namespace of a network that the job joins (rtnetlink(7)); null where it joins none.</summary>
    public SafeFileHandle? Switch => _handles[1];

    /// <summary>Configures the job's own network namespace, where it joins one.</summary>
    public SafeFileHandle? Routes => _handles[2];

    /// <summary>The same for netfilter; null where the kernel has none.</summary>
    public SafeFileHandle? Filter => _handles[3];

    /// <summary>The job's IPC namespace, where others may join it.</summary>
    public SafeFileHandle? Ipc => _handles[4];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var handle in _handles)
        {
            handle?.Dispose();
        }
    }
}
