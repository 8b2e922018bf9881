using System.Text;
using Sandbox.Cli.Batch;

namespace Sandbox.Tests.Cli.Batch;

/// <summary>Results that no job was run for.</summary>
internal static class BatchResults
{
    public static BatchItem Item(long index) => new LineItem { Index = index, Input = $"jobs.jsonl:{index + 1}", Line = index + 1, Text = [] };

    public static byte[] Text(Verdict verdict, string message = "as it is")
    {
        var result = JobResult.NotStarted(new() { Message = message }) with { Verdict = verdict, Error = null };
        using var text = new MemoryStream();
        ResultFile.Write(text, result, pretty: false);
        return text.ToArray();
    }

    public static BatchOutcome Outcome(long index, int padding = 0)
    {
        var result = Text(Verdict.Ok, new string('x', padding + 1));
        return new(Item(index), null, result, BatchRow.Of(index, "", result), IsFromJournal: false);
    }

    public static BatchRow Row(string name, string message = "exited with code 0", string verdict = "ok", string stdout = "") =>
        new() { Index = 0, Input = "jobs.jsonl:1", Name = name, Verdict = verdict, Message = message, Stdout = stdout };

    public static string String(ReadOnlyMemory<byte>? bytes) => bytes is { } there ? Encoding.UTF8.GetString(there.Span) : "nothing";
}
