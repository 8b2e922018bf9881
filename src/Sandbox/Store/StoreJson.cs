using System.Buffers;
using System.Text.Json;
using Sandbox.Hashing;

namespace Sandbox.Store;

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
