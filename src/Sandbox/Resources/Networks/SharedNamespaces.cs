using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Networks;

// The kernel keeps a network namespace as long as a process is in it: those of others may outlive the job whose it is. With that job end its address, its name and its way out, so its wire is
// taken away first, and nobody goes on under an address that the next job may have.

/// <summary>What a job lets others of its network join, as the holder knows it.</summary>
/// <param name="spec">The job.</param>
/// <param name="network">Its network.</param>
/// <param name="id">The name of its run.</param>
internal sealed class SharedNamespaces(JobSpec spec, JoinedNetwork network, Func<string>? id)
{
    // Descriptors 0 to 2 are nobody's.
    private const int Lowest = 3;

    private readonly Lock _lock = new();
    private SafeFileHandle? _wires;
    private byte[] _cut = [];

    /// <summary>The job.</summary>
    public JobSpec Spec => spec;

    /// <summary>Hands over what others may join.</summary>
    /// <param name="holder">Whom.</param>
    /// <param name="given">What pid 1 has handed up.</param>
    /// <param name="cut">What takes the job's wire away.</param>
    /// <exception cref="SandboxException">It cannot be shared.</exception>
    public void Tell(NetworkConnection holder, BarrierDescriptors given, byte[] cut)
    {
        List<SafeFileHandle> handles = [];
        var flags = NetworkFlags.None;
        if (network.Shareable)
        {
            flags |= NetworkFlags.OfNetwork;
            handles.Add(given.Network!);
            KeepWires(given.Switch!, cut);
        }

        if (spec.Ipc.Shareable)
        {
            flags |= NetworkFlags.OfIpc;
            handles.Add(given.Ipc ?? throw Failed("EMFILE"));
        }

        if (flags == NetworkFlags.None)
        {
            return;
        }

        Check(holder.Give(new(NetworkAsk.Share) { Flags = flags, Name = id?.Invoke() ?? Guid.CreateVersion7().ToString("N") }, handles));
        if (spec.Name is { Length: > 0 and <= NetworkQuestion.LongestName } name)
        {
            Check(holder.Ask(new(NetworkAsk.Call) { Name = name }));
        }
    }

    /// <summary>The job is over: its wire goes, and with the connection its place in the network. Once.</summary>
    public void End(NetworkConnection? holder)
    {
        lock (_lock)
        {
            if (_wires is { } wires)
            {
                _ = NetlinkSocket.Send(wires, _cut);
                wires.Dispose();
                _wires = null;
            }
        }

        holder?.Dispose();
    }

    private void KeepWires(SafeFileHandle wires, byte[] cut)
    {
        lock (_lock)
        {
            var error = Libc.Duplicate(wires, Lowest, out var kept);
            (_wires, _cut) = error < 0 ? throw Failed(Errno.Name(-error)) : (kept, cut);
        }
    }

    private static void Check(NetworkAnswer? answer)
    {
        if (answer is not { Error: 0 })
        {
            throw Failed(answer is { } refused ? Errno.Name(refused.Error) : "ENOENT");
        }
    }

    private static SandboxException Failed(string errno) => new("the job's namespaces cannot be given to others") { Operation = Operation.ShareNamespaces, Errno = errno, Pointer = "/network/shareable" };
}
