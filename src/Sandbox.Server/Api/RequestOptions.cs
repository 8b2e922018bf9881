using System.Globalization;
using Sandbox.Server.Access;
using Sandbox.Server.Queue;

namespace Sandbox.Server.Api;

/// <summary>What a request says besides its job. What is not known is refused.</summary>
internal sealed record RequestOptions
{
    private const int LongestName = 200;
    private const int HighestPriority = 100;

    // Of others than the server's own user: whoever could go before everybody could go before everybody for ever.
    private const int HighestOfOthers = 0;

    /// <summary>The answer comes with the result, and not at once.</summary>
    public bool Waits { get; init; }

    /// <summary>The job ends with the request that waits for it.</summary>
    public bool EndsWithConnection { get; init; }

    /// <summary>What the job asks of the queue, but for its memory.</summary>
    public QueueRequest Queue { get; init; } = new();

    /// <summary>The Idempotency-Key; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>Reads them.</summary>
    /// <param name="request">The request.</param>
    /// <param name="waits">Whether it waits unless it says.</param>
    /// <param name="known">The parameters of the query that there are.</param>
    /// <exception cref="BadHttpRequestException">One of them is none.</exception>
    public static RequestOptions Of(HttpRequest request, bool waits, params string[] known)
    {
        var caller = Caller.Of(request.HttpContext);
        if (request.Query.Keys.FirstOrDefault(name => !known.Contains(name)) is { } unknown)
        {
            throw new BadHttpRequestException($"the query has no \"{unknown}\"");
        }

        return new()
        {
            Waits = Value(request, "wait", null) switch { null => waits, "1" => true, "0" => false, _ => throw new BadHttpRequestException("\"wait\" is 0 or 1") },
            EndsWithConnection = Value(request, "cancel", null) switch { null => false, "disconnect" => true, _ => throw new BadHttpRequestException("\"cancel\" is disconnect") },
            Queue = new()
            {
                Account = caller.Tenant,
                Tenant = Header(request, "X-Sandbox-Tenant") ?? "",
                Priority = Value(request, "priority", "Sandbox-Priority") is { } priority ? Priority(priority, caller) : 0,
                StartBefore = Value(request, "deadline", "Sandbox-Deadline") is { } deadline ? Duration(deadline) : null,
            },
            Key = Header(request, "Idempotency-Key"),
        };
    }

    private static string? Value(HttpRequest request, string parameter, string? header)
    {
        var values = request.Query[parameter];
        return values.Count > 1 ? throw new BadHttpRequestException($"\"{parameter}\" is there twice") : values.Count == 1 ? values[0] : header is null ? null : Header(request, header);
    }

    private static string? Header(HttpRequest request, string name) => request.Headers[name] switch
    {
        [] => null,
        [{ Length: > 0 and <= LongestName } value] => value,
        _ => throw new BadHttpRequestException($"{name} has one value of up to {LongestName} characters"),
    };

    private static int Priority(string text, Caller caller)
    {
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var priority) || priority is < -HighestPriority or > HighestPriority)
        {
            throw new BadHttpRequestException($"the priority is a number from -{HighestPriority} to {HighestPriority}");
        }

        return caller.IsOwner || priority <= HighestOfOthers ? priority
            : throw new BadHttpRequestException($"a priority above {HighestOfOthers} is for the server's own user, by its unix socket", StatusCodes.Status403Forbidden);
    }

    private static TimeSpan Duration(string text)
    {
        try
        {
            return Quantities.ParseDuration(text) is var time && time <= TimeSpan.FromDays(40) ? time : throw new FormatException("is more than 40 days");
        }
        catch (FormatException wrong)
        {
            throw new BadHttpRequestException($"the deadline is no time to start within: it {wrong.Message}");
        }
    }
}
