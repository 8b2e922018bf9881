using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Sandbox.Server.Jobs;

namespace Sandbox.Server.Api;

// The subprotocol sandbox.job.v1. Text messages are JSON objects with a "type". A binary message is bytes of a stream: the stream's number (0, 1, 2) first,
// and from the server 8 bytes of its id and 8 of its offset after that, big-endian. docs/serve.md tells all of them.

/// <summary>One client of a job by WebSocket: takes its input, signals and the size of its window, and writes what <see cref="LiveView"/> tells.</summary>
/// <param name="socket">The connection.</param>
/// <param name="job">The job.</param>
/// <param name="writesStdin">It has the job's stdin.</param>
/// <param name="endsJob">The job ends with it.</param>
internal sealed class JobSocket(WebSocket socket, ServerJob job, bool writesStdin, bool endsJob) : ILiveWriter, IDisposable
{
    /// <summary>The subprotocol's name.</summary>
    public const string Protocol = "sandbox.job.v1";

    private const int LongestText = 4096;
    private const int OutputHeader = 17;

    // A job in the kernel's hands may not end at once; its input does.
    private static readonly TimeSpan s_toEnd = TimeSpan.FromSeconds(10);

    // Views and answers come from two tasks, and a WebSocket takes one message at a time.
    private readonly SemaphoreSlim _sending = new(1);
    private Stream? _stdin;
    private bool _hasEnded;

    /// <inheritdoc/>
    public Task MessageAsync(string type, long id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        // The object becomes a member of the message as it is: a result is not copied for each viewer.
        var head = Encoding.UTF8.GetBytes(id > 0 ? $"{{\"type\":\"{type}\",\"id\":{id},\"{type}\":" : $"{{\"type\":\"{type}\",\"{type}\":");
        return SendAsync(WebSocketMessageType.Text, head, json, "}"u8.ToArray(), cancellationToken);
    }

