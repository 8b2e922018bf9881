namespace Sandbox;

/// <summary>A file put into the sandbox before the start, owned by the job.</summary>
public sealed record InjectedFile
{
    /// <summary>Absolute, normalised path inside the sandbox.</summary>
    public required string Path { get; init; }

    /// <summary>Permission bits, 0 to 0777. Default 0644.</summary>
    public int Mode { get; init; } = 0x1A4;

    /// <summary>Where the bytes come from.</summary>
    public required ContentSource Content { get; init; }
}
