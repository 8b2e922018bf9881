
namespace Sandbox.Cli;

/// <summary><c>sandbox schema</c>: the published JSON Schemas.</summary>
internal static class SchemaCommand
{
    private static readonly string[] s_kinds = ["job", "result", "batch"];

    public static Command Command { get; } = new()
    {
        Name = "schema",
        Arguments = "job|result|batch",
        ArgumentKind = ValueKind.Of(s_kinds),
        Fewest = 1,
        Most = 1,
        Question = "which schema, job, result or batch?",
        Summary = "Print the JSON Schema of job.json, of a result, or of a line of \"sandbox batch\"",
        Examples = ["sandbox schema job > job.schema.json"],
        Run = arguments => Print(arguments.Words[0]),
    };

    private static int Print(string kind)
    {
        if (Array.IndexOf(s_kinds, kind) < 0)
        {
            var meant = NearestName.Of(kind, s_kinds);
            Diagnostics.Write($"there is no schema \"{kind}\": job, result and batch are" +
                (meant is null ? "" : $"; did you mean \"{meant}\"?"));
            return ExitStatus.Usage;
        }

        StandardStreams.WriteOutput(EmbeddedText.Read(kind + ".schema.json"));
        return ExitStatus.Ok;
    }
}
