using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Sandbox.Egress;

/// <summary>The name server of one job: of what its list names it says that it is there, and of all else that it is not.</summary>
#pragma warning disable CA1001 // a SemaphoreSlim holds nothing unless its wait handle is asked for
internal sealed class DnsAnswerer(EgressList list, NameTable names, HostDialer dialer, ConnectionLog log, bool hasIPv6, Action<Exception> failed, TimeProvider clock)
#pragma warning restore CA1001
{
    // As many as a browser asks at once, and more than any build does in a second.
    private const int Burst = 1000;
    private const int PerSecond = 200;
    private const int MostAtOnce = 32;
    private const int MostOfOneConnection = 256;

    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _open = new(MostAtOnce);

    // Of all questions, whichever way they come.
    private readonly TokenBucket _pace = new(Burst, PerSecond, clock);

    /// <inheritdoc cref="EgressRelay.Neighbours"/>
    public Func<string, IPAddress?> Neighbours { get; init; } = static _ => null;

    /// <summary>Answers datagrams until the job ends.</summary>
    public async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        var any = new IPEndPoint(socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (true)
        {
            await _open.WaitAsync(cancellationToken).ConfigureAwait(false);
            var query = new byte[DnsMessage.MaxBytes];
            SocketReceiveFromResult received;
            try
            {
                received = await socket.ReceiveFromAsync(query, SocketFlags.None, any, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                _ = _open.Release();
                continue; // of an answer that nobody took (ip(7), IP_RECVERR), or longer than any question
            }

            await PaceAsync(cancellationToken).ConfigureAwait(false);
            _ = AnswerAsync(socket, query.AsMemory(0, received.ReceivedBytes), received.RemoteEndPoint, cancellationToken);
        }
    }

    // True, once the next question may be answered.
    private async Task<bool> PaceAsync(CancellationToken cancellationToken)
    {
        TimeSpan wait;
        lock (_pace)
        {
            wait = _pace.Take();
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, clock, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Answers what comes over a connection, one after the other.</summary>
    public async Task ServeConnectionAsync(Socket connection, CancellationToken cancellationToken)
    {
        var buffer = new byte[2 + DnsMessage.MaxBytes];
        for (var count = 0; count < MostOfOneConnection; count++)
        {
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            idle.CancelAfter(s_idle);
            if (!await ReadAsync(connection, buffer.AsMemory(0, 2), idle.Token).ConfigureAwait(false) || BinaryPrimitives.ReadUInt16BigEndian(buffer) is not (var length and <= DnsMessage.MaxBytes) ||
                !await ReadAsync(connection, buffer.AsMemory(2, length), idle.Token).ConfigureAwait(false) || !await PaceAsync(cancellationToken).ConfigureAwait(false) || await AnswerAsync(buffer.AsMemory(2, length), cancellationToken).ConfigureAwait(false) is not { Length: > 0 } answer)
            {
                return;
            }

            BinaryPrimitives.WriteUInt16BigEndian(buffer, (ushort)answer.Length);
            answer.CopyTo(buffer.AsMemory(2));
            _ = await connection.SendAsync(buffer.AsMemory(0, 2 + answer.Length), idle.Token).ConfigureAwait(false);
        }
    }

    /// <summary>The answer to one question; empty for what gets none.</summary>
    public async Task<ReadOnlyMemory<byte>> AnswerAsync(ReadOnlyMemory<byte> query, CancellationToken cancellationToken)
    {
        if (!DnsMessage.TryRead(query.Span, out var message))
        {
            return default;
        }

        if (!message.IsUnderstood)
        {
            return Written(query, DnsAnswer.NotUnderstood, null);
        }

        var (name, type) = (message.Name, message.Type);
        if (name is not null && Neighbours(name) is { } neighbour)
        {
            return Written(query, DnsAnswer.Found, type == DnsMessage.TypeA ? neighbour : null);
        }

        if (name is null || HostNames.IsLocal(name) || !list.Names(name))
        {
            // without a list nothing was allowed, and nothing is refused
            if (name is not null && !list.IsEmpty)
            {
                log.Add(new() { Name = name, Address = null, Port = null, Rule = null, Reason = "no rule for this name" });
            }

            return Written(query, DnsAnswer.NoSuchName, null);
        }

        return await FindAsync(query, name, type, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ReadOnlyMemory<byte>> FindAsync(ReadOnlyMemory<byte> query, string name, int type, CancellationToken cancellationToken)
    {
        try
        {
            if ((await dialer.ResolveAsync(name, cancellationToken).ConfigureAwait(false)).Length == 0)
            {
                return Written(query, DnsAnswer.Found, null);
            }
        }
        catch (SocketException failure)
        {
            return Written(query, failure.SocketErrorCode switch
            {
                SocketError.HostNotFound => DnsAnswer.NoSuchName,
                SocketError.NoData => DnsAnswer.Found,
                _ => DnsAnswer.Failed,
            }, null);
        }

        return names.AddressesOf(name) is not var (v4, v6) ? Written(query, DnsAnswer.Failed, null) : Written(query, DnsAnswer.Found, type switch
        {
            DnsMessage.TypeA => v4,
            DnsMessage.TypeAaaa when hasIPv6 => v6,
            _ => null,
        });
    }

    private async Task AnswerAsync(Socket socket, ReadOnlyMemory<byte> query, EndPoint to, CancellationToken cancellationToken)
    {
        try
        {
            if (await AnswerAsync(query, cancellationToken).ConfigureAwait(false) is { Length: > 0 } answer)
            {
                _ = await socket.SendToAsync(answer, SocketFlags.None, to, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Who asked is gone, or the job is.
        }
        catch (Exception failure)
        {
            failed(failure);
        }
        finally
        {
            _ = _open.Release();
        }
    }

    private static ReadOnlyMemory<byte> Written(ReadOnlyMemory<byte> query, DnsAnswer answer, IPAddress? address)
    {
        var bytes = new byte[DnsMessage.MaxBytes];
        return DnsMessage.TryRead(query.Span, out var message) ? bytes.AsMemory(0, message.Write(bytes, answer, address)) : default;
    }

    private static async Task<bool> ReadAsync(Socket from, Memory<byte> to, CancellationToken cancellationToken)
    {
        for (var filled = 0; filled < to.Length;)
        {
            var count = await from.ReceiveAsync(to[filled..], cancellationToken).ConfigureAwait(false);
            if (count == 0)
            {
                return false;
            }

            filled += count;
        }

        return true;
    }
}
