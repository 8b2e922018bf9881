using ConsoleAppFramework;
using Sandbox.Jobs;

namespace Sandbox.Cli;

/// <summary><c>sandbox schema</c>: the published JSON Schemas.</summary>
internal static class SchemaCommand
{
    private static readonly string[] s_kinds = ["job", "result"];

    /// <summary>Print the JSON Schema of job.json or result.json.</summary>
    /// <param name="kind">job or result.</param>
    public static int Run([Argument] string kind) => LastResort.Run(() => Print(kind));

    private static int Print(string kind)
    {
        if (Array.IndexOf(s_kinds, kind) < 0)
        {
            var meant = Suggestions.For(kind, s_kinds);
            Diagnostics.Write($"there is no schema \"{kind}\": job and result are" +
                (meant is null ? "" : $"; did you mean \"{meant}\"?"));
            return ExitStatus.Usage;
        }

        StandardStreams.WriteOutput(EmbeddedText.Read(kind + ".schema.json"));
        return ExitStatus.Ok;
    }
}
