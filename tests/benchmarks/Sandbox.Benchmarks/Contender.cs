namespace Sandbox.Benchmarks;

/// <summary>One way to run the no-op program.</summary>
internal abstract class Contender(string name, string description)
{
    public string Name => name;

    public string Description => description;

    /// <summary>Everything measured so far.</summary>
    public List<Sample> Samples { get; } = [];

    /// <summary>Why it takes no part any more, or null.</summary>
    public string? Failure { get; private set; }

    /// <summary>Runs the program some times; a contender that cannot run here is reported and left out.</summary>
    public void Measure(int count)
    {
        if (Failure is not null)
        {
            return;
        }

        try
        {
            Samples.AddRange(Run(count));
        }
        catch (Exception failure) when (failure is IOException or InvalidOperationException or System.ComponentModel.Win32Exception or SandboxException)
        {
            Failure = failure.Message;
        }
    }

    /// <summary>Forgets the warm-up.</summary>
    public void Reset() => Samples.Clear();

    protected abstract IEnumerable<Sample> Run(int count);
}
