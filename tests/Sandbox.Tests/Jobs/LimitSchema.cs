using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sandbox.Interop;
using Sandbox.Jobs;

namespace Sandbox.Tests.Jobs;

/// <summary>The part of the job's schema that says what <see cref="LimitTable"/> says: <c>limits</c>, and what <c>require</c> may name.</summary>
internal static class LimitSchema
{
    private static readonly JsonSerializerOptions s_format = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schema with that part made anew.</summary>
    public static string PutInto(string schema)
    {
        var root = JsonNode.Parse(schema)!;
        root["$defs"]!["limits"]!["properties"] = new JsonObject(LimitTable.All.Select(limit => KeyValuePair.Create(limit.Name, (JsonNode?)Of(limit))));
        root["properties"]!["require"]!["items"]!["enum"] = new JsonArray([.. LimitTable.Requirable.Select(name => JsonValue.Create(name))]);
        return root.ToJsonString(s_format) + "\n";
    }

    /// <summary>The schema of one limit.</summary>
    public static JsonObject Of(Limit limit)
    {
        var schema = new JsonObject
        {
            ["description"] = limit.Description,
            ["anyOf"] = new JsonArray(Value(limit), Reference("none")),
        };
        if (limit.HasDefault)
        {
            schema["default"] = Default(limit);
        }

        return schema;
    }

    private static JsonObject Value(Limit limit) => limit switch
    {
        DurationLimit => Reference("duration"),
        SizeLimit => Reference("size"),
        CountLimit count => new() { ["type"] = "integer", ["minimum"] = count.Least, ["maximum"] = count.Most },
        ProcessorLimit => new() { ["type"] = "number", ["minimum"] = ProcessorLimit.Least, ["maximum"] = CpuSet.Capacity },
        _ => throw new ArgumentOutOfRangeException(nameof(limit)),
    };

    private static JsonObject Reference(string definition) => new() { ["$ref"] = "#/$defs/" + definition };

    private static JsonNode? Default(Limit limit)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            limit.Write(json, new());
            json.WriteEndObject();
        }

        return JsonNode.Parse(bytes.ToArray())![limit.Name]!.DeepClone();
    }
}
