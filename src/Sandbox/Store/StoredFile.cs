using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Sandbox.Hashing;
using Sandbox.Text;

namespace Sandbox.Store;

/// <summary>One file of the store.</summary>
internal sealed record StoredFile
{
    /// <summary>64 hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    public required long Bytes { get; init; }

    /// <summary>When it was last put or used, to a minute.</summary>
    public required DateTimeOffset UsedAt { get; init; }

    /// <summary>A running job has it.</summary>
    public bool InUse { get; init; }
}

/// <summary>How large the store may become before files that were not used for long are removed.</summary>
internal static class StoreSize
{
    /// <summary>Without a word of anybody: 10 GiB.</summary>
    public const long Default = 10L << 30;

    private const string Variable = "SANDBOX_STORE_SIZE";

    /// <summary>What was given, else SANDBOX_STORE_SIZE, else the default.</summary>
    /// <exception cref="ArgumentException">The text is no size.</exception>
    public static long Of(string? given)
    {
        var text = given ?? Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(text))
        {
            return Default;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        return Quantity.ParseSize(text, out var bytes, out _) is not { } problem ? bytes
            : throw new ArgumentException($"{(given is null ? Variable : "--max-size")} {problem}");
    }
}

/// <summary>A file of the store that a job asks for.</summary>
/// <param name="Sha256">64 hexadecimal digits.</param>
/// <param name="Pointer">JSON pointer of the member that named it.</param>
internal readonly record struct StoredName(string Sha256, string Pointer)
{
    /// <summary>All that a job asks for; most ask for none.</summary>
    public static List<StoredName> Of(JobSpec spec)
    {
        var names = new List<StoredName>();
        for (var index = 0; index < spec.Mounts.Count; index++)
        {
            if (spec.Mounts[index] is StoredMount mount)
            {
                names.Add(new(mount.Sha256, $"/mounts/{index}/source"));
            }
        }

        foreach (var file in spec.Files)
        {
            if (file.Content is StoredContent content)
            {
                names.Add(new(content.Sha256, $"/files/{Sandbox.Text.JsonPointer.Escape(file.Path)}/from"));
            }
        }

        if (spec.Stdin is ContentStdin { Content: StoredContent stdin })
        {
            names.Add(new(stdin.Sha256, "/stdin/from"));
        }

        return names;
    }
}

/// <summary>The list of files for programs: <c>sandbox store ls --json</c>.</summary>
internal static class StoreJson
{
    /// <summary>Writes the files as one array, indented.</summary>
    public static ReadOnlySpan<byte> Write(IReadOnlyList<StoredFile> files)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartArray();
            foreach (var file in files)
            {
                json.WriteStartObject();
                json.WriteString("name", ObjectName.Prefix + file.Sha256);
                json.WriteNumber("bytes", file.Bytes);
                json.WriteString("usedAt", file.UsedAt.UtcDateTime);
                json.WriteBoolean("inUse", file.InUse);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan;
    }
}
