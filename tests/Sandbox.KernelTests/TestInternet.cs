using System.Net;
using System.Net.Sockets;

namespace Sandbox.KernelTests;

/// <summary>Names of a test, and servers on the loopback in the place of those of the internet.</summary>
internal sealed class TestInternet
{
    private readonly Dictionary<string, string[]> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IPEndPoint> _servers = new(StringComparer.Ordinal);

    /// <summary>How often a name was resolved.</summary>
    public int Resolved;

    /// <summary>What resolving does beside that; null for nothing.</summary>
    public Action<string>? OnResolve { get; set; }

    /// <summary>A name has these addresses.</summary>
    public void Name(string name, params string[] addresses) => _names[name] = addresses;

    /// <summary>A server stands at an address.</summary>
    public void Server(string address, int port, TestServer server) => _servers[new IPEndPoint(IPAddress.Parse(address), port).ToString()] = server.EndPoint;

    /// <summary>What the sandbox asks in the place of the host's resolver.</summary>
    public Task<IPAddress[]> Resolve(string name, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Resolved);
        OnResolve?.Invoke(name);
        return _names.TryGetValue(name, out var addresses)
            ? Task.FromResult<IPAddress[]>([.. addresses.Select(IPAddress.Parse)])
            : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
    }

    /// <summary>Where the sandbox connects to for an address that it has allowed.</summary>
    public IPEndPoint Redial(IPEndPoint to) => _servers.GetValueOrDefault(to.ToString(), to);
}

/// <summary>Jobs that reach a list.</summary>
public abstract class EgressTest : KernelTest
{
    private protected EgressTest()
        : this(new(), withoutRedirects: false)
    {
    }

    private protected EgressTest(bool withoutRedirects)
        : this(new(), withoutRedirects)
    {
    }

    private EgressTest(TestInternet internet, bool withoutRedirects)
        : base(new() { Resolver = internet.Resolve, Redial = internet.Redial, AlterRules = withoutRedirects ? Unknown : null }) => Internet = internet;

    private protected TestInternet Internet { get; }

    private protected Task<JobResult> ReachAsync(string[] allowed, params string[] arguments) => RunAsync(Reach(allowed, arguments));

    // As on a kernel without NAT: an expression that it does not know.
    private static byte[] Unknown(byte[] rules)
    {
        "redix"u8.CopyTo(rules.AsSpan(rules.AsSpan().IndexOf("redir\0"u8)));
        return rules;
    }

    private protected static JobSpec Reach(string[] allowed, params string[] arguments) => Probe.Job("reach_out", arguments) with { Network = Network.Egress(allowed) };
}
