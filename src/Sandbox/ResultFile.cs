using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sandbox.Jobs;

namespace Sandbox;

/// <summary>Writes result.json.</summary>
public static class ResultFile
{
    /// <summary>Writes a result as UTF-8 JSON without a final line end, in pieces: of a large result no copy is made in memory.</summary>
    /// <param name="to">Where the bytes go; not flushed.</param>
    /// <param name="result">The result.</param>
    /// <param name="pretty">Indented, one member a line; otherwise all on one line.</param>
    /// <exception cref="IOException">The stream takes no more.</exception>
    public static void Write(Stream to, JobResult result, bool pretty)
    {
        ArgumentNullException.ThrowIfNull(to);
        var pieces = new PieceWriter(piece =>
        {
            to.Write(piece);
            return 0;
        });
        Write(pieces, result, pretty);
        _ = pieces.Finish();
    }

    /// <summary>Writes a result as UTF-8 JSON without a final line end.</summary>
    /// <param name="to">Where the bytes go.</param>
    /// <param name="result">The result.</param>
    /// <param name="pretty">Indented, one member a line; otherwise all on one line.</param>
    public static void Write(IBufferWriter<byte> to, JobResult result, bool pretty)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(result);

        // Relaxed: it is a file for programs and people, not text within HTML. Control characters stay escaped.
        var options = new JsonWriterOptions
        {
            Indented = pretty,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            SkipValidation = true,
        };
        using var json = new Utf8JsonWriter(to, options);
        ResultWriter.Write(json, result);
    }
}
