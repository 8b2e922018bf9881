using System.Buffers;
using System.Net.Sockets;

namespace Sandbox.Egress;

// Two copies, one each way, each with one buffer: it is read from one side only when the other has taken what was read before, so a slow reader
// holds back the sender and costs no memory. A side that has said all is told to the other, which may go on (shutdown(2)).

/// <summary>The bytes between a job's socket and the one that was dialled for it.</summary>
internal sealed class RelayedConnection(Socket job, Socket outside, EgressTraffic traffic, Func<string, string?> checkName, string? expected)
{
    // From its first byte on: a client that names its server does so at once.
    private static readonly TimeSpan s_naming = TimeSpan.FromSeconds(10);

    private long _in;
    private long _out;

    /// <summary>What the job has said already. Default nothing.</summary>
    public ReadOnlyMemory<byte> First { get; init; }

    /// <summary>Bytes that came to the job.</summary>
    public long BytesIn => Interlocked.Read(ref _in);

    /// <summary>Bytes that the job sent.</summary>
    public long BytesOut => Interlocked.Read(ref _out);

    /// <summary>Why it was refused after all; null if it was not.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Why one that is allowed was ended; null if it was not.</summary>
    public string? Failure { get; private set; }

    /// <summary>Relays until both sides have said all, or one is gone.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var up = CopyAsync(job, outside, isToJob: false, end);
        var down = CopyAsync(outside, job, isToJob: true, end);
        await Task.WhenAll(up, down).ConfigureAwait(false);
        if (end.IsCancellationRequested)
        {
            Reset(job);
            Reset(outside);
        }
    }

    /// <summary>Ends a connection so that the other side sees that it broke, and not that all was said (socket(7), SO_LINGER).</summary>
    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // it is gone already
        }

        socket.Dispose();
    }

    private async Task CopyAsync(Socket from, Socket to, bool isToJob, CancellationTokenSource end)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(traffic.Portion, FirstBytes.Most));
        try
        {
            if (!isToJob && (expected is not null || !First.IsEmpty) && !await PassFirstBytesAsync(buffer, end.Token).ConfigureAwait(false))
            {
                await end.CancelAsync().ConfigureAwait(false);
                return;
            }

            while (await from.ReceiveAsync(buffer.AsMemory(0, traffic.Portion), end.Token).ConfigureAwait(false) is var count and > 0)
            {
                if (!await PassAsync(to, buffer.AsMemory(0, count), isToJob, end.Token).ConfigureAwait(false))
                {
                    await end.CancelAsync().ConfigureAwait(false);
                    return;
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            await end.CancelAsync().ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<bool> PassAsync(Socket to, ReadOnlyMemory<byte> bytes, bool isToJob, CancellationToken cancellationToken)
    {
        if (!traffic.Count(bytes.Length, isToJob))
        {
            Failure = EgressTraffic.TrafficReached;
            return false;
        }

        await traffic.PaceAsync(bytes.Length, cancellationToken).ConfigureAwait(false);
        _ = isToJob ? Interlocked.Add(ref _in, bytes.Length) : Interlocked.Add(ref _out, bytes.Length);
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await to.SendAsync(bytes[sent..], cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    // What the client says first may name another server than the one whose name it has looked up, where several share an address. What the server says
    // meanwhile is not held back: in some protocols it speaks first.
    private async Task<bool> PassFirstBytesAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        First.CopyTo(buffer);
        var length = First.Length;
        string? name = null;
        var state = expected is null ? FirstBytesState.Unnamed : FirstBytes.Read(First.Span, out name);
        if (length > 0)
        {
            patience.CancelAfter(s_naming);
        }

        while (state == FirstBytesState.Incomplete && length < FirstBytes.Most)
        {
            int count;
            try
            {
                count = await job.ReceiveAsync(buffer.AsMemory(length, FirstBytes.Most - length), patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                break;
            }

            if (count == 0)
            {
                break;
            }

            if (length == 0)
            {
                patience.CancelAfter(s_naming);
            }

            length += count;
            state = FirstBytes.Read(buffer.AsSpan(0, length), out name);
        }

        Refusal = state switch
        {
            FirstBytesState.Named => checkName(name!),
            FirstBytesState.Broken => "its first bytes name no one server",
            FirstBytesState.Incomplete when length > 0 => "its first bytes do not say which server it wants",
            _ => null,
        };
        return Refusal is null && (length == 0 || await PassAsync(outside, buffer.AsMemory(0, length), isToJob: false, cancellationToken).ConfigureAwait(false));
    }
}
