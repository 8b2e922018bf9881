namespace Sandbox;

/// <summary>A command that is to run in a sandbox beside the job: <see cref="RunningSandbox.Enter"/>.</summary>
public sealed record SandboxEntry
{
    /// <summary>Words of the command; a program without a slash is looked for in the PATH of the job.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Variables beside, or instead of, those of the job. Default none.</summary>
    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();

    /// <summary>The directory that it starts in; null (the default) for the job's.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Its user id inside, one that the job's user namespace maps: others than the job's only with <see cref="JobSpec.SubIds"/>. Null (the default) for the job's.</summary>
    public uint? Uid { get; init; }

    /// <summary>Its group id inside, as <see cref="Uid"/>.</summary>
    public uint? Gid { get; init; }

    /// <summary>It gets a terminal of its own instead of three pipes. Default false.</summary>
    public bool Terminal { get; init; }

    /// <summary>Rows of that terminal, 1 to 65535. Default 24.</summary>
    public int Rows { get; init; } = 24;

    /// <summary>Columns of that terminal, 1 to 65535. Default 80.</summary>
    public int Columns { get; init; } = 80;
}
