using System.Text.Json;

namespace Sandbox.Running;

/// <summary>A detached run as it is kept: how it was started, and once it is over how it ended. Its log is beside that.</summary>
internal sealed record KeptRun
{
    /// <summary>So many are kept of those that are over; the oldest go first.</summary>
    public const int MostEnded = 32;

    private const string Record = "run.json";
    private const string Result = "result.json";

    /// <summary>The id of its sandbox.</summary>
    public required string Id { get; init; }

    /// <summary>The name that it was given; null for none.</summary>
    public string? Name { get; init; }

    /// <summary>The program that ran it, with an absolute path.</summary>
    public required string Program { get; init; }

    /// <summary>The arguments of <c>sandbox run</c>.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The directory in which that was said.</summary>
    public required string Directory { get; init; }

    /// <summary>The words of the job's command.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Where it is kept.</summary>
    public string Place { get; init; } = "";

    /// <summary>Those that are kept, the oldest first.</summary>
    public static IReadOnlyList<KeptRun> All(RunDirectory directory)
    {
        try
        {
            // Ids are ordered by their time.
            return [.. System.IO.Directory.GetDirectories(directory.Runs).Order(StringComparer.Ordinal).Select(Read).OfType<KeptRun>()];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>Writes it.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string place)
    {
        using var file = NewFile($"{place}/{Record}");
        using var json = new Utf8JsonWriter(file);
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("name", Name);
        json.WriteString("program", Program);
        json.WriteString("directory", Directory);
        json.WriteString("createdAt", CreatedAt);
        WriteWords(json, "arguments", Arguments);
        WriteWords(json, "command", Command);
        json.WriteEndObject();
    }

    /// <summary>Writes how it ended.</summary>
    /// <param name="place">Where it is kept.</param>
    /// <param name="ending">How.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void End(string place, RunEnding ending)
    {
        using (var file = NewFile($"{place}/.{Result}"))
        using (var json = new Utf8JsonWriter(file))
        {
            json.WriteStartObject();
            ending.Write(json);
            json.WriteEndObject();
        }

        File.Move($"{place}/.{Result}", $"{place}/{Result}", overwrite: true);
    }

    /// <summary>How it ended; null while it runs, and where its process was killed.</summary>
    public RunEnding? Ending()
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes($"{Place}/{Result}"));
            return RunEnding.Read(document.RootElement);
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Removes it, with its log.</summary>
    public void Remove() => Remove(Place);

    /// <summary>Removes what was kept there.</summary>
    public static void Remove(string place)
    {
        try
        {
            System.IO.Directory.Delete(place, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Whoever removes it at the same time has it then.
        }
    }

    private static KeptRun? Read(string place)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes($"{place}/{Record}"));
            var root = document.RootElement;
            return new()
            {
                Id = root.GetProperty("id").GetString()!,
                Name = root.GetProperty("name").GetString(),
                Program = root.GetProperty("program").GetString()!,
                Directory = root.GetProperty("directory").GetString()!,
                CreatedAt = root.GetProperty("createdAt").GetDateTimeOffset(),
                Arguments = Words(root.GetProperty("arguments")),
                Command = Words(root.GetProperty("command")),
                Place = place,
            };
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null; // it is being made, or removed
        }
    }

    private static FileStream NewFile(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Create,
        Access = FileAccess.Write,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });

    private static IReadOnlyList<string> Words(JsonElement words) => [.. words.EnumerateArray().Select(static word => word.GetString()!)];

    private static void WriteWords(Utf8JsonWriter json, string name, IReadOnlyList<string> words)
    {
        json.WriteStartArray(name);
        foreach (var word in words)
        {
            json.WriteStringValue(word);
        }

        json.WriteEndArray();
    }
}

/// <summary>How a sandbox ended: of its result what an exit status follows from.</summary>
internal sealed record RunEnding
{
    /// <inheritdoc cref="JobResult.Verdict"/>
    public required Verdict Verdict { get; init; }

    /// <inheritdoc cref="JobResult.Message"/>
    public required string Message { get; init; }

    /// <inheritdoc cref="JobResult.ExitCode"/>
    public int? ExitCode { get; init; }

    /// <inheritdoc cref="JobResult.Signal"/>
    public string? Signal { get; init; }

    /// <inheritdoc cref="JobResult.CommandNotFound"/>
    public bool CommandNotFound { get; init; }

    /// <summary>When that was known.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Of a result that is there now.</summary>
    public static RunEnding Of(JobResult result) => new()
    {
        Verdict = result.Verdict,
        Message = result.Message,
        ExitCode = result.ExitCode,
        Signal = result.Signal,
        CommandNotFound = result.CommandNotFound,
        At = DateTimeOffset.UtcNow,
    };

    /// <summary>Reads what <see cref="Write"/> has written.</summary>
    public static RunEnding Read(JsonElement root) => new()
    {
        Verdict = Array.Find(Enum.GetValues<Verdict>(), verdict => ResultFile.NameOf(verdict) == root.GetProperty("verdict").GetString()),
        Message = root.GetProperty("message").GetString()!,
        ExitCode = root.GetProperty("exitCode") is { ValueKind: JsonValueKind.Number } code ? code.GetInt32() : null,
        Signal = root.GetProperty("signal").GetString(),
        CommandNotFound = root.GetProperty("commandNotFound").GetBoolean(),
        At = root.GetProperty("endedAt").GetDateTimeOffset(),
    };

    /// <summary>Writes it as members of an object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("verdict", ResultFile.NameOf(Verdict));
        json.WriteString("message", Message);
        if (ExitCode is { } code)
        {
            json.WriteNumber("exitCode", code);
        }
        else
        {
            json.WriteNull("exitCode");
        }

        json.WriteString("signal", Signal);
        json.WriteBoolean("commandNotFound", CommandNotFound);
        json.WriteString("endedAt", At);
    }
}
