namespace Sandbox.Server.Page;

// The page is hostile ground: it shows what jobs are called and what they wrote. Its scripts put text into text nodes only, and the browser runs, loads and
// frames nothing that is not one of these files.

/// <summary>GET /: the live page, which lies in the program and loads nothing from anywhere else.</summary>
internal static class PageFiles
{
    /// <summary>What the browser may do with the page (CSP Level 3).</summary>
    public const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>The paths of its files, which are the same on every server.</summary>
    public static IReadOnlyList<string> Paths { get; } =
        ["/", .. typeof(PageFiles).Assembly.GetManifestResourceNames().Where(static name => name.StartsWith("/page/", StringComparison.Ordinal) && !name.EndsWith(".html", StringComparison.Ordinal))];

    private static readonly Dictionary<string, string> s_types = new()
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
    };

    /// <summary>Adds its routes. None of the files is about this server: they are for everybody who may connect.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", (RequestDelegate)(static context => WriteAsync(context, "/page/index.html")));
        foreach (var path in Paths.Skip(1))
        {
            routes.MapGet(path, (RequestDelegate)(context => WriteAsync(context, path)));
        }
    }

    /// <summary>Every answer of the server is what it says it is, and nobody's frame or script.</summary>
    public static Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return next(context);
    }

    private static async Task WriteAsync(HttpContext context, string name)
    {
        await using var file = typeof(PageFiles).Assembly.GetManifestResourceStream(name)!;
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";
        context.Response.ContentType = s_types[Path.GetExtension(name)];
        context.Response.ContentLength = file.Length;
        await file.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
