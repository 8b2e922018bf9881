using System.Buffers;
using System.Text;
using System.Text.Json;
using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;

namespace Sandbox.Server.Api;

/// <summary>Takes what a viewer of a job is told, in the form of its protocol. One call at a time.</summary>
internal interface ILiveWriter
{
    /// <summary>One message: what it is called, its number (0 for none), and a JSON object.</summary>
    Task MessageAsync(string type, long id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken);

    /// <summary>A piece of output.</summary>
    Task OutputAsync(FeedEntry entry, CancellationToken cancellationToken);

    /// <summary>Nothing has happened for a while.</summary>
    Task KeepAliveAsync(CancellationToken cancellationToken);
}

/// <summary>Tells one viewer what happens to a job, until its result.</summary>
internal sealed class LiveView(JobQueue queue, ServerJob job, ILiveWriter writer)
{
    private static readonly TimeSpan s_whileQueued = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(15);

    // Kestrel gives up on who takes nothing, too, but not on who takes a little.
    private static readonly TimeSpan s_longestWrite = TimeSpan.FromSeconds(30);

    private int? _position;

    /// <summary>Returns after the result was told.</summary>
    /// <param name="after">The last entry that the viewer has; 0 for none.</param>
    /// <param name="cancellationToken">The viewer is gone.</param>
    /// <exception cref="OperationCanceledException">It is gone, or takes nothing.</exception>
    public async Task RunAsync(long after, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reader = new FeedReader(job.Feed, after);
        for (var isOver = false; !isOver;)
        {
            var next = reader.NextAsync(late.Token);
            while (!next.IsCompleted)
            {
                await WhileNothingHappensAsync(next, late);
            }

            var batch = await next;
            await TellAsync(late, batch);
            isOver = batch.IsOver;
        }

        await BoundedAsync(late, TellResultAsync);
    }

    private async Task WhileNothingHappensAsync(Task<FeedBatch> next, CancellationTokenSource late)
    {
        var pause = job.Ticket.Position is null ? s_keepAlive : s_whileQueued;
        await TellPositionAsync(late);
        await ((Task)next.WaitAsync(pause, late.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        late.Token.ThrowIfCancellationRequested();
        if (!next.IsCompleted && pause == s_keepAlive)
        {
            await BoundedAsync(late, writer.KeepAliveAsync);
        }
    }

    private async Task TellPositionAsync(CancellationTokenSource late)
    {
        if (job.Ticket.Position is { } position && position != _position)
        {
            _position = position;
            var wait = Math.Round(queue.EstimatedWait(position).TotalMilliseconds);
            await BoundedAsync(late, token => writer.MessageAsync("state", 0, Json(json =>
            {
                json.WriteString("state", "queued");
                json.WriteNumber("position", position);
                json.WriteNumber("estimatedWaitMs", wait);
            }), token));
        }
    }

    private async Task TellAsync(CancellationTokenSource late, FeedBatch batch)
    {
        if (batch.Gap is { } gap)
        {
            await BoundedAsync(late, token => writer.MessageAsync("gap", 0, Json(json =>
            {
                json.WriteNumber("stdout", gap.Stdout);
                json.WriteNumber("stderr", gap.Stderr);
            }), token));
        }

        foreach (var entry in batch.Entries)
        {
            await BoundedAsync(late, token => entry.Kind switch
            {
                FeedKind.State => writer.MessageAsync("state", entry.Id, Json(json => json.WriteString("state", entry.Word)), token),
                FeedKind.Phase => writer.MessageAsync("phase", entry.Id, Json(json =>
                {
                    json.WriteString("phase", entry.Word);
                    json.WriteString("at", entry.At);
                }), token),
                _ => writer.OutputAsync(entry, token),
            });
        }
    }

    private async Task TellResultAsync(CancellationToken cancellationToken)
    {
        var (type, json) = await EndAsync();
        await writer.MessageAsync(type, 0, json, cancellationToken);
    }

    private async Task<(string Type, ReadOnlyMemory<byte> Json)> EndAsync()
    {
        try
        {
            return ("result", await job.ResultJsonAsync());
        }
        catch (InvalidJobException invalid)
        {
            return Problem("the job is not valid", invalid.Message);
        }
        catch (JobPostponedException postponed)
        {
            return Problem("the job is not over", postponed.Message);
        }
        catch (IOException)
        {
            return Problem("there is no result", "it cannot be read any more");
        }
    }

    private static (string Type, ReadOnlyMemory<byte> Json) Problem(string title, string detail) => ("problem", Json(json =>
    {
        json.WriteString("title", title);
        json.WriteString("detail", detail);
    }));

    private static async Task BoundedAsync(CancellationTokenSource late, Func<CancellationToken, Task> write)
    {
        late.CancelAfter(s_longestWrite);
        await write(late.Token);
        late.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    /// <summary>One JSON object, on one line.</summary>
    public static byte[] Json(Action<Utf8JsonWriter> members)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }
}

/// <summary>Server-Sent Events (HTML Living Standard, 9.2).</summary>
internal sealed class EventWriter(HttpResponse response) : ILiveWriter
{
    private const int Slice = 64 << 10;

    private static readonly ReadOnlyMemory<byte> s_end = "\n\n"u8.ToArray();

    /// <inheritdoc/>
    public async Task MessageAsync(string type, long id, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var head = Encoding.UTF8.GetBytes($"event: {type}\n{(id > 0 ? $"id: {id}\n" : "")}data: ");
        response.BodyWriter.Write(head);
        for (var from = 0; from < json.Length; from += Slice)
        {
            // A flush for each: of a large result no more than a slice waits in memory.
            await response.BodyWriter.WriteAsync(json[from..Math.Min(json.Length, from + Slice)], cancellationToken);
        }

        await response.BodyWriter.WriteAsync(s_end, cancellationToken);
    }

    /// <inheritdoc/>
    public Task OutputAsync(FeedEntry entry, CancellationToken cancellationToken) =>
        MessageAsync(entry.Kind == FeedKind.Stderr ? "stderr" : "stdout", entry.Id, LiveView.Json(json =>
        {
            json.WriteNumber("offset", entry.Offset);
            if (System.Text.Unicode.Utf8.IsValid(entry.Bytes.Span))
            {
                json.WriteString("text", entry.Bytes.Span);
            }
            else
            {
                json.WriteBase64String("base64", entry.Bytes.Span);
            }
        }), cancellationToken);

    /// <inheritdoc/>
    public Task KeepAliveAsync(CancellationToken cancellationToken) => response.WriteAsync(":\n\n", Encoding.UTF8, cancellationToken);
}
