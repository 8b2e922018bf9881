using System.Text.Json;
using Sandbox.Jobs;
using Xunit;

namespace Sandbox.Tests.Jobs;

public sealed class LimitTableTests
{
    public static TheoryData<string> Names => [.. LimitTable.Names];

    [Fact]
    public void Every_limit_of_the_library_has_a_row_of_its_own()
    {
        var changed = LimitTable.All.Select(limit => Properties(Read(limit, Other(limit)))).ToList();

        Assert.All(changed, properties => Assert.Single(properties));
        Assert.Equal(Properties(typeof(ResourceLimits)), changed.SelectMany(properties => properties).Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_limit_is_written_as_it_is_read(string name)
    {
        var limit = LimitTable.Find(name)!;

        Assert.All([Other(limit), "\"none\""], json => Assert.Equal(Given(Read(limit, json), limit), Given(Written(Read(limit, json), limit), limit)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_schema_says_of_a_limit_what_its_row_says(string name)
    {
        var limit = LimitTable.Find(name)!;
        using var schema = JsonDocument.Parse(Repository.Read("schemas/job.schema.json"));

        var member = schema.RootElement.GetProperty("$defs").GetProperty("limits").GetProperty("properties").GetProperty(name);
        var given = member.GetProperty("anyOf")[0];

        Assert.Equal(
            limit switch
            {
                DurationLimit => "#/$defs/duration",
                SizeLimit => "#/$defs/size",
                CountLimit => "integer",
                _ => "number",
            },
            given.TryGetProperty("$ref", out var kind) ? kind.GetString() : given.GetProperty("type").GetString());
        if (limit is CountLimit count)
        {
            Assert.Equal(count.Least, given.GetProperty("minimum").GetInt32());
        }

        if (member.TryGetProperty("default", out var usual))
        {
            Assert.Equal(Given(new(), limit), Given(Read(limit, usual.GetRawText()), limit));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_page_on_telemetry_names_a_limit(string name) =>
        Assert.Contains($"`{Text.Spelling.Join(name, '_')}`", Repository.Read("docs/telemetry.md"), StringComparison.Ordinal);

    private static string Other(Limit limit) => limit switch
    {
        DurationLimit => "\"17s\"",
        SizeLimit => "\"17MiB\"",
        _ => "17",
    };

    private static ResourceLimits Read(Limit limit, string json) => Job.With($$""" "limits": { "{{limit.Name}}": {{json}} } """).Limits;

    private static double? Given(ResourceLimits limits, Limit limit) => limit.Value(limits);

    private static IEnumerable<string> Properties(Type type) =>
        type.GetProperties(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance).Select(property => property.Name).Order();

    private static IEnumerable<string> Properties(ResourceLimits limits) =>
        Properties(typeof(ResourceLimits)).Where(name =>
            !Equals(typeof(ResourceLimits).GetProperty(name)!.GetValue(limits), typeof(ResourceLimits).GetProperty(name)!.GetValue(new ResourceLimits())));

    private static ResourceLimits Written(ResourceLimits limits, Limit limit)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            LimitTable.Write(json, limits);
            json.WriteEndObject();
        }

        using var document = JsonDocument.Parse(bytes.ToArray());
        return document.RootElement.TryGetProperty("limits", out var written) && written.TryGetProperty(limit.Name, out var value) ? Read(limit, value.GetRawText()) : new();
    }
}
