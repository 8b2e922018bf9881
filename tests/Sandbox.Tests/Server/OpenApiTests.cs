using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sandbox.Server;
using Sandbox.Server.Api;
using Sandbox.Server.Files;
using Sandbox.Server.Jobs;
using Sandbox.Server.Queue;
using Sandbox.Server.Settings;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed partial class OpenApiTests
{
    private static readonly string[] s_methods = ["get", "put", "post", "delete", "head", "patch"];

    private static JsonElement Document => JsonDocument.Parse(OpenApi.Open("/openapi.json")).RootElement;

    [Fact]
    public async Task It_names_every_route_of_the_server_and_no_other()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore();
        await using var app = builder.Build();
        using var queue = new JobQueue(new() { Slots = 1 }, TimeProvider.System);
        var (settings, problems) = SettingsReader.Read([], static _ => null);
        Assert.Empty(problems);
        using var files = new TenantFiles(settings with { Store = "/nowhere" }, static _ => { }, TimeProvider.System);

        JobServer.Map(app, new JobTable(queue, (_, _) => throw new InvalidOperationException(), new(), TimeProvider.System), queue, settings, files, static () => throw new InvalidOperationException(), static _ => Task.CompletedTask);

        var routes = ((IEndpointRouteBuilder)app).DataSources.SelectMany(static source => source.Endpoints).Cast<RouteEndpoint>()
            .SelectMany(static route => route.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods.Select(method => $"{method.ToLowerInvariant()} {route.RoutePattern.RawText}"));
        Assert.Equal(routes.Order(StringComparer.Ordinal), Operations().Select(static found => found.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void It_names_what_each_query_may_have()
    {
        var read = new Dictionary<string, string[]>
        {
            ["get /v1/jobs"] = ListApi.ListQuery,
            ["post /v1/jobs"] = JobsApi.PostQuery,
            ["get /v1/jobs/{id}"] = JobsApi.GetQuery,
            ["delete /v1/jobs/{id}"] = JobsApi.DeleteQuery,
            ["get /v1/jobs/{id}/events"] = LiveApi.EventsQuery,
            ["get /v1/jobs/{id}/stream"] = LiveApi.StreamQuery,
            ["post /v1/jobs/{id}/signal"] = LiveApi.SignalQuery,
        };

        foreach (var (name, _, operation) in Operations())
        {
            var said = Parameters(operation).Where(static known => known.In == "query").Select(static known => known.Name);
            Assert.Equal(read.GetValueOrDefault(name, []).Order(StringComparer.Ordinal), said.Order(StringComparer.Ordinal));
        }
    }

    // The rules of OpenAPI 3.1.1 that a document of this kind can break.
    [Fact]
    public void It_is_a_document_of_OpenAPI_3_1()
    {
        Assert.StartsWith("3.1.", Document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.All(["title", "version"], static member => Assert.NotEmpty(Document.GetProperty("info").GetProperty(member).GetString()!));
        var names = Operations().Select(static found => found.Operation.GetProperty("operationId").GetString()).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        foreach (var (name, path, operation) in Operations())
        {
            var parameters = Parameters(path).Concat(Parameters(operation)).ToList();
            Assert.Equal(parameters.Count, parameters.Select(static known => (known.Name, known.In)).Distinct().Count());
            Assert.Equal(Braces().Matches(name).Select(static match => match.Groups[1].Value), parameters.Where(static known => known.In == "path" && known.IsRequired).Select(static known => known.Name));
            Assert.All(parameters, static known => Assert.Contains(known.In, s_places));
            Assert.NotEmpty(operation.GetProperty("responses").EnumerateObject());
            foreach (var response in operation.GetProperty("responses").EnumerateObject())
            {
                Assert.Matches("^[1-5][0-9][0-9]$", response.Name);
                Assert.NotEmpty(response.Value.GetProperty("description").GetString()!);
                Assert.Equal(response.Name[0] is '4' or '5', response.Value.TryGetProperty("content", out var content) && content.TryGetProperty("application/problem+json", out _));
            }
        }
    }

    [Fact]
    public void Every_reference_leads_somewhere()
    {
        var references = new List<string>();
        Collect(Document, references);

        Assert.NotEmpty(references);
        foreach (var reference in references.Distinct())
        {
            if (reference.StartsWith("#/", StringComparison.Ordinal))
            {
                Assert.Equal(JsonValueKind.Object, reference[2..].Split('/').Aggregate(Document, static (at, member) => at.GetProperty(member)).ValueKind);
                continue;
            }

            Assert.True(Document.GetProperty("paths").TryGetProperty("/" + reference, out _));
            using var schema = JsonDocument.Parse(OpenApi.Open("/" + reference));
            Assert.True(schema.RootElement.TryGetProperty("$schema", out _));
        }
    }

    private static readonly string[] s_places = ["path", "query", "header"];

    private static IEnumerable<(string Name, JsonElement Path, JsonElement Operation)> Operations() =>
        from path in Document.GetProperty("paths").EnumerateObject()
        from member in path.Value.EnumerateObject()
        where s_methods.Contains(member.Name)
        select ($"{member.Name} {path.Name}", path.Value, member.Value);

    private static IEnumerable<(string Name, string In, bool IsRequired)> Parameters(JsonElement of) =>
        !of.TryGetProperty("parameters", out var all) ? []
        : all.EnumerateArray().Select(static known => (known.GetProperty("name").GetString()!, known.GetProperty("in").GetString()!, known.GetProperty("required").GetBoolean()));

    private static void Collect(JsonElement of, List<string> references)
    {
        if (of.ValueKind == JsonValueKind.Array)
        {
            of.EnumerateArray().ToList().ForEach(item => Collect(item, references));
        }

        if (of.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in of.EnumerateObject())
            {
                if (member.NameEquals("$ref"))
                {
                    references.Add(member.Value.GetString()!);
                }

                Collect(member.Value, references);
            }
        }
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Braces();
}
