using System.Net.WebSockets;
using System.Text.Json;
using Sandbox.Server.Access;

namespace Sandbox.Server.Fronts.GoJudge;

// A binary message begins with its type. Towards us: 1 the request, 2 a new size of the terminal, 3 input, 4 the end; from us: 1 the response, once, after
// all output, and 2 output. Input and output have a byte for command and descriptor after that.

/// <summary>A connection of <c>/stream</c>: one request, whose streams are the client's.</summary>
internal sealed class GoJudgeStream(WebSocket socket, GoJudgeRuns runs, Caller caller, long mostBytes) : IDisposable
{
    private const byte Request = 1;
    private const byte Resize = 2;
    private const byte Input = 3;
    private const byte End = 4;
    private const byte Response = 1;
    private const byte Output = 2;
    private const int Head = 2;
    private const int Low = 0xF;
    private const int Piece = 32 << 10;

    private readonly SemaphoreSlim _sending = new(1);

    /// <inheritdoc/>
    public void Dispose() => _sending.Dispose();

    /// <summary>Runs until the response was sent, or the client has gone.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (await FrontBody.ReceiveAsync(socket, mostBytes, cancellationToken) is not { } first || first.Bytes.Length < 1 || first.Bytes.Span[0] != Request)
        {
            await CloseAsync(cancellationToken);
            return;
        }

        GoJudgeRun run;
        try
        {
            run = runs.Begin(RequestForm.Read(first.Bytes[1..]), caller, isStream: true);
        }
        catch (Exception refused) when (refused is GoJudgeRefusal or JsonException)
        {
            await RespondAsync([], refused is JsonException wrong ? FrontFailure.Words(wrong) : refused.Message, cancellationToken);
            await FrontBody.AwaitCloseAsync(socket, cancellationToken);
            return;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var listening = ListenAsync(run, over.Token);
        var outputs = run.Parts.Select(part => RelayAsync(part, over.Token)).ToList();
        try
        {
            IReadOnlyList<CommandResult> results = [];
            var error = "";
            try
            {
                results = await run.Results;
            }
            catch (GoJudgeRefusal refusal)
            {
                error = refusal.Message;
            }

            await Task.WhenAll(outputs);
            await RespondAsync(results, error, cancellationToken);

            // A connection that is dropped at once may take along what the client has not read.
            await Task.WhenAny(listening, Task.Delay(FrontBody.ToClose, over.Token));
        }
        finally
        {
            run.Cancel();
            await over.CancelAsync();
            await ((Task)Task.WhenAll([listening, .. outputs])).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // What the client sends; its end is the end of the job.
    private async Task ListenAsync(GoJudgeRun run, CancellationToken cancellationToken)
    {
        try
        {
            while (await FrontBody.ReceiveAsync(socket, mostBytes, cancellationToken) is { } message && await ObeyAsync(run, message.Bytes, cancellationToken))
            {
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException)
        {
            // as if it had closed
        }

        run.Cancel();
    }

    private static async Task<bool> ObeyAsync(GoJudgeRun run, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        switch (message.Length == 0 ? 0 : message.Span[0])
        {
            case Resize:
                return await ResizeAsync(run, message[1..], cancellationToken);
            case Input when message.Length >= Head:
                return run.LiveOf(message.Span[1] >> 4) is { } command && (message.Span[1] & Low) == 0 && command.Streams.Contains(0) && await TypeAsync(command, message[Head..], cancellationToken);
            case End:
                run.Cancel();
                return true;
            default:
                return false;
        }
    }

    private static async Task<bool> ResizeAsync(GoJudgeRun run, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        try
        {
            var form = JsonSerializer.Deserialize(json.Span, GoJudgeJson.Default.ResizeForm) ?? new();
            if (form is { Rows: > 0 and <= ushort.MaxValue, Cols: > 0 and <= ushort.MaxValue } && run.LiveOf(form.Index ?? 0) is { } command && await command.RunningAsync().WaitAsync(cancellationToken) is { } running)
            {
                running.Resize(form.Rows.Value, form.Cols.Value);
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
        catch (ObjectDisposedException)
        {
            return true; // it is over
        }
    }

    // A program that does not read any more loses nothing by what nobody reads.
    private static async Task<bool> TypeAsync(LiveCommand command, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            if (await command.RunningAsync().WaitAsync(cancellationToken) is { } running)
            {
                await running.Stdin.WriteAsync(bytes, cancellationToken);
            }
        }
        catch (Exception over) when (over is IOException or ObjectDisposedException)
        {
            // as above
        }

        return true;
    }

    private async Task RelayAsync(TakenPart part, CancellationToken cancellationToken)
    {
        await Task.WhenAll(part.Live.SelectMany(command => command.Streams.Where(static number => number > 0).Select(number => RelayAsync(command, number, cancellationToken))));
        part.Read.TrySetResult();
    }

    private async Task RelayAsync(LiveCommand command, int number, CancellationToken cancellationToken)
    {
        try
        {
            if (await command.RunningAsync().WaitAsync(cancellationToken) is not { } running)
            {
                return;
            }

            var from = number == 1 ? running.Stdout : running.Stderr;
            var message = new byte[Head + Piece];
            (message[0], message[1]) = (Output, (byte)((command.Place << 4) | number));
            while (await from.ReadAsync(message.AsMemory(Head), cancellationToken) is var count and > 0)
            {
                await SendAsync(message.AsMemory(0, Head + count), cancellationToken);
            }
        }
        catch (Exception over) when (over is IOException or ObjectDisposedException or WebSocketException or OperationCanceledException)
        {
            // the job or the client is gone
        }
    }

    private async Task RespondAsync(IReadOnlyList<CommandResult> results, string error, CancellationToken cancellationToken)
    {
        var json = GoJudgeAnswers.Json(json => GoJudgeAnswers.Write(json, "", results, error));
        await SendAsync((byte[])[Response, .. json.Span], cancellationToken);
        await CloseAsync(cancellationToken);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
        }
    }
}
