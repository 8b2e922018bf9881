namespace Sandbox.Running;

/// <summary>What was collected, as a job file names it: relative to a directory where it is in that.</summary>
internal static class CollectedNames
{
    /// <summary>The result with these names.</summary>
    /// <param name="result">The result.</param>
    /// <param name="directory">Where relative paths of the job start.</param>
    public static DocumentResult Relate(DocumentResult result, string directory) => result switch
    {
        JobResult single => Relate(single, directory),
        ProcessesResult several => several with { Processes = [.. several.Processes.Select(process => process with { Result = Relate(process.Result, directory) })] },
        _ => result,
    };

    private static JobResult Relate(JobResult result, string directory)
    {
        if (result.Outputs.Count == 0 && result.Diff?.Archive is null)
        {
            return result;
        }

        var prefix = directory.TrimEnd('/') + "/";
        var outputs = new List<OutputResult>(result.Outputs.Count);
        foreach (var output in result.Outputs)
        {
            outputs.Add(Relate(output, prefix));
        }

        var diff = result.Diff is { Archive: { } archive } told ? told with { Archive = Relate(archive, prefix) } : result.Diff;
        return result with { Outputs = outputs, Diff = diff };
    }

    private static OutputResult Relate(OutputResult output, string prefix) =>
        output.To.StartsWith(prefix, StringComparison.Ordinal) && output.To.Length > prefix.Length
            ? output with { To = output.To[prefix.Length..] }
            : output;
}
