using System.Buffers;
using System.Text.Json;
using Sandbox.Interop;
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
    public static void Write(Stream to, DocumentResult result, bool pretty)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(result);
        var pieces = PiecesTo(to);
        Write(pieces, result, pretty);
        _ = pieces.Finish();
    }

    /// <summary>The same with a final line end, which goes out with the last piece: one of up to 64 KiB is one write, and lines of several writers do not mix.</summary>
    /// <inheritdoc cref="Write(Stream, DocumentResult, bool)"/>
    public static void WriteLine(Stream to, DocumentResult result, bool pretty)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(result);
        _ = SendLine(PiecesTo(to), result, pretty);
    }

    /// <summary>Writes a result as UTF-8 JSON without a final line end.</summary>
    /// <param name="to">Where the bytes go.</param>
    /// <param name="result">The result.</param>
    /// <param name="pretty">Indented, one member a line; otherwise all on one line.</param>
    public static void Write(IBufferWriter<byte> to, DocumentResult result, bool pretty)
    {
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(result);

        // Relaxed: it is a file for programs and people, not text within HTML. Control characters stay escaped.
        var options = new JsonWriterOptions
        {
            Indented = pretty,
            Encoder = JsonEscaping.Relaxed,
            SkipValidation = true,
        };
        using var json = new Utf8JsonWriter(to, options);
        if (result is ProcessesResult several)
        {
            ProcessesForm.Write(json, several);
            return;
        }

        if (result is StepsResult steps)
        {
            StepsWriter.Write(json, steps);
            return;
        }

        ResultWriter.Write(json, (JobResult)result);
    }

    /// <summary>What result.json calls a verdict, such as <c>wall-time-limit</c>.</summary>
    /// <param name="verdict">The verdict.</param>
    public static string NameOf(Verdict verdict) => ResultWriter.VerdictName(verdict);

    /// <summary>Writes a result with a final line end; 0, or the negated errno of who takes the pieces.</summary>
    internal static int SendLine(PieceWriter pieces, DocumentResult result, bool pretty)
    {
        Write(pieces, result, pretty);
        pieces.Write("\n"u8);
        return pieces.Finish();
    }

    private static PieceWriter PiecesTo(Stream stream) => new(piece =>
    {
        stream.Write(piece);
        return 0;
    });
}
