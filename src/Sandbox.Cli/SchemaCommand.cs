
namespace Sandbox.Cli;

/// <summary><c>sandbox schema</c>: the published JSON Schemas.</summary>
internal static class SchemaCommand
{
    private static readonly string[] s_kinds = ["job", "result"];

    public static Command Command { get; } = new()
    {
        Name = "schema",
        Arguments = "job|result",
        ArgumentKind = ValueKind.Of(s_kinds),
        Fewest = 1,
        Most = 1,
        Question = "which schema, job or result?",
        Summary = "Print the JSON Schema of job.json or of a result",
        Examples = ["sandbox schema job > job.schema.json"],
        Run = arguments => Print(arguments.Words[0]),
    };

    private static int Print(string kind)
    {
        if (Array.IndexOf(s_kinds, kind) < 0)
        {
            var meant = NearestName.Of(kind, s_kinds);
            Diagnostics.Write($"there is no schema \"{kind}\": job and result are" +
                (meant is null ? "" : $"; did you mean \"{meant}\"?"));
            return ExitStatus.Usage;
        }

        StandardStreams.WriteOutput(EmbeddedText.Read(kind + ".schema.json"));
        return ExitStatus.Ok;
    }
}
