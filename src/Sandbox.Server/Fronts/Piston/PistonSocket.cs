using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Sandbox.Server.Access;
using Sandbox.Server.Jobs;

namespace Sandbox.Server.Fronts.Piston;

/// <summary>A connection of <c>/api/v2/connect</c>: one request, with its input, its output and its signals while it runs.</summary>
internal sealed class PistonSocket(WebSocket socket, FrontParts parts, PistonTranslator translator, PistonRuns runs, Caller caller) : IDisposable
{
    private const int AlreadyInitialized = 4000;
    private const int InitializationTimeout = 4001;
    private const int NotifiedError = 4002;
    private const int NotInitialized = 4003;
    private const int OnlyStdin = 4004;
    private const int InvalidSignal = 4005;
    private const int JobCompleted = 4999;

    // What is kept for a job that does not read: so many messages of this size.
    private const int MostInputs = 8;
    private const int MostInputBytes = 1 << 20;

    private const int Piece = 16 << 10;

    private static readonly TimeSpan s_toInitialize = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _sending = new(1);
    private readonly Channel<byte[]> _input = Channel.CreateBounded<byte[]>(MostInputs);
    private readonly TaskCompletionSource<JsonDocument> _initialized = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ServerJob? _current;

    /// <inheritdoc/>
    public void Dispose() => _sending.Dispose();

