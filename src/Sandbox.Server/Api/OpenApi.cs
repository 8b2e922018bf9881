namespace Sandbox.Server.Api;

/// <summary>GET /openapi.json (OpenAPI 3.1) and the schemas that it refers to: files of the repository, which tests hold against the routes.</summary>
internal static class OpenApi
{
    private static readonly (string Path, string Type)[] s_documents =
    [
        ("/openapi.json", "application/json"),
        ("/schemas/job.schema.json", "application/schema+json"),
        ("/schemas/result.schema.json", "application/schema+json"),
    ];

    /// <summary>Adds its routes.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, type) in s_documents)
        {
            routes.MapGet(path, (RequestDelegate)(context => WriteAsync(context, path, type)));
        }
    }

    /// <summary>The content of one.</summary>
    public static Stream Open(string path) => typeof(OpenApi).Assembly.GetManifestResourceStream(path)!;

    private static async Task WriteAsync(HttpContext context, string path, string type)
    {
        await using var document = Open(path);
        context.Response.ContentType = type;
        context.Response.ContentLength = document.Length;
        await document.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
