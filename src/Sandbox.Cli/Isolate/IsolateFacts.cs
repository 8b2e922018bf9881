namespace Sandbox.Cli.Isolate;

/// <summary>What has to be known of this machine to make a job of a request: all that the translation does not find out by itself.</summary>
internal sealed record IsolateFacts
{
    /// <summary>The caller's variables, NAME=VALUE.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>The caller's host name.</summary>
    public string Hostname { get; init; } = "sandbox";

    /// <summary>The caller has closed descriptor 0.</summary>
    public bool IsStdinClosed { get; init; }

    /// <summary>The caller has closed descriptor 1.</summary>
    public bool IsStdoutClosed { get; init; }

    /// <summary>The caller's descriptors 1 and 2 are one file.</summary>
    public bool AreOutputsOne { get; init; }

    /// <summary>The caller's descriptor 1 is a terminal.</summary>
    public bool IsOutputTerminal { get; init; }

    /// <summary>The caller's descriptors beyond 2, where the job is to have them.</summary>
    public IReadOnlyList<int> Inherited { get; init; } = [];

    /// <summary>The rules in force, each with what is mounted for it.</summary>
    public required IReadOnlyList<BoundDirectory> Directories { get; init; }
}

/// <summary>A rule, and the mounts that it becomes.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Mounts">In order; none for what every job has.</param>
internal sealed record BoundDirectory(DirectoryRule Rule, IReadOnlyList<Mount> Mounts);
