namespace Sandbox.Planning;

/// <summary>Something a job is given: the steps that give it, and <see cref="IDisposable.Dispose"/> to take it back after the job's end.</summary>
internal interface IJobResource : IDisposable
{
    /// <summary>CLONE_NEW* flags this resource needs on the job's first process.</summary>
    ulong Namespaces { get; }

    /// <summary>What the launcher does for it; the compiler puts steps of all resources in the order of phases.</summary>
    IReadOnlyList<PlanStep> Steps { get; }
}

/// <summary>Folders of the host that make up a root when they are laid over each other.</summary>
internal sealed record RootLayers
{
    /// <summary>Absolute paths, the topmost first.</summary>
    public required IReadOnlyList<string> Folders { get; init; }

    /// <summary>They were unpacked for jobs, and what the caller owns there is theirs.</summary>
    public bool OwnFiles { get; init; }

    /// <summary>
    /// The bytes of a regular file as the layers together show it; null where there is none, or a link leads there: no
    /// link of a layer is ever followed on the host.
    /// </summary>
    public required Func<string, byte[]?> Read { get; init; }

    /// <summary>
    /// Where a folder is in the layers once links are followed inside of them, as far as that is known without mounting them: an image's
    /// /etc may be a link into its own tree.
    /// </summary>
    public Func<string, string> RealFolder { get; init; } = static folder => folder;
}
