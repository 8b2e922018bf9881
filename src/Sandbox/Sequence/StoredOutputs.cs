using Sandbox.Jobs;
using Sandbox.Store;

namespace Sandbox.Sequence;

/// <summary>Outputs that go into the store: collected as any other, below a directory that is this user's alone, and put in from there.</summary>
internal sealed class StoredOutputs : IDisposable
{
    private readonly PassingDirectory _directory = PassingDirectory.Create();

    private StoredOutputs()
    {
    }

    /// <summary>Those of a job; null if it has none.</summary>
    /// <exception cref="SandboxException">There is no directory to be had for them.</exception>
    public static StoredOutputs? Of(JobSpec spec) => spec.Outputs.Any(IsStored) ? new() : null;

    /// <summary>The job without them, for whoever only looks.</summary>
    public static JobSpec Without(JobSpec spec) => spec.Outputs.Any(IsStored) ? spec with { Outputs = [.. spec.Outputs.Where(static output => !IsStored(output))] } : spec;

    /// <summary>The job as it is run.</summary>
    public ValidJob Redirected(ValidJob job) => job with { Spec = job.Spec with { Outputs = [.. job.Spec.Outputs.Select((output, index) => IsStored(output) ? output with { To = DirectoryOf(index) } : output)] } };

    /// <summary>Puts in what was collected. What was used longest ago makes room for it: nobody else does where jobs come from afar.</summary>
    /// <param name="result">Its word counts, and not the file: the directory may lie in one that another job may write to.</param>
    /// <param name="store">Where to.</param>
    /// <param name="most">What that may have in bytes.</param>
    /// <returns>The result, in which the job is <see cref="Verdict.OutputError"/> if it was ok and the store does not take all of it.</returns>
    public JobResult Store(JobResult result, StoredFiles store, long most)
    {
        var (kept, failures) = (new List<OutputResult>(), new List<OutputFailure>());
        foreach (var output in result.Outputs)
        {
            if (!_directory.Contains(output.To))
            {
                kept.Add(output);
                continue;
            }

            try
            {
                // Also of a job that was cancelled: what was collected is told, and has to be there.
                var digest = store.Put(output.To, most, CancellationToken.None).Sha256;
                kept.Add(digest == output.Sha256 ? output with { To = OutputSpec.Store } : throw new InvalidDataException("something changed it on its way to the store"));
            }
            catch (Exception failure) when (failure is SandboxException or InvalidDataException)
            {
                failures.Add(new() { Path = output.Path, Error = "it cannot be stored: " + failure.Message });
            }
        }

        Collect(store, most);
        if (failures.Count == 0)
        {
            return result with { Outputs = kept };
        }

        var isOk = result.Verdict == Verdict.Ok;
        return result with
        {
            Outputs = kept,
            OutputErrors = [.. result.OutputErrors, .. failures],
            Verdict = isOk ? Verdict.OutputError : result.Verdict,
            Message = isOk ? $"{failures[0].Path}: {failures[0].Error}" : result.Message,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();

    private static bool IsStored(OutputSpec? output) => output?.To == OutputSpec.Store;

    private string DirectoryOf(int index) => _directory.Below($"{index}") + "/";

    // What is there is there; that more is than should be is for the next one to mend.
    private static void Collect(StoredFiles store, long most)
    {
        try
        {
            _ = store.Collect(most);
        }
        catch (SandboxException)
        {
            // as above
        }
    }
}
