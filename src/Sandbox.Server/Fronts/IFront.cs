namespace Sandbox.Server.Fronts;

/// <summary>The API of another judge: it translates requests to jobs of this server, and their results back, and runs nothing itself.</summary>
internal interface IFront
{
    /// <summary>The header in which its clients send a token instead of <c>Authorization</c>; null for none.</summary>
    string? TokenHeader => null;

    /// <summary>It has tokens of its own, which are asked for at its places and nowhere else.</summary>
    bool HasTokens => false;

    /// <summary>The token that a request shows in the way of that API; null for none.</summary>
    string? TokenOf(HttpRequest request) => TokenHeader is { } name && request.Headers[name] is [{ Length: > 0 } token] ? token : null;

    /// <summary>Whose a token of its own is; null if it is none.</summary>
    string? TenantOf(string token) => null;

    /// <summary>Waits for what it does beside its answers, when no more jobs are taken.</summary>
    Task FinishAsync() => Task.CompletedTask;

    /// <summary>Answers a request of somebody who was let in.</summary>
    Task AnswerAsync(HttpContext context);

    /// <summary>Answers somebody who was not let in, in the form of that API.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="why">In a sentence.</param>
    Task RefuseAsync(HttpContext context, int status, string why);

    /// <summary>The request tells nothing of this server's jobs, and clients send it before they have a token.</summary>
    bool IsOpenToAll(HttpRequest request);
}
