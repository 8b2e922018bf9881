using System.Text.Json;
using Sandbox.Server.Access;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>What can be done with submissions: sent alone or in batches, looked at, listed and deleted.</summary>
internal sealed class SubmissionsApi(FrontParts parts, SubmissionStore store, SubmissionRuns runs, bool hasNetwork, bool hasCallbacks)
{
    private const string Unconvertible = "some attributes for this submission cannot be converted to UTF-8, use base64_encoded=true query parameter";
    private const string UnconvertibleOne = "some attributes for one or more submissions cannot be converted to UTF-8, use base64_encoded=true query parameter";
    private const int UsualOnPage = 20;
    private const int MostOnPage = 200;

    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(600);

    private Judge0Settings Settings => parts.Settings.Judge0;

    /// <summary>Takes one.</summary>
    public async Task CreateAsync(HttpContext context)
    {
        CheckMaintenance();
        var waits = context.Request.Query["wait"] == "true";
        if (waits && !Settings.CanWait)
        {
            throw Judge0Refusal.Bad("wait not allowed");
        }

        var fields = SubmissionQuery.Fields(context);
        var languages = await Judge0Language.OfferedAsync(parts.Runtimes);
        using var body = await SubmissionQuery.BodyAsync(context);
        var (submission, problems) = Read(Reader(context, languages), body.RootElement);
        if (submission is null)
        {
            await Judge0Answers.JsonAsync(context, StatusCodes.Status422UnprocessableEntity, problems.Write);
            return;
        }

        var kept = (await TakeAsync(context, [submission]))[0];
        runs.Begin(kept);
        if (!waits)
        {
            await Judge0Answers.JsonAsync(context, StatusCodes.Status201Created, json => WriteToken(json, kept.Token));
            return;
        }

        await Task.WhenAny(kept.Over, Task.Delay(s_longestWait, parts.Time, context.RequestAborted));
        context.RequestAborted.ThrowIfCancellationRequested();
        try
        {
            await WriteAsync(context, StatusCodes.Status201Created, Read(kept), fields, SubmissionQuery.IsBase64(context, Settings), languages);
        }
        catch (NoTextException)
        {
            await Judge0Answers.JsonAsync(context, StatusCodes.Status201Created, json =>
            {
                json.WriteStartObject();
                json.WriteString("error", Unconvertible);
                json.WriteString("token", kept.Token);
                json.WriteEndObject();
            });
        }
    }

    /// <summary>Takes several; those that would be compiled alike are compiled once.</summary>
    public async Task CreateBatchAsync(HttpContext context)
    {
        CheckMaintenance();
        CheckBatches();
        var languages = await Judge0Language.OfferedAsync(parts.Runtimes);
        using var body = await SubmissionQuery.BodyAsync(context);
        var root = body.RootElement;
        var sent = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("submissions", out var array) && array.ValueKind == JsonValueKind.Array ? array.EnumerateArray().ToList() : [];
        CheckCount(sent.Count);
        var reader = Reader(context, languages);
        var read = sent.ConvertAll(one => Read(reader, one));
        var valid = read.Where(static one => one.Submission is not null).Select(static one => one.Submission!).ToList();
        if (valid.Count > 0)
        {
            Begin(await TakeAsync(context, valid));
        }

        await Judge0Answers.JsonAsync(context, valid.Count > 0 ? StatusCodes.Status201Created : StatusCodes.Status422UnprocessableEntity, json =>
        {
            json.WriteStartArray();
            foreach (var (submission, problems) in read)
            {
                if (submission is null)
                {
                    problems.Write(json);
                }
                else
                {
                    WriteToken(json, submission.Token);
                }
            }

            json.WriteEndArray();
        });
    }

