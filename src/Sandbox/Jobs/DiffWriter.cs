using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>The members of result.json about what a job changed; only where that was asked for.</summary>
internal static class DiffWriter
{
    public static void Write(Utf8JsonWriter json, DiffResult? diff)
    {
        if (diff is null)
        {
            return;
        }

        json.WriteStartArray("diff");
        foreach (var entry in diff.Entries)
        {
            WriteEntry(json, entry);
        }

        json.WriteEndArray();
        if (diff.IsTruncated)
        {
            json.WriteBoolean("diffTruncated", true);
        }

        if (diff.Archive is { } archive)
        {
            json.WriteStartObject("diffArchive");
            json.WriteNumber("bytes", archive.Bytes);
            json.WriteString("sha256", archive.Sha256);
            json.WriteString("to", archive.To);
            json.WriteEndObject();
        }
    }

    private static void WriteEntry(Utf8JsonWriter json, DiffEntry entry)
    {
        json.WriteStartObject();
        json.WriteString("path", entry.Path);
        json.WriteString("change", Name(entry.Change));
        json.WriteString("type", Name(entry.Type));
        if (entry.Mode is { } mode)
        {
            json.WriteString("mode", Octal(mode));
        }

        if (entry.Bytes is { } bytes)
        {
            json.WriteNumber("bytes", bytes);
        }

        if (entry.Sha256 is { } sha256)
        {
            json.WriteString("sha256", sha256);
        }

        if (entry.Target is { } target)
        {
            json.WriteString("target", target);
        }

        json.WriteEndObject();
    }

    private static string Name(DiffChange change) => change switch
    {
        DiffChange.Created => "created",
        DiffChange.Changed => "changed",
        _ => "deleted",
    };

    private static string Name(DiffType type) => type switch
    {
        DiffType.File => "file",
        DiffType.Directory => "folder",
        DiffType.Symlink => "symlink",
        _ => "other",
    };

    private static string Octal(int mode) => Convert.ToString(mode, 8).PadLeft(4, '0');
}
