using System.Text.Json;

namespace Sandbox.Cli.Manual;

/// <summary>sandbox-job(5): the members of a job file, made of its JSON Schema.</summary>
internal static class JobPage
{
    /// <summary>A job file that uses a few of them.</summary>
    public const string Example = """
        {
          // No network, 512 MiB, 60 s and an empty /work, unless the job says otherwise.
          "name": "two-sum",
          "command": ["python3", "main.py"],
          "files": { "/work/main.py": { "from": "./main.py" } },
          "stdin": { "text": "1 2\n" },
          "limits": { "cpuTime": "2s", "memory": "256MiB" },
          "outputs": [ { "path": "/work/*.log", "to": "./logs/", "optional": true } ]
        }
        """;

    // Objects that have members of their own, and what the page calls them. The order is that of the page.
    private static readonly (string Definition, string Title)[] s_parts =
    [
        ("limits", "LIMITS"),
        ("mount", "MOUNTS"),
        ("file", "FILES"),
        ("content", "STANDARD INPUT"),
        ("toFile", "STANDARD OUTPUT AND ERROR"),
        ("output", "OUTPUTS"),
        ("step", "STEPS"),
        ("case", "CASES OF A STEP"),
        ("group", "GROUPS OF CASES"),
    ];

    public static void Write(Roff page)
    {
        using var document = JsonDocument.Parse(EmbeddedText.Read("job.schema.json"));
        var (schema, definitions) = (document.RootElement, document.RootElement.GetProperty("$defs"));
        page.Name("sandbox-job", "the job file of sandbox");
        page.Section("DESCRIPTION");
        page.Paragraph("A job file describes one job for sandbox-exec(1) in JSON, in which // comments and trailing commas are allowed. A member that is " +
            "unknown or stands there twice makes the job invalid. Paths of the host are relative to the directory of the job file. \"sandbox schema job\" prints the JSON Schema " +
            "that this page is made of.");
        page.Section("MEMBERS");
        WriteMembers(page, schema, definitions);
        foreach (var (definition, title) in s_parts)
        {
            page.Section(title);
            WritePart(page, definitions.GetProperty(definition), definitions);
        }

        page.Section("VALUES");
        page.Term("SIZE", "", definitions.GetProperty("size").GetProperty("description").GetString()!);
        page.Term("TIME", "", definitions.GetProperty("duration").GetProperty("description").GetString()!);
        page.Section("EXAMPLES");
        page.Verbatim(Example.Split('\n'));
    }

    private static void WritePart(Roff page, JsonElement part, JsonElement definitions)
    {
        if (part.TryGetProperty("description", out var description))
        {
            page.Paragraph(description.GetString()!);
        }

        if (!part.TryGetProperty("oneOf", out var kinds) || part.TryGetProperty("properties", out _))
        {
            WriteMembers(page, part, definitions);
            return;
        }

        foreach (var kind in kinds.EnumerateArray())
        {
            page.Subsection("type " + Choices(kind.GetProperty("properties").GetProperty("type")));
            WriteMembers(page, kind, definitions);
        }
    }

    private static void WriteMembers(Roff page, JsonElement of, JsonElement definitions)
    {
        foreach (var member in of.GetProperty("properties").EnumerateObject())
        {
            var about = member.Value.TryGetProperty("description", out var own) ? own.GetString()!
                : member.Value.TryGetProperty("$ref", out var reference) && Definition(reference, definitions).TryGetProperty("description", out var general) ? general.GetString()!
                : "";
            var usual = member.Value.TryGetProperty("default", out var value) && !about.Contains("Default:", StringComparison.Ordinal) ? $"{(about.Length > 0 ? " " : "")}Default: {value.GetRawText()}." : "";
            page.Term(member.Name, Kind(member.Value, definitions), about + usual is { Length: > 0 } text ? text : "Its value.");
        }
    }

    // What a value is, in a few words.
    private static string Kind(JsonElement value, JsonElement definitions)
    {
        if (value.TryGetProperty("$ref", out var reference))
        {
            return Name(reference);
        }

        if (value.TryGetProperty("anyOf", out var kinds))
        {
            return string.Join(" | ", kinds.EnumerateArray().Select(kind => Kind(kind, definitions)));
        }

        return value.TryGetProperty("enum", out _) ? Choices(value)
            : value.GetProperty("type").GetString() switch
            {
                "array" => $"[{Kind(value.GetProperty("items"), definitions)}, ...]",
                "object" when value.TryGetProperty("properties", out var members) => $"{{ {string.Join(", ", members.EnumerateObject().Select(member => member.Name))} }}",
                "object" when value.TryGetProperty("additionalProperties", out var entry) && entry.ValueKind == JsonValueKind.Object => $"{{ NAME: {Kind(entry, definitions)}, ... }}",
                var type => type!,
            };
    }

    private static string Choices(JsonElement value) => string.Join(" | ", value.GetProperty("enum").EnumerateArray().Select(choice => choice.GetRawText()));

    private static string Name(JsonElement reference) => Last(reference) switch
    {
        "size" => "SIZE",
        "duration" => "TIME",
        "none" => "\"none\"",
        "insidePath" or "hostPath" or "hostOrStored" => "PATH",
        "id" => "ID",
        "#" => "JOB",
        "name" => "NAME",
        "pipe" => "{ pipe }",
        var name => s_parts.First(part => part.Definition == name) is var known ? $"see {known.Title}" : name,
    };

    private static JsonElement Definition(JsonElement reference, JsonElement definitions) => definitions.GetProperty(Last(reference));

    private static string Last(JsonElement reference) => reference.GetString()!.Split('/')[^1];
}
