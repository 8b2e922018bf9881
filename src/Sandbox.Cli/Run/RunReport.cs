using System.Globalization;

namespace Sandbox.Cli.Run;

/// <summary>What <c>sandbox run</c> says of a result on standard error: nothing, unless the exit status alone would leave a riddle.</summary>
internal static class RunReport
{
    public static IEnumerable<string> Lines(JobResult result, RunRequest request)
    {
        if (Outcome(result, request) is { } outcome)
        {
            yield return outcome;
        }

        if (result.Error?.Hint is { } hint)
        {
            yield return "hint: " + hint;
        }

        foreach (var note in result.Notes)
        {
            yield return "note: " + note;
        }

        foreach (var failure in result.OutputErrors)
        {
            yield return $"{DisplayText.Quote(failure.Path)} was not collected: {failure.Error}";
        }

        foreach (var (name, stream) in new[] { ("stdout", result.Stdout), ("stderr", result.Stderr) })
        {
            if (stream.Undelivered > 0)
            {
                yield return string.Create(CultureInfo.InvariantCulture, $"{stream.Undelivered} bytes of {name} were dropped: whoever reads it took nothing more");
            }
            else if (stream.Truncated && result.Verdict != Verdict.OutputLimit)
            {
                yield return $"{name} was cut at the output limit";
            }
        }

        // A compiler that finds no room says so in words that do not lead to the option.
        string[] hit = [.. result.LimitsHit.Where(limit => limit != "output")];
        if (result.Verdict is Verdict.ExitCode or Verdict.Signal && hit.Length > 0)
        {
            yield return $"the job reached a limit: {string.Join(", ", hit)}";
        }
    }

    private static string? Outcome(JobResult result, RunRequest request) => result.Verdict switch
    {
        Verdict.Ok or Verdict.ExitCode or Verdict.Signal or Verdict.Cancelled or Verdict.OutputError => null,

        // Each problem was told by itself, in the words of the command line.
        Verdict.InvalidJob => null,
        Verdict.SetupError or Verdict.InternalError => result.Message + (request.Origin(result.Error?.Pointer) is { } origin ? $" ({origin})" : ""),
        Verdict.ExecFailed => result.Message,
        _ => $"{ResultFile.NameOf(result.Verdict)}: {result.Message}",
    };
}
