using System.Runtime.Versioning;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Judge;
using Microsoft.AspNetCore.Http.HttpResults;
using Sandbox.Hosting;

[assembly: SupportedOSPlatform("linux")]

const int MaxSourceBytes = 64 << 10;
const string PagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// Settings and problems lie beside the program, wherever it is started.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
var settings = builder.Configuration.GetSection("Judge").Get<JudgeSettings>() ?? new();
var directory = Path.GetFullPath(settings.Problems, AppContext.BaseDirectory);
IReadOnlyDictionary<string, Problem> problems;
try
{
    problems = ProblemReader.ReadAll(directory);
}
catch (InvalidDataException mistakes)
{
    Console.Error.WriteLine(mistakes.Message);
    return 1;
}

builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Limits.MaxRequestBodySize = 8 * MaxSourceBytes);
builder.Services.ConfigureHttpJsonOptions(static json =>
{
    json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower));
    json.SerializerOptions.RespectNullableAnnotations = true;
    json.SerializerOptions.Encoder = JavaScriptEncoder.Default; // "<" is not to be seen, whoever makes what of it
    json.SerializerOptions.RespectRequiredConstructorParameters = true;
});
builder.Services.AddProblemDetails();
builder.Services.AddSandbox(builder.Configuration.GetSection("Sandbox"));
// No job is shown the tests, wherever this is installed: below /usr they would be in every root.
builder.Services.Configure<SandboxHostOptions>(options => options.Hidden = [.. options.Hidden, directory]);
builder.Services.AddHealthChecks().AddSandbox();
builder.Services.AddSingleton(problems);
builder.Services.AddSingleton(new SubmissionList(settings.Queue, settings.Kept, TimeProvider.System));
builder.Services.AddHostedService<JudgeService>();

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.Use(static (context, next) =>
{
    context.Response.Headers.XContentTypeOptions = "nosniff";
    context.Response.Headers.CacheControl = "no-store";
    context.Response.Headers.ContentSecurityPolicy = PagePolicy;
    return next(context);
});

foreach (var (path, type) in new[] { ("/index.html", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript") })
{
    app.MapGet(path == "/index.html" ? "/" : path, () => Results.Stream(typeof(Problem).Assembly.GetManifestResourceStream(path)!, type + "; charset=utf-8"));
}

app.MapHealthChecks("/health");

var api = app.MapGroup("/api");
api.MapGet("/languages", static () => Language.All.Select(static language => new { language.Id, language.Name }));
api.MapGet("/problems", () => problems.Values.Select(ProblemView.Of));
api.MapGet("/scoreboard", static (SubmissionList submissions) => Scoreboard.Of(submissions.Latest(int.MaxValue)));
api.MapGet("/submissions", static (SubmissionList submissions) => submissions.Latest(50).Select(static submission => submission with { Report = submission.Report?.Brief() }));
api.MapGet("/submissions/{id:long}", static Results<Ok<Submission>, NotFound> (long id, SubmissionList submissions) =>
    submissions.Find(id) is { } submission ? TypedResults.Ok(submission) : TypedResults.NotFound());

// Bound from application/json alone, which a form of another site cannot send.
api.MapPost("/submissions", Results<Accepted<Submission>, ValidationProblem, ProblemHttpResult> (SubmissionRequest request, SubmissionList submissions, HttpContext context) =>
{
    if (request.Mistakes(problems, MaxSourceBytes) is { Count: > 0 } mistakes)
    {
        return TypedResults.ValidationProblem(mistakes);
    }

    if (submissions.Add(request) is { } submission)
    {
        return TypedResults.Accepted($"/api/submissions/{submission.Id}", submission);
    }

    context.Response.Headers.RetryAfter = $"{Math.Ceiling(submissions.TimeToPlace.TotalSeconds)}";
    return TypedResults.Problem("So many submissions wait already: try again in a while.", statusCode: StatusCodes.Status429TooManyRequests);
});

app.Run();
return 0;
