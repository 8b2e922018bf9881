using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sandbox.Cli;

/// <summary>The list of images, for people and for programs.</summary>
internal static class ImageTable
{
    private const int DigestDigits = 12;
    private const int DigestStart = 7; // after "sha256:"

    /// <summary>A heading, and a line for each name of each image.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<ListedImage> images, DateTimeOffset now)
    {
        var rows = images.SelectMany(image => Rows(image, now)).Prepend(["NAME", "DIGEST", "LAYERS", "SIZE", "CREATED", "USED"]).ToArray();
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return rows.Select(row => string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    /// <summary>The same as one JSON object.</summary>
    public static void Write(IBufferWriter<byte> to, IReadOnlyList<ListedImage> images)
    {
        using (var json = new Utf8JsonWriter(to, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("schema", "sandbox.images/1");
            json.WriteStartArray("images");
            foreach (var image in images)
            {
                Write(json, image);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        to.Write("\n"u8);
    }

    private static void Write(Utf8JsonWriter json, ListedImage image)
    {
        json.WriteStartObject();
        json.WriteString("digest", image.Digest);
        json.WriteStartArray("names");
        foreach (var name in image.Names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteNumber("layers", image.Layers);
        json.WriteNumber("missingLayers", image.MissingLayers);
        json.WriteNumber("bytes", image.Bytes);
        json.WriteString("created", image.Created?.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        json.WriteString("used", image.Used.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    private static IEnumerable<string[]> Rows(ListedImage image, DateTimeOffset now)
    {
        var layers = image.Layers.ToString(CultureInfo.InvariantCulture) + (image.MissingLayers > 0 ? $" ({image.MissingLayers} missing)" : "");
        string[] rest =
        [
            image.Digest.Substring(DigestStart, DigestDigits),
            layers,
            DisplayText.Bytes(image.Bytes),
            image.Created is { } created ? Ago(now - created) : "-",
            Ago(now - image.Used),
        ];
        return image.Names.DefaultIfEmpty("-").Select(name => (string[])[name, .. rest]);
    }

    private static string Ago(TimeSpan age) => age switch
    {
        { TotalMinutes: < 1 } => "just now",
        { TotalHours: < 1 } => $"{(int)age.TotalMinutes} min ago",
        { TotalDays: < 1 } => $"{(int)age.TotalHours} h ago",
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)age.TotalDays} {((int)age.TotalDays == 1 ? "day" : "days")} ago"),
    };
}
