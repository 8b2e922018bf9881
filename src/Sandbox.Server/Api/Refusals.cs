using Sandbox.Server.Listening;

namespace Sandbox.Server.Api;

/// <summary>Turns what goes wrong on the way to an answer into one.</summary>
internal static class Refusals
{
    /// <summary>Calls the rest, and answers where it does not.</summary>
    public static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
            // Another API has its own words for that.
            if (context.Features.Get<Entrance>()?.Front is null && context.Response is { HasStarted: false, StatusCode: StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed, ContentType: null })
            {
                await Problems.WriteAsync(context, context.Response.StatusCode, "there is nothing like that here");
            }
        }
        catch (BadHttpRequestException bad) when (!context.Response.HasStarted)
        {
            await Problems.WriteAsync(context, bad.StatusCode, bad.StatusCode == StatusCodes.Status413PayloadTooLarge ? "the request is larger than this server takes" : bad.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // nobody is there to be answered
        }
    }
}
