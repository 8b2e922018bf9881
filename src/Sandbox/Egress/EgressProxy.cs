using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sandbox.Egress;

// On a kernel that leads nothing to us, programs that know of proxies ask for what they want to reach, at the port where we answer questions about names. What they ask for is
// held against the list as what the kernel would have led here; nothing else of theirs is believed.

/// <summary>Speaks HTTP (CONNECT, and requests with a whole URL) and SOCKS 5 with the programs of one job. From any thread.</summary>
internal sealed class EgressProxy(EgressGate gate)
{
    // From the beginning of a connection to the end of what it asks for.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>The addresses of other jobs by their names, which nobody on the host reaches.</summary>
    public Func<string, IPAddress?> Neighbours { get; init; } = static _ => null;

    /// <summary>Whether a connection that begins so is for a proxy. No question about names is so long that it begins with one of these.</summary>
    public static bool IsMeant(byte first) => first == SocksRequest.Version || char.IsAsciiLetterUpper((char)first);

    /// <summary>Hears what a client wants, connects, and tells it so.</summary>
    /// <param name="client">The client.</param>
    /// <param name="first">Its first byte, which was not taken yet.</param>
    /// <param name="cancellationToken">The end of the job.</param>
    /// <returns>What came of it, and what goes to the server first; null if the client asked for nothing that could be.</returns>
    public async Task<(Passage Passage, ReadOnlyMemory<byte> First)?> ServeAsync(Socket client, byte first, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        var isSocks = first == SocksRequest.Version;
        if (await (isSocks ? HearSocksAsync(client, patience.Token) : HearHttpAsync(client, patience.Token)).ConfigureAwait(false) is not { } request)
        {
            return null;
        }

        var passage = await OpenAsync(request, cancellationToken).ConfigureAwait(false);
        var answer = isSocks ? SocksRequest.Answer(ReplyTo(passage)) : passage.Outside is null ? Refusal(passage.Rule is null ? "403 Forbidden" : "502 Bad Gateway", passage.Reason!) : request.IsTunnel ? "HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray() : [];
        try
        {
            await SendAsync(client, answer, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            passage.Outside?.Dispose();
            throw;
        }

        return (passage, request.First);
    }

    private Task<Passage> OpenAsync(ProxyRequest request, CancellationToken cancellationToken) =>
        request.Address is { } address ? gate.OpenAsync(AddressClasses.Unmapped(address), request.Port, cancellationToken)
        : request.Name is { } neighbour && Neighbours(neighbour) is not null ? Task.FromResult(new Passage { Name = neighbour, Port = request.Port, Reason = "a job of this network, which is reached without the proxy (no_proxy)" })
        : request.Name is { } name ? gate.OpenAsync(name, request.Port, cancellationToken)
        : Task.FromResult(new Passage { Port = request.Port, Reason = "asked for what is no name and no address" });

    private static async Task<ProxyRequest?> HearHttpAsync(Socket client, CancellationToken cancellationToken)
    {
        var request = default(ProxyRequest);
        var (state, _) = await HearAsync(client, new byte[HttpProxyHead.Most], 0, said => HttpProxyHead.Read(said, out request), cancellationToken).ConfigureAwait(false);
        if (state == ProxyRequestState.Broken)
        {
            await SendAsync(client, Refusal("400 Bad Request", "no request that a proxy can read"), cancellationToken).ConfigureAwait(false);
        }

        return state == ProxyRequestState.Whole ? request : null;
    }

    private static async Task<ProxyRequest?> HearSocksAsync(Socket client, CancellationToken cancellationToken)
    {
        var buffer = new byte[SocksRequest.MostGreeting + SocksRequest.Most];
        var greeting = 0;
        var (state, length) = await HearAsync(client, buffer, 0, said => SocksRequest.ReadGreeting(said.Span, out greeting), cancellationToken).ConfigureAwait(false);
        if (state == ProxyRequestState.Incomplete)
        {
            return null;
        }

        await SendAsync(client, SocksRequest.Greeting(state == ProxyRequestState.Whole), cancellationToken).ConfigureAwait(false);
        if (state == ProxyRequestState.Broken)
        {
            return null;
        }

        var request = default(ProxyRequest);
        var refusal = SocksReply.Failed;
        (state, _) = await HearAsync(client, buffer, length, said => SocksRequest.Read(said[greeting..], out request, out refusal), cancellationToken).ConfigureAwait(false);
        if (state == ProxyRequestState.Broken)
        {
            await SendAsync(client, SocksRequest.Answer(refusal), cancellationToken).ConfigureAwait(false);
        }

        return state == ProxyRequestState.Whole ? request : null;
    }

    // Until it is whole or broken; incomplete where the client says no more. The buffer holds the longest that is neither.
    private static async Task<(ProxyRequestState State, int Length)> HearAsync(Socket client, byte[] buffer, int length, Func<ReadOnlyMemory<byte>, ProxyRequestState> read, CancellationToken cancellationToken)
    {
        ProxyRequestState state;
        while ((state = read(buffer.AsMemory(0, length))) == ProxyRequestState.Incomplete)
        {
            var count = await client.ReceiveAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                break;
            }

            length += count;
        }

        return (state, length);
    }

    private static SocksReply ReplyTo(Passage passage) =>
        passage.Outside is not null ? SocksReply.Succeeded : passage.Rule is null ? SocksReply.NotAllowed : SocksReply.HostUnreachable;

    // For people who read what their program got.
    private static byte[] Refusal(string status, string reason)
    {
        var text = Encoding.ASCII.GetBytes($"sandbox: {reason}\n");
        return [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {text.Length}\r\nConnection: close\r\n\r\n"), .. text];
    }

    private static async Task SendAsync(Socket client, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await client.SendAsync(bytes[sent..], cancellationToken).ConfigureAwait(false);
        }
    }
}
