using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sandbox.Cli.Batch;

/// <summary>Lines that carry a result: those of the output and those of a journal.</summary>
internal static class BatchLine
{
    private const string Schema = "sandbox.batch/1";

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A line of the output, as <c>schemas/batch.schema.json</c> describes it.</summary>
    public static ReadOnlyMemory<byte> ForOutput(BatchItem item, ReadOnlyMemory<byte> result) => Write(result, json =>
    {
        json.WriteString("schema"u8, Schema);
        json.WriteNumber("index"u8, item.Index);
        json.WriteString("input"u8, item.Input);
        if (item.Line > 0)
        {
            json.WriteNumber("line"u8, item.Line);
        }
    });

    /// <summary>A line of a journal. The index comes first, where it is found without reading all of the line.</summary>
    public static ReadOnlyMemory<byte> ForJournal(BatchItem item, string fingerprint, ReadOnlyMemory<byte> result) => Write(result, json =>
    {
        json.WriteNumber("index"u8, item.Index);
        json.WriteString("fingerprint"u8, fingerprint);
        json.WriteString("input"u8, item.Input);
    });

    private static ReadOnlyMemory<byte> Write(ReadOnlyMemory<byte> result, Action<Utf8JsonWriter> writeHead)
    {
        var line = new ArrayBufferWriter<byte>(result.Length + 256);
        using (var json = new Utf8JsonWriter(line, s_options))
        {
            json.WriteStartObject();
            writeHead(json);
            json.WritePropertyName("result"u8);
            json.WriteRawValue(result.Span, skipInputValidation: true);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        return line.WrittenMemory;
    }
}