    /// <summary>Runs until the job is over, or the client has gone, with which it ends.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var listening = ListenAsync(over);
        try
        {
            if (await Task.WhenAny(_initialized.Task, listening, Task.Delay(s_toInitialize, parts.Time, over.Token)) is var first && first != _initialized.Task)
            {
                await CloseAsync(InitializationTimeout, "Initialization Timeout", cancellationToken);
                return;
            }

            using var body = await _initialized.Task;
            await WorkAsync(body, over.Token);
        }
        finally
        {
            _current?.Cancel();

            // It has what was told last to read yet.
            await Task.WhenAny(listening, Task.Delay(FrontBody.ToClose, CancellationToken.None));
            await over.CancelAsync();
            await ((Task)listening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WorkAsync(JsonDocument body, CancellationToken cancellationToken)
    {
        try
        {
            var request = await PistonRequest.ReadAsync(body.RootElement, parts.Runtimes, parts.Settings);
            await TellAsync("runtime", json =>
            {
                json.WriteString("language", request.Runtime.Language);
                json.WriteString("version", request.Runtime.Version);
            }, cancellationToken);
            JobResult? compiled = null;
            if (translator.Compile(request, isLive: true) is { } compiler)
            {
                compiled = await StageAsync("compile", compiler, takesInput: false, cancellationToken);
            }

            if (compiled is null or { Verdict: Verdict.Ok })
            {
                await StageAsync("run", translator.Run(request, compiled, isLive: true), takesInput: true, cancellationToken);
            }

            await CloseAsync(JobCompleted, "Job Completed", cancellationToken);
        }
        catch (PistonRefusal refusal)
        {
            await TellAsync("error", json => json.WriteString("message", refusal.Message.Length > 0 ? refusal.Message : "a name of a file leads out of the directory"), cancellationToken);
            await CloseAsync(NotifiedError, "Notified Error", cancellationToken);
        }
    }

    private async Task<JobResult> StageAsync(string stage, JobSpec spec, bool takesInput, CancellationToken cancellationToken)
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var job = runs.Begin(spec, caller, isLive: true, takesInput, read.Task);
        _current = job;
        await TellAsync("stage", json => json.WriteString("stage", stage), cancellationToken);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var typing = takesInput ? TypeAsync(job, ended.Token) : Task.CompletedTask;
        try
        {
            await RelayAsync(job, cancellationToken);
        }
        finally
        {
            read.TrySetResult();
        }

        var (result, _) = await PistonRuns.EndAsync(job, cancellationToken);
        await ended.CancelAsync();
        await typing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var said = PistonStage.Of(result, job);
        await TellAsync("exit", json =>
        {
            json.WriteString("stage", stage);
            if (said.Code is { } code)
            {
                json.WriteNumber("code", code);
            }
            else
            {
                json.WriteNull("code");
            }

            json.WriteString("signal", said.Signal);
            if (said.Status is { } status and not ("RE" or "SG"))
            {
                json.WriteString("error", status == "XX" ? said.Message : status);
            }
        }, cancellationToken);
        return result;
    }

    private async Task RelayAsync(ServerJob job, CancellationToken cancellationToken)
    {
        if (await job.Live.Running.WaitAsync(cancellationToken) is { } running)
        {
            await Task.WhenAll(RelayAsync(running.Stdout, "stdout", cancellationToken), RelayAsync(running.Stderr, "stderr", cancellationToken));
        }
    }

    private async Task RelayAsync(Stream from, string stream, CancellationToken cancellationToken)
    {
        var (bytes, text) = (new byte[Piece], new char[Piece + 1]);
        var decoder = Encoding.UTF8.GetDecoder();
        try
        {
            while (true)
            {
                var count = await from.ReadAsync(bytes, cancellationToken);
                var letters = decoder.GetChars(bytes.AsSpan(0, count), text, flush: count == 0);
                if (letters > 0)
                {
                    await TellAsync("data", json =>
                    {
                        json.WriteString("stream", stream);
                        json.WriteString("data", text.AsSpan(0, letters));
                    }, cancellationToken);
                }

                if (count == 0)
                {
                    return;
                }
            }
        }
        catch (Exception over) when (over is ObjectDisposedException or IOException)
        {
            // the job is over
        }
    }

    private async Task TypeAsync(ServerJob job, CancellationToken cancellationToken)
    {
        try
        {
            if (await job.Live.StdinAsync(cancellationToken) is not { } stdin)
            {
                return;
            }

            await foreach (var bytes in _input.Reader.ReadAllAsync(cancellationToken))
            {
                await stdin.WriteAsync(bytes, cancellationToken);
            }
        }
        catch (Exception over) when (over is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // it does not read any more
        }
    }

    // The end of the client is the end of the job.
    private async Task ListenAsync(CancellationTokenSource over)
    {
        try
        {
            while (await FrontBody.ReceiveAsync(socket, _initialized.Task.IsCompleted ? Math.Min(MostInputBytes, parts.Settings.MaxBodyBytes) : parts.Settings.MaxBodyBytes, over.Token) is { } message)
            {
                if (await TakeAsync(message.Bytes, over.Token) is { } refusal)
                {
                    await CloseAsync(refusal.Code, refusal.Reason, over.Token);
                    break;
                }
            }
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException)
        {
            // as if it had closed
        }

        _current?.Cancel();
        await over.CancelAsync();
    }

    // Null where all is well.
    private async Task<(int Code, string Reason)?> TakeAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        JsonDocument body;
        try
        {
            body = PistonFront.Parse(bytes);
        }
        catch (JsonException wrong)
        {
            await TellAsync("error", json => json.WriteString("message", wrong.Message), cancellationToken);
            return (NotifiedError, "Notified Error");
        }

        var type = TextOf(body, "type");
        if (type == "init")
        {
            return _initialized.TrySetResult(body) ? null : (AlreadyInitialized, "Already Initialized");
        }

        using (body)
        {
            return type switch
            {
                "data" or "signal" when !_initialized.Task.IsCompleted => (NotInitialized, "Not yet initialized"),
                "data" when TextOf(body, "stream") != "stdin" => (OnlyStdin, "Can only write to stdin"),
                "data" => await WriteAsync(TextOf(body, "data"), cancellationToken),
                "signal" => Send(TextOf(body, "signal")) ? null : (InvalidSignal, "Invalid signal"),
                _ => null,
            };
        }
    }

    private async Task<(int Code, string Reason)?> WriteAsync(string text, CancellationToken cancellationToken)
    {
        await _input.Writer.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
        return null;
    }

    private bool Send(string name)
    {
        try
        {
            switch (Signals.NumberOf(name))
            {
                case 9:
                    _current?.Cancel();
                    return true;
                case 19:
                    return true; // a job that stands still would only wait for its limit
                case var number:
                    _current?.Live.SignalOnceStarted(number);
                    return true;
            }
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string TextOf(JsonDocument body, string name) => PistonFront.TextOf(body.RootElement, name);

    private async Task TellAsync(string type, Action<Utf8JsonWriter> write, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            var message = PistonFront.Bytes(json =>
            {
                json.WriteString("type", type);
                write(json);
            });
            await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task CloseAsync(int code, string reason, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync((WebSocketCloseStatus)code, reason, cancellationToken);
            }
        }
        finally
        {
            _sending.Release();
        }
    }
}
