using System.Buffers;
using System.Text;
using System.Text.Json;
using NJsonSchema;
using Sandbox.Jobs;
using Xunit;

namespace Sandbox.Tests.Cores;

public sealed class QualityWriterTests
{
    private static readonly RunQuality s_full = new()
    {
        Cpus = "2-3,8",
        ForcedSwitches = 12,
        VoluntarySwitches = 13,
        Throttled = TimeSpan.Zero,
        CpuPressure = TimeSpan.FromMicroseconds(200),
        Steal = TimeSpan.FromMilliseconds(20),
        Note = "timings may be disturbed: 20 ms stolen by the hypervisor",
    };

    private static readonly RunQuality s_least = new() { ForcedSwitches = 0 };

    [Fact]
    public void Every_member_is_written_in_its_unit()
    {
        var json = Json(s_full);

        Assert.Equal(
            """
            {"quality":{"cpus":"2-3,8","forcedSwitches":12,"voluntarySwitches":13,"throttledMs":0,"cpuPressureMs":0.2,"stealMs":20,"note":"timings may be disturbed: 20 ms stolen by the hypervisor"}}
            """,
            json);
    }

    [Fact]
    public void What_is_not_known_is_left_out()
    {
        Assert.Equal("""{"quality":{"forcedSwitches":0}}""", Json(s_least));
        Assert.Equal("{}", Json(null));
    }

    [Fact]
    public async Task What_is_written_is_valid_by_the_schema()
    {
        var schema = await JsonSchema.FromJsonAsync(Schema().GetRawText(), TestContext.Current.CancellationToken);

        foreach (var quality in new[] { s_full, s_least })
        {
            Assert.Empty(schema.Validate(Member(quality).GetRawText()));
        }
    }

    [Fact]
    public void The_schema_and_the_writer_know_the_same_members()
    {
        var known = Schema().GetProperty("properties").EnumerateObject().Select(member => member.Name);

        Assert.Equal(known, Member(s_full).EnumerateObject().Select(member => member.Name));
    }

    private static JsonElement Schema() =>
        JsonDocument.Parse(Repository.Read("schemas/result.schema.json")).RootElement.GetProperty("properties").GetProperty("quality");

    private static JsonElement Member(RunQuality quality) => JsonDocument.Parse(Json(quality)).RootElement.GetProperty("quality");

    private static string Json(RunQuality? quality)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            QualityWriter.Write(json, quality);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }
}