    /// <inheritdoc/>
    public Task OutputAsync(FeedEntry entry, CancellationToken cancellationToken)
    {
        var head = new byte[OutputHeader];
        head[0] = entry.Kind == FeedKind.Stderr ? (byte)2 : (byte)1;
        BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(1), entry.Id);
        BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(9), entry.Offset);
        return SendAsync(WebSocketMessageType.Binary, head, entry.Bytes, default, cancellationToken);
    }

    /// <inheritdoc/>
    public Task KeepAliveAsync(CancellationToken cancellationToken) => Task.CompletedTask; // pings do that

    /// <inheritdoc/>
    public void Dispose() => _sending.Dispose();

    /// <summary>Takes messages until the client closes; the end of it is the end of the job's stdin.</summary>
    /// <exception cref="WebSocketException">The client is gone.</exception>
    public async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (await ReceiveMessageAsync(buffer, cancellationToken))
            {
            }
        }
        finally
        {
            // First, and until it is over: a job that reads the end of its input may end well before it is ended.
            if (endsJob && !job.Result.IsCompleted)
            {
                job.Cancel();
                await Task.WhenAny(job.Result, Task.Delay(s_toEnd, CancellationToken.None));
            }

            EndStdin(writesStdin ? await StartedStdinAsync() : null);
        }
    }

    // Also where the job has yet to start: an end that comes before is an end.
    private async Task<Stream?> StartedStdinAsync() => _stdin ?? await job.Live.StdinAsync(CancellationToken.None);

    private async Task<bool> ReceiveMessageAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
        switch (received.MessageType)
        {
            case WebSocketMessageType.Close:
                return false;
            case WebSocketMessageType.Text:
                return await TextAsync(buffer, received, cancellationToken);
            default:
                return await BinaryAsync(buffer, received, cancellationToken);
        }
    }

    private async Task<bool> BinaryAsync(byte[] buffer, ValueWebSocketReceiveResult received, CancellationToken cancellationToken)
    {
        if (received.Count == 0 || buffer[0] != 0)
        {
            return await RefuseAsync("a binary message begins with the byte 0, and stdin follows", cancellationToken);
        }

        if (!writesStdin)
        {
            return await RefuseAsync("this connection has not asked for stdin: ?stdin=live", cancellationToken);
        }

        await WriteAsync(buffer.AsMemory(1, received.Count - 1), cancellationToken);
        while (!received.EndOfMessage)
        {
            received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
            await WriteAsync(buffer.AsMemory(0, received.Count), cancellationToken);
        }

        return true;
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_hasEnded)
        {
            return;
        }

        try
        {
            if ((_stdin ??= await job.Live.StdinAsync(cancellationToken)) is { } stdin)
            {
                await stdin.WriteAsync(bytes, cancellationToken);
                return;
            }
        }
        catch (Exception failure) when (failure is IOException or ObjectDisposedException)
        {
            // the job does not read any more
        }

        _hasEnded = true;
        await MessageAsync("stdinClosed", 0, "{}"u8.ToArray(), cancellationToken);
    }

    private async Task<bool> TextAsync(byte[] buffer, ValueWebSocketReceiveResult received, CancellationToken cancellationToken)
    {
        var count = received.Count;
        while (!received.EndOfMessage && count < LongestText)
        {
            received = await socket.ReceiveAsync(buffer.AsMemory(count, LongestText - count + 1), cancellationToken);
            count += received.Count;
        }

        if (count > LongestText || !received.EndOfMessage)
        {
            return await RefuseAsync($"a text message has at most {LongestText} bytes", cancellationToken);
        }

        try
        {
            var said = JsonSerializer.Deserialize(buffer.AsSpan(0, count), LiveJson.Default.LiveCommand);
            return said is { } command ? await ObeyAsync(command, cancellationToken) : await RefuseAsync("a text message is a JSON object", cancellationToken);
        }
        catch (JsonException)
        {
            return await RefuseAsync("a text message is a JSON object with \"type\", \"signal\", \"rows\" and \"columns\"", cancellationToken);
        }
    }

    private async Task<bool> ObeyAsync(LiveCommand command, CancellationToken cancellationToken)
    {
        switch (command.Type)
        {
            case "stdinEnd" when writesStdin:
                EndStdin(_stdin ??= await job.Live.StdinAsync(cancellationToken));
                return true;
            case "kill":
                job.Cancel();
                return true;
            case "signal" when SignalRequest.Number(command.Signal ?? "") is { } number:
                return job.Live.Signal(number) || await IgnoredAsync(cancellationToken);
            case "resize" when command is { Rows: > 0 and <= ushort.MaxValue, Columns: > 0 and <= ushort.MaxValue }:
                return job.Live.Resize(command.Rows, command.Columns) || await IgnoredAsync(cancellationToken);
            default:
                return await RefuseAsync("the \"type\" is stdinEnd (with ?stdin=live), signal with a name such as SIGTERM, resize with rows and columns, or kill", cancellationToken);
        }
    }

    private async Task<bool> IgnoredAsync(CancellationToken cancellationToken)
    {
        await MessageAsync("ignored", 0, LiveView.Json(static json => json.WriteString("detail", "the job does not run")), cancellationToken);
        return true;
    }

    private void EndStdin(Stream? stdin)
    {
        _hasEnded = true;
        stdin?.Close();
    }

    private async Task<bool> RefuseAsync(string why, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.PolicyViolation, why[..Math.Min(why.Length, 120)], cancellationToken);
        }
        finally
        {
            _sending.Release();
        }

        return false;
    }

    private async Task SendAsync(WebSocketMessageType type, ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body, ReadOnlyMemory<byte> tail, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(head, type, endOfMessage: false, cancellationToken);
            await socket.SendAsync(body, type, endOfMessage: tail.IsEmpty, cancellationToken);
            if (!tail.IsEmpty)
            {
                await socket.SendAsync(tail, type, endOfMessage: true, cancellationToken);
            }
        }
        finally
        {
            _sending.Release();
        }
    }
}
