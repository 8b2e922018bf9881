using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;

namespace Sandbox.Server.Fronts;

/// <summary>Reads what clients send, never more than a bound and never for longer than a minute.</summary>
internal static class FrontBody
{
    private const int Piece = 16 << 10;
    private const int MostTokens = 200_000;

    /// <summary>How long a client has to close, once it was told that all is over.</summary>
    public static readonly TimeSpan ToClose = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    /// <summary>All of a request's body.</summary>
    /// <exception cref="BadHttpRequestException">It is too large, or takes too long.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        late.CancelAfter(s_longest);
        var bytes = new ArrayBufferWriter<byte>();
        try
        {
            while (await context.Request.Body.ReadAsync(bytes.GetMemory(Piece), late.Token) is var read and > 0)
            {
                bytes.Advance(read);
            }
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new BadHttpRequestException("the request took too long", StatusCodes.Status408RequestTimeout);
        }

        return bytes.WrittenMemory;
    }

    /// <summary>Looks at JSON before it becomes objects, each of which takes much more than the bytes that name it.</summary>
    /// <exception cref="JsonException">It is none, or has more values than any request needs.</exception>
    public static void CheckSize(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        for (var tokens = 0; reader.Read(); tokens++)
        {
            CheckCount(tokens);
        }
    }

    /// <summary>The first value of some JSON, whatever follows it; otherwise as <see cref="CheckSize"/>.</summary>
    /// <exception cref="JsonException">As there.</exception>
    public static ReadOnlySpan<byte> FirstOf(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        for (var tokens = 0; reader.Read(); tokens++)
        {
            CheckCount(tokens);
            if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            {
                break;
            }
        }

        return utf8[..(int)reader.BytesConsumed];
    }

    private static void CheckCount(int tokens)
    {
        if (tokens == MostTokens)
        {
            throw new JsonException($"more than {MostTokens} names and values");
        }
    }

    /// <summary>Drops what the client sends until it has closed too, or its time is over: a connection that is dropped at once may take along what it has not read.</summary>
    public static async Task AwaitCloseAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(ToClose);
        try
        {
            var buffer = new byte[1024];
            while (socket.State == WebSocketState.CloseSent && (await socket.ReceiveAsync(buffer.AsMemory(), late.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException)
        {
            // as good as closed
        }
    }

    /// <summary>One whole message; null once the client has closed, or has sent more than the bound.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="most">The bound, in bytes.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="WebSocketException">The client is gone.</exception>
    public static async Task<(WebSocketMessageType Type, ReadOnlyMemory<byte> Bytes)?> ReceiveAsync(WebSocket socket, long most, CancellationToken cancellationToken)
    {
        var bytes = new ArrayBufferWriter<byte>();
        while (true)
        {
            var received = await socket.ReceiveAsync(bytes.GetMemory(Piece), cancellationToken);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            bytes.Advance(received.Count);
            if (bytes.WrittenCount > most)
            {
                return null;
            }

            if (received.EndOfMessage)
            {
                return (received.MessageType, bytes.WrittenMemory);
            }
        }
    }
}