    /// <summary>Tells of one.</summary>
    public async Task ShowAsync(HttpContext context, string token)
    {
        var fields = SubmissionQuery.Fields(context);
        if (store.Find(Caller.Of(context).Tenant, token) is not { } kept || store.Read(kept) is not { } submission)
        {
            await Judge0Answers.EmptyAsync(context, StatusCodes.Status404NotFound);
            return;
        }

        try
        {
            await WriteAsync(context, StatusCodes.Status200OK, submission, fields, SubmissionQuery.IsBase64(context, Settings), await Judge0Language.OfferedAsync(parts.Runtimes));
        }
        catch (NoTextException)
        {
            throw Judge0Refusal.Bad(Unconvertible);
        }
    }

    /// <summary>Tells of several, in the order in which they are asked for.</summary>
    public async Task ShowBatchAsync(HttpContext context)
    {
        CheckBatches();
        var fields = SubmissionQuery.Fields(context);
        var asked = context.Request.Headers["tokens"] is [{ Length: > 0 } header] ? header : context.Request.Query["tokens"].ToString();
        var tokens = asked.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        CheckCount(tokens.Length);
        var tenant = Caller.Of(context).Tenant;
        var languages = await Judge0Language.OfferedAsync(parts.Runtimes);
        await WriteAllAsync(context, json => SubmissionFields.WriteList(json, [.. tokens.Select(token => store.Find(tenant, token) is { } kept ? store.Read(kept) : null)], fields, SubmissionQuery.IsBase64(context, Settings), languages));
    }

    /// <summary>Tells of all that the tenant has, newest first, in pages.</summary>
    public async Task ListAsync(HttpContext context)
    {
        var fields = SubmissionQuery.Fields(context);
        var page = SubmissionQuery.Whole(context, "page", 1);
        var onPage = Math.Min(SubmissionQuery.Whole(context, "per_page", UsualOnPage), MostOnPage);
        if (page <= 0)
        {
            throw Judge0Refusal.Bad($"invalid page: {page}");
        }

        if (onPage <= 0)
        {
            throw Judge0Refusal.Bad($"invalid per_page: {onPage}");
        }

        var all = store.List(Caller.Of(context).Tenant);
        var pages = Math.Max(1, (all.Count + onPage - 1) / onPage);
        List<Submission?> shown = [.. all.Skip((int)Math.Min((page - 1L) * onPage, int.MaxValue)).Take(onPage).Select(store.Read).Where(static submission => submission is not null)];
        var languages = await Judge0Language.OfferedAsync(parts.Runtimes);
        await WriteAllAsync(context, json =>
        {
            SubmissionFields.WriteList(json, shown, fields, SubmissionQuery.IsBase64(context, Settings), languages);
            json.WriteStartObject("meta");
            json.WriteNumber("current_page", page);
            WriteNumber(json, "next_page", page < pages ? page + 1 : null);
            WriteNumber(json, "prev_page", page > 1 ? page - 1 : null);
            json.WriteNumber("total_pages", pages);
            json.WriteNumber("total_count", all.Count);
            json.WriteEndObject();
        });
    }

    /// <summary>Deletes one that is over, and tells of it.</summary>
    public async Task DeleteAsync(HttpContext context, string token)
    {
        CheckMaintenance();
        var fields = SubmissionQuery.Fields(context);
        if (!Settings.CanDelete)
        {
            throw Judge0Refusal.Bad("delete not allowed");
        }

        if (store.Find(Caller.Of(context).Tenant, token) is not { } kept || store.Read(kept) is not { } submission)
        {
            await Judge0Answers.EmptyAsync(context, StatusCodes.Status404NotFound);
            return;
        }

        if (!submission.Status.IsOver())
        {
            throw Judge0Refusal.Bad($"submission cannot be deleted because its status is {(int)submission.Status} ({submission.Status.Text()})");
        }

        store.Delete(kept);
        await WriteAsync(context, StatusCodes.Status200OK, submission, fields, isBase64: true, await Judge0Language.OfferedAsync(parts.Runtimes));
    }

