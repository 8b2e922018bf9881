using System.Buffers;
using System.Text.Json;

namespace Sandbox.Cli;

/// <summary><c>sandbox version</c>, also as <c>sandbox --version</c>.</summary>
internal static class VersionCommand
{
    public static Command Command { get; } = new()
    {
        Name = "version",
        Summary = "Print the version and the commit that it was built from",
        Options = [CommandOption.Json],
        Examples = ["sandbox version --json"],
        Run = arguments => Print(arguments.Has("json")),
    };

    private const int ShortLength = 12;

    private static int Print(bool json)
    {
        if (json)
        {
            StandardStreams.WriteOutput(Json());
            return ExitStatus.Ok;
        }

        StandardStreams.WriteOutput($"sandbox {ProductVersion.Text} ({(ProductVersion.Commit is { } commit ? "commit " + Short(commit) : "unknown commit")})");
        return ExitStatus.Ok;
    }

    // As git log --abbrev=12 has it; the whole one is in the JSON.
    private static string Short(string commit)
    {
        const string dirty = "-dirty";
        return commit.Length <= ShortLength ? commit : commit[..ShortLength] + (commit.EndsWith(dirty, StringComparison.Ordinal) ? dirty : "");
    }

    private static ReadOnlySpan<byte> Json()
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("schema", "sandbox.version/1");
            json.WriteString("version", ProductVersion.Text);
            json.WriteString("commit", ProductVersion.Commit);
            json.WriteEndObject();
        }

        text.Write("\n"u8);
        return text.WrittenSpan;
    }
}
