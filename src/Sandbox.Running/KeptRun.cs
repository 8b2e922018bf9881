using System.Text.Json;

namespace Sandbox.Running;

/// <summary>A detached run as it is kept: how it was started, and once it is over how it ended. Its log is beside that.</summary>
internal sealed record KeptRun
{
    private const string Record = "run.json";
    private const string Result = "result.json";
    private const string Lock = "lock";

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

    /// <summary>The process that has it, or had it.</summary>
    public int HostPid { get; init; }

    /// <summary>Where it is kept.</summary>
    public string Place { get; init; } = "";

    /// <summary>Bytes of its files.</summary>
    public long Bytes => new DirectoryInfo(Place) is { Exists: true } place ? place.EnumerateFiles().Sum(static file => file.Exists ? file.Length : 0) : 0;

    /// <summary>Its process is alive. One that is not, and has not said how the run ended, was killed.</summary>
    public bool IsHeld => IsHeldAt(Place);

    /// <summary>Holds it for as long as this process lives, which the kernel sees to (flock(2)).</summary>
    /// <exception cref="IOException">It cannot be held.</exception>
    public static FileStream Hold(string place) => new($"{place}/{Lock}", new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        Share = FileShare.None,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    });

    /// <summary>Some process holds what is there. Whoever looks takes the lock shared: those who look at the same time do not see each other.</summary>
    public static bool IsHeldAt(string place)
    {
        try
        {
            using var file = new FileStream($"{place}/{Lock}", FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>The run that is kept there; null where there is none, or not yet.</summary>
    public static KeptRun? At(string place) => Read(place);

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
        json.WriteNumber("hostPid", HostPid);
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
                HostPid = root.TryGetProperty("hostPid", out var pid) ? pid.GetInt32() : 0,
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