    private void Begin(IReadOnlyList<KeptSubmission> taken)
    {
        var groups = new List<(Submission First, SharedCompilation Shared)>();
        foreach (var kept in taken)
        {
            var submission = kept.Submission!;
            var shared = groups.Find(group => IsCompiledAlike(group.First, submission)).Shared;
            if (shared is null)
            {
                groups.Add((submission, shared = new()));
            }

            runs.Begin(kept, shared);
        }
    }

    /// <summary>Both would be compiled from the same, with the same words.</summary>
    public static bool IsCompiledAlike(Submission one, Submission other) =>
        one.LanguageId == other.LanguageId && one.CompilerOptions == other.CompilerOptions && one.SourceCode.AsSpan().SequenceEqual(other.SourceCode) && one.AdditionalFiles.AsSpan().SequenceEqual(other.AdditionalFiles);

    private async Task<IReadOnlyList<KeptSubmission>> TakeAsync(HttpContext context, IReadOnlyList<Submission> submissions)
    {
        var most = Settings.MostQueued ?? parts.Settings.Queue.MaxWaiting;
        var caller = Caller.Of(context);
        return parts.Queue.IsClosed ? throw new Judge0Refusal(StatusCodes.Status503ServiceUnavailable, "the server is shutting down")
            : await store.AddAsync(caller.Tenant, submissions, most, caller.IsOwner || caller == Caller.Anybody || caller.Tenant == Judge0Front.Tenant ? most : Math.Max(1, most / 2))
            ?? throw new Judge0Refusal(StatusCodes.Status503ServiceUnavailable, "queue is full");
    }

    private SubmissionReader Reader(HttpContext context, IReadOnlyList<OfferedLanguage> languages) => new(Settings, languages, hasNetwork, hasCallbacks, SubmissionQuery.IsBase64(context, Settings));

    private (Submission? Submission, SubmissionProblems Problems) Read(SubmissionReader reader, JsonElement body)
    {
        try
        {
            return reader.Read(body, Guid.NewGuid().ToString(), parts.Time.GetUtcNow());
        }
        catch (InvalidOperationException)
        {
            throw Judge0Refusal.Bad("the request holds text that is none");
        }
    }

    private Submission Read(KeptSubmission kept) => store.Read(kept) ?? throw new Judge0Refusal(StatusCodes.Status500InternalServerError, "the submission cannot be read");

    private void CheckMaintenance()
    {
        if (Settings.IsInMaintenance)
        {
            throw new Judge0Refusal(StatusCodes.Status503ServiceUnavailable, Settings.MaintenanceMessage);
        }
    }

    private void CheckBatches()
    {
        if (!Settings.HasBatches)
        {
            throw Judge0Refusal.Bad("batched submissions are not allowed");
        }
    }

    private void CheckCount(int count)
    {
        if (count > Settings.MostInBatch)
        {
            throw Judge0Refusal.Bad($"number of submissions in a batch should be less than or equal to {Settings.MostInBatch}");
        }

        if (count == 0)
        {
            throw Judge0Refusal.Bad("there should be at least one submission in a batch");
        }
    }

    private static void WriteToken(Utf8JsonWriter json, string token)
    {
        json.WriteStartObject();
        json.WriteString("token", token);
        json.WriteEndObject();
    }

    private static Task WriteAsync(HttpContext context, int status, Submission submission, IReadOnlyList<string> fields, bool isBase64, IReadOnlyList<OfferedLanguage> languages) =>
        Judge0Answers.JsonAsync(context, status, json => SubmissionFields.Write(json, submission, fields, isBase64, languages));

    private static async Task WriteAllAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        try
        {
            await Judge0Answers.JsonAsync(context, StatusCodes.Status200OK, json =>
            {
                json.WriteStartObject();
                write(json);
                json.WriteEndObject();
            });
        }
        catch (NoTextException)
        {
            throw Judge0Refusal.Bad(UnconvertibleOne);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, int? number)
    {
        if (number is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
