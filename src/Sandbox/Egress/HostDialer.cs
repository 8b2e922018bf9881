using System.Net;
using System.Net.Sockets;
using Sandbox.Interop;

namespace Sandbox.Egress;

/// <summary>Finds the addresses of a name as the host does.</summary>
internal delegate Task<IPAddress[]> NameResolver(string name, CancellationToken cancellationToken);

/// <summary>What became of an attempt to reach something: a socket, or a reason.</summary>
internal readonly record struct Dialled(Socket? Socket, IPAddress? Address, string? Reason, bool IsRefused);

// An address is looked at once, and that very one is dialled: a name that is resolved again for the dialling may have another by then.

/// <summary>Connects from the host's network to what a job's list allows.</summary>
#pragma warning disable CA1001 // a SemaphoreSlim holds nothing unless its wait handle is asked for
internal sealed class HostDialer(EgressList list, NameResolver resolve, Func<IPEndPoint, IPEndPoint>? redial, TimeProvider clock)
#pragma warning restore CA1001
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_remembered = TimeSpan.FromSeconds(30);

    // Of one name; who is asked for one could answer with thousands.
    private const int MostAddresses = 8;
    private const int MostAtOnce = 16;
    private const int MostNames = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (IPAddress[] Addresses, long At)> _resolved = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _resolving = new(MostAtOnce);

    /// <summary>The addresses of an allowed name, none of which may be dialled without a look at it.</summary>
    /// <exception cref="SocketException">It cannot be resolved.</exception>
    public async Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        if (name == HostNames.Host)
        {
            return [IPAddress.Loopback, IPAddress.IPv6Loopback];
        }

        lock (_lock)
        {
            if (_resolved.TryGetValue(name, out var known) && clock.GetElapsedTime(known.At) < s_remembered)
            {
                return known.Addresses;
            }
        }

        await _resolving.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            IPAddress[] addresses = [.. (await resolve(name, cancellationToken).ConfigureAwait(false)).Select(AddressClasses.Unmapped).Take(MostAddresses)];
            lock (_lock)
            {
                // A list with a star has as many names as the job can think of.
                if (_resolved.Count >= MostNames)
                {
                    _resolved.Clear();
                }

                _resolved[name] = (addresses, clock.GetTimestamp());
            }

            return addresses;
        }
        finally
        {
            _ = _resolving.Release();
        }
    }

    /// <summary>Connects to a name that the list allows, at the first of its addresses that may be dialled and answers.</summary>
    public async Task<Dialled> ToNameAsync(string name, int port, CancellationToken cancellationToken)
    {
        IPAddress[] addresses;
        try
        {
            addresses = await ResolveAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException failure)
        {
            return new(null, null, $"not resolved: {failure.SocketErrorCode}", IsRefused: false);
        }

        var last = new Dialled(null, null, "has no address", IsRefused: false);
        foreach (var address in addresses)
        {
            last = name != HostNames.Host && list.ForResolved(address, port) is { } reason
                ? new(null, address, reason, IsRefused: true)
                : await ToAddressAsync(address, port, isLoopback: name == HostNames.Host, cancellationToken).ConfigureAwait(false);
            if (last.Socket is not null)
            {
                break;
            }
        }

        return last;
    }

    /// <summary>Connects to an address that was looked at.</summary>
    /// <param name="address">It.</param>
    /// <param name="port">Its port.</param>
    /// <param name="isLoopback">It is meant to be this host.</param>
    /// <param name="cancellationToken">The end of the job.</param>
    public async Task<Dialled> ToAddressAsync(IPAddress address, int port, bool isLoopback, CancellationToken cancellationToken)
    {
        if (!isLoopback && !list.IsListed(address, port) && IsOfThisHost(address, port))
        {
            return new(null, address, "no rule for this address, which is the host's own", IsRefused: true);
        }

        var to = new IPEndPoint(address, port);
        to = redial?.Invoke(to) ?? to;
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            await socket.ConnectAsync(to, patience.Token).ConfigureAwait(false);
            return new(socket, address, null, IsRefused: false);
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            return new(null, address, failure is SocketException network ? Errno.Name(network.NativeErrorCode) : "ETIMEDOUT", IsRefused: false);
        }
    }

    // To an address of its own a host talks from that address; connecting a datagram socket asks for the route and sends nothing (udp(7)). Services
    // that no one outside is to reach may listen there.
    private static bool IsOfThisHost(IPAddress address, int port)
    {
        try
        {
            using var question = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            question.Connect(address, port);
            return question.LocalEndPoint is IPEndPoint own && own.Address.Equals(address);
        }
        catch (SocketException)
        {
            return false; // no route: nor will there be one for a connection
        }
    }
}
