namespace Sandbox;

/// <summary>Asks for what the job changed in its mounts of type overlay.</summary>
public sealed record DiffSpec
{
    /// <summary>
    /// Absolute path on the host of an archive with the changes, an OCI layer; its name ends in <c>.tar</c>, or in <c>.tar.gz</c> or
    /// <c>.tgz</c> to compress it. Default null: the changes are told in the result only.
    /// </summary>
    public string? To { get; init; }

    /// <summary>The name asks for compression.</summary>
    internal static bool IsCompressed(string path) =>
        path.EndsWith(".tar.gz", StringComparison.Ordinal) || path.EndsWith(".tgz", StringComparison.Ordinal);
}
