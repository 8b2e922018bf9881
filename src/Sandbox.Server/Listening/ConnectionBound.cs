using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sandbox.Server.Listening;

/// <summary>
/// Counts connections and lets in no more than there may be. A quarter of them is for unix sockets alone, so that no client by TCP keeps the server's own user out, and no
/// address of the network has more than another quarter. Processes of this machine are not told apart. Safe for use from many threads.
/// </summary>
/// <param name="most">How many there may be, at least 4.</param>
internal sealed class ConnectionBound(int most)
{
    // Of an IPv6 address: who has one has 2⁶⁴ of them (RFC 4291, 2.5.4).
    private const int PrefixBytes = 8;

    private readonly Dictionary<IPAddress, int> _byPeer = [];
    private readonly Lock _lock = new();
    private int _all;
    private int _byTcp;

    /// <summary>How many files this process may open: the runtime has raised its limit to what it may be raised to (getrlimit(2), RLIMIT_NOFILE).</summary>
    public static long OpenFiles { get; } = Limit(File.ReadLines("/proc/self/limits").FirstOrDefault(static line => line.StartsWith("Max open files", StringComparison.Ordinal)));

    private int MostByTcp => most - (most / 4);

    private int MostOfPeer => most / 4;

    /// <summary>A place for a connection, until it is disposed of; null if there is none.</summary>
    /// <param name="peer">The address of the client; null for a unix socket.</param>
    public IDisposable? Enter(IPAddress? peer)
    {
        var key = peer is null || IPAddress.IsLoopback(peer) ? null : Network(peer);
        lock (_lock)
        {
            var ofPeer = key is null ? 0 : _byPeer.GetValueOrDefault(key);
            if (_all >= most || (peer is not null && _byTcp >= MostByTcp) || ofPeer >= MostOfPeer)
            {
                return null;
            }

            Count(1, peer is not null, key);
            return new Place(this, peer is not null, key);
        }
    }

    private static IPAddress Network(IPAddress peer)
    {
        if (peer.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return peer;
        }

        var bytes = peer.GetAddressBytes();
        bytes.AsSpan(PrefixBytes).Clear();
        return new(bytes);
    }

    private static long Limit(string? line) =>
        long.TryParse(line?.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4], NumberStyles.None, CultureInfo.InvariantCulture, out var files) ? files : int.MaxValue;

    private void Leave(bool isTcp, IPAddress? key)
    {
        lock (_lock)
        {
            Count(-1, isTcp, key);
        }
    }

    private void Count(int more, bool isTcp, IPAddress? key)
    {
        _all += more;
        _byTcp += isTcp ? more : 0;
        if (key is not null)
        {
            _byPeer[key] = _byPeer.GetValueOrDefault(key) + more;
            if (_byPeer[key] == 0)
            {
                _byPeer.Remove(key);
            }
        }
    }

    private sealed class Place(ConnectionBound bound, bool isTcp, IPAddress? key) : IDisposable
    {
        private int _isLeft;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
            {
                bound.Leave(isTcp, key);
            }
        }
    }
}
