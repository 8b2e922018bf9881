using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Resources.Networks;

/// <summary>Jobs whose namespaces others may join, found by who holds their networks.</summary>
internal static class OtherJobs
{
    /// <summary>The namespaces of a job, the holder's user namespace first where it has one of its own.</summary>
    /// <param name="name">Which job.</param>
    /// <param name="ipc">The job whose IPC namespace is wanted as well, in the same network; null for none.</param>
    /// <param name="owner">What the job is in its network.</param>
    /// <exception cref="SandboxException">There is no such job, there are several, or it shares nothing.</exception>
    public static IReadOnlyList<SafeFileHandle> Network(string name, string? ipc, out JoinedNetwork owner)
    {
        using var place = NetworkPlace.Open();
        NetworkConnection? found = null;
        try
        {
            NetworkAnswer? refused = null;
            IReadOnlyList<SafeFileHandle> namespaces = [];
            owner = null!;
            foreach (var network in place.Names())
            {
                var holder = place.Connect(network);
                if (holder?.Ask(new(NetworkAsk.Use) { Name = name, Flags = NetworkFlags.OfNetwork }, out var given) is not { } answer || answer.Error == Errno.ENOENT)
                {
                    holder?.Dispose();
                    continue;
                }

                if (answer.Error != 0 || found is not null)
                {
                    holder.Dispose();
                    Release(given);
                    refused = answer.Error != 0 ? answer : answer with { Error = Errno.ENOTUNIQ };
                    continue;
                }

                (found, namespaces) = (holder, given);
                owner = new() { NetworkName = network, Address = answer.Address.ToString(), Name = answer.Name.Length > 0 ? answer.Name : null };
            }

            if (refused is { } problem || found is null)
            {
                Release(namespaces);
                throw Refused(name, "network", refused?.Error ?? Errno.ENOENT);
            }

            return ipc is null ? namespaces : [.. namespaces, .. Ipc(found, ipc)];
        }
        finally
        {
            found?.Dispose();
        }
    }

    /// <summary>The IPC namespace of a job.</summary>
    /// <param name="holder">Who holds its network.</param>
    /// <param name="name">Which job.</param>
    /// <exception cref="SandboxException">There is no such job in that network, there are several, or it shares nothing.</exception>
    public static IReadOnlyList<SafeFileHandle> Ipc(NetworkConnection holder, string name)
    {
        var answer = holder.Ask(new(NetworkAsk.Use) { Name = name, Flags = NetworkFlags.OfIpc }, out var namespaces);
        if (answer is not { Error: 0 })
        {
            throw Refused(name, "ipc", answer?.Error ?? Errno.ENOENT);
        }

        Release(namespaces.SkipLast(1)); // the user namespace is there already
        return [.. namespaces.TakeLast(1)];
    }

    private static void Release(IEnumerable<SafeFileHandle> namespaces)
    {
        foreach (var handle in namespaces)
        {
            handle.Dispose();
        }
    }

    private static SandboxException Refused(string name, string member, int error) => new(error switch
    {
        Errno.EACCES => $"the job {name} does not let others share its {(member == "ipc" ? "IPC namespace" : "network")}",
        Errno.ENOTUNIQ => $"several jobs are called {name}",
        _ => $"no job of yours that runs in a network of jobs{(member == "ipc" ? ", this one's," : "")} and shares something is called {name}",
    })
    {
        Operation = Operation.FindJob,
        Errno = Errno.Name(error),
        Pointer = $"/{member}/container",
    };
}
