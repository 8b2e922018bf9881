using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Sandbox.Server.Access;
using Sandbox.Server.Files;

namespace Sandbox.Server.Api;

/// <summary>PUT, GET, HEAD and DELETE /v1/files/{sha256}: what jobs name by its digest, and what they keep.</summary>
internal sealed class FilesApi(TenantFiles files)
{
    /// <summary>Adds its routes.</summary>
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut("/v1/files/{sha256}", (RequestDelegate)(context => PlacedAsync(context, PutAsync)));
        routes.MapGet("/v1/files/{sha256}", (RequestDelegate)(context => PlacedAsync(context, GetAsync)));
        routes.MapMethods("/v1/files/{sha256}", [HttpMethods.Head], (RequestDelegate)(context => PlacedAsync(context, GetAsync)));
        routes.MapDelete("/v1/files/{sha256}", (RequestDelegate)(context => PlacedAsync(context, DeleteAsync)));
    }

    private async Task PlacedAsync(HttpContext context, Func<HttpContext, FileStore, string, Task> answer)
    {
        RequestOptions.Of(context.Request, waits: true);
        string digest;
        try
        {
            digest = FileStore.DigestOf((string)context.Request.RouteValues["sha256"]!);
        }
        catch (FormatException wrong)
        {
            throw new BadHttpRequestException($"the name of a file {wrong.Message}");
        }

        var tenant = Tenant(context);
        if (!files.TryEnter(tenant))
        {
            context.Response.Headers.RetryAfter = "1";
            await Problems.WriteAsync(context, StatusCodes.Status429TooManyRequests, "as many files are sent and read as may be at once");
            return;
        }

        try
        {
            await answer(context, files.Of(tenant), digest);
        }
        catch (SandboxException failure) when (!context.Response.HasStarted)
        {
            var (status, title) = Explain(failure);
            await Problems.WriteAsync(context, status, title);
        }
        finally
        {
            files.Leave(tenant);
        }
    }

    private async Task PutAsync(HttpContext context, FileStore store, string digest)
    {
        var most = files.Largest(Tenant(context));
        if (context.Request.ContentLength > most)
        {
            await Problems.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, $"a file may have at most {Quantities.FormatSize(most.Value)}");
            return;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null; // the store's own limit counts while it is read
        }

        var stored = await store.PutStreamAsync(context.Request.Body, digest, context.RequestAborted);
        await store.PruneAsync(CancellationToken.None);
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("sha256", stored.Sha256);
        json.WriteNumber("bytes", stored.Bytes);
        json.WriteEndObject();
    }

    private static async Task GetAsync(HttpContext context, FileStore store, string digest)
    {
        await using var file = await store.OpenReadAsync(digest, context.RequestAborted);
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = file.Length;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await file.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
    }

    private static async Task DeleteAsync(HttpContext context, FileStore store, string digest)
    {
        await store.RemoveAsync(digest, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    // Paths of the machine are not for whoever asks.
    private static (int Status, string Title) Explain(SandboxException failure) => failure.Errno switch
    {
        "ENOENT" => (StatusCodes.Status404NotFound, "there is no such file"),
        "EBADMSG" => (StatusCodes.Status422UnprocessableEntity, failure.Message),
        "EFBIG" => (StatusCodes.Status413PayloadTooLarge, failure.Message),
        "EBUSY" => (StatusCodes.Status409Conflict, "a running job uses the file"),
        "ENOSPC" or "EDQUOT" => (StatusCodes.Status507InsufficientStorage, "there is no room for the file"),
        "EIO" => (StatusCodes.Status404NotFound, "the file is damaged, and was moved aside: it has to be put once more"),
        var errno => (StatusCodes.Status500InternalServerError, $"the store cannot be used: {errno}"),
    };

    private static string Tenant(HttpContext context) => Caller.Of(context).Tenant;
}
