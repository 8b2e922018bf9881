namespace Sandbox;

/// <summary>One mount on top of the root file system.</summary>
public abstract record MountSpec
{
    private protected MountSpec() { }

    /// <summary>Absolute, normalised path inside the sandbox.</summary>
    public required string Target { get; init; }

    /// <summary>No program can be executed from the mount (mount(2), MS_NOEXEC). Default false.</summary>
    public bool NoExec { get; init; }
}
