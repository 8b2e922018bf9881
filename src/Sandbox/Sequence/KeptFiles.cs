using Sandbox.Store;

namespace Sandbox.Sequence;

/// <summary>The files that a step keeps, on their way from its sandbox into the store: collected as any output, below a directory that is this user's alone.</summary>
internal sealed class KeptFiles : IDisposable
{
    private readonly JobStep _step;
    private readonly PassingDirectory? _directory;

    /// <summary>Makes the directory, if the step keeps anything.</summary>
    /// <exception cref="SandboxException">It cannot be made.</exception>
    public KeptFiles(JobStep step)
    {
        _step = step;
        _directory = step.Keep.Count == 0 ? null : PassingDirectory.Create();
    }

    /// <summary>What is to be collected.</summary>
    public IEnumerable<OutputSpec> Outputs => _step.Keep.Select(kept => new OutputSpec { Path = kept.Value, To = PathOf(kept.Key) });

    /// <summary>Puts them into the store; their digests by their names. What was used longest ago makes room for them: nobody else does where jobs come from afar.</summary>
    /// <param name="result">What was collected. The directory may lie in one that another job may write to, so that its word counts and not the file.</param>
    /// <param name="store">Where to.</param>
    /// <param name="most">What that may have in bytes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="SandboxException">The store cannot take them.</exception>
    /// <exception cref="InvalidDataException">A file is not what was collected.</exception>
    public Dictionary<string, string> Store(JobResult result, StoredFiles store, long most, CancellationToken cancellationToken)
    {
        var digests = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in _step.Keep.Keys)
        {
            var digest = store.Put(PathOf(name), most, cancellationToken).Sha256;
            if (result.Outputs.FirstOrDefault(output => output.To == PathOf(name))?.Sha256 != digest)
            {
                throw new InvalidDataException($"{name} is not what was collected: something changed it on its way to the store");
            }

            digests.Add(name, digest);
        }

        if (digests.Count > 0)
        {
            _ = store.Collect(most);
        }

        return digests;
    }

    /// <summary>The result without what is nobody's output.</summary>
    public JobResult Without(JobResult result) =>
        _directory is null ? result : result with { Outputs = [.. result.Outputs.Where(output => !_directory.Contains(output.To))] };

    /// <inheritdoc/>
    public void Dispose() => _directory?.Dispose();

    private string PathOf(string name) => $"{_directory?.Path}/{name}";
}
