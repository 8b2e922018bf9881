using System.Diagnostics;
using System.Text.Json;
using Sandbox.Jobs;
using Sandbox.Telemetry;
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

    [Fact]
    public void The_schema_is_made_of_the_rows()
    {
        var path = Repository.PathOf("schemas/job.schema.json");
        var schema = File.ReadAllText(path);

        var made = LimitSchema.PutInto(schema);

        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(path, made);
            return;
        }

        Assert.Equal(made, schema);
    }

    [Fact]
    public void A_default_of_the_schema_is_that_of_the_library() => Assert.All(LimitTable.All.Where(limit => limit.HasDefault), limit =>
        Assert.Equal(Given(new(), limit), Given(Read(limit, LimitSchema.Of(limit)["default"]!.ToJsonString()), limit)));

    [Fact]
    public void Telemetry_tells_every_limit_that_was_asked_for()
    {
        using var source = new ActivitySource(nameof(LimitTableTests));
        using var listener = new ActivityListener { ShouldListenTo = asked => asked == source, Sample = (ref _) => ActivitySamplingResult.AllData };
        ActivitySource.AddActivityListener(listener);
        var limits = LimitTable.All.Aggregate(new ResourceLimits(), (set, limit) => Copy(limit, Read(limit, Other(limit)), set));
        using var span = source.StartActivity("job")!;

        JobAttributes.WriteRequestedLimits(span, limits);

        Assert.Equal(
            LimitTable.All.Select(limit => ($"sandbox.limit.{Text.Spelling.Join(limit.Name, '_')}.requested", (object?)limit.Value(limits))),
            span.TagObjects.Select(tag => (tag.Key, tag.Value)));
        Assert.DoesNotContain(span.TagObjects, tag => tag.Value is null);
    }

    [Fact]
    public void The_page_on_telemetry_says_how_a_limit_is_called() =>
        Assert.Contains("`sandbox.limit.NAME.requested`", Repository.Read("docs/telemetry.md"), StringComparison.Ordinal);

    private static string Other(Limit limit) => limit switch
    {
        DurationLimit => "\"17s\"",
        SizeLimit => "\"17MiB\"",
        _ => "17",
    };

    private static ResourceLimits Read(Limit limit, string json) => Job.With($$""" "limits": { "{{limit.Name}}": {{json}} } """).Limits;

    private static ResourceLimits Copy(Limit limit, ResourceLimits from, ResourceLimits to) => limit switch
    {
        DurationLimit time => time.With(to, time.Get(from)),
        SizeLimit size => size.With(to, size.Get(from)),
        CountLimit count => count.With(to, count.Get(from)),
        ProcessorLimit cpus => cpus.With(to, cpus.Get(from)),
        _ => throw new ArgumentOutOfRangeException(nameof(limit)),
    };

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
