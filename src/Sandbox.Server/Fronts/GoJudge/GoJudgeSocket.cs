using System.Net.WebSockets;
using System.Text.Json;
using Sandbox.Server.Access;

namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>A connection of <c>/ws</c>: any number of requests at once, each answered when it is over.</summary>
internal sealed class GoJudgeSocket(WebSocket socket, GoJudgeRuns runs, Caller caller, long mostBytes) : IDisposable
{
    // With their requests and answers: a client that reads nothing would have any number kept for it.
    private const int MostAtOnce = 32;

    private readonly SemaphoreSlim _sending = new(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, GoJudgeRun> _running = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Dispose() => _sending.Dispose();

    /// <summary>Takes messages until the client goes, and ends what it had asked for then.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var answers = new List<Task>();
        try
        {
            while (await FrontBody.ReceiveAsync(socket, mostBytes, cancellationToken) is { } message && await TakeAsync(message.Bytes, answers, cancellationToken))
            {
                answers.RemoveAll(static answer => answer.IsCompleted);
            }
        }
        finally
        {
            EndAll();
            await Task.WhenAll(answers);
        }

        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
            await FrontBody.AwaitCloseAsync(socket, cancellationToken);
        }
    }

    // False for what ends the connection.
    private async Task<bool> TakeAsync(ReadOnlyMemory<byte> bytes, List<Task> answers, CancellationToken cancellationToken)
    {
        RequestForm form;
        try
        {
            form = RequestForm.Read(bytes);
        }
        catch (JsonException)
        {
            return false;
        }

        if (form.CancelRequestId is { Length: > 0 } ended)
        {
            Find(ended)?.Cancel();
            return true;
        }

        var id = form.RequestId ?? "";
        if (id.Length == 0 || Find(id) is not null)
        {
            await SayAsync(id, null, id.Length == 0 ? "empty request id" : $"duplicated request id {id}", cancellationToken);
            return true;
        }

        if (answers.Count(static answer => !answer.IsCompleted) >= MostAtOnce)
        {
            await SayAsync(id, null, $"a connection has at most {MostAtOnce} requests that are not answered", cancellationToken);
            return true;
        }

        try
        {
            var run = runs.Begin(form, caller);
            lock (_lock)
            {
                _running.Add(id, run);
            }

            answers.Add(AnswerAsync(id, run, cancellationToken));
            return true;
        }
        catch (GoJudgeRefusal refusal)
        {
            if (refusal.EndsConnection)
            {
                return false;
            }

            await SayAsync(id, null, refusal.Message, cancellationToken);
            return true;
        }
    }

    private async Task AnswerAsync(string id, GoJudgeRun run, CancellationToken cancellationToken)
    {
        IReadOnlyList<CommandResult>? results = null;
        IDisposable? held = null;
        var error = "";
        try
        {
            held = runs.Hold(await run.Results, caller);
            results = await run.Results;
        }
        catch (GoJudgeRefusal refusal)
        {
            error = refusal.Message;
        }

        lock (_lock)
        {
            _running.Remove(id);
        }

        try
        {
            await SayAsync(id, results, error, cancellationToken);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or IOException or InvalidOperationException)
        {
            // nobody is there to be answered
        }
        finally
        {
            held?.Dispose();
        }
    }

    private async Task SayAsync(string id, IReadOnlyList<CommandResult>? results, string error, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await socket.SendAsync(GoJudgeAnswers.Json(json => GoJudgeAnswers.Write(json, id, results, error)), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    private GoJudgeRun? Find(string id)
    {
        lock (_lock)
        {
            return _running.GetValueOrDefault(id);
        }
    }

    private void EndAll()
    {
        GoJudgeRun[] left;
        lock (_lock)
        {
            left = [.. _running.Values];
        }

        foreach (var run in left)
        {
            run.Cancel();
        }
    }
}
