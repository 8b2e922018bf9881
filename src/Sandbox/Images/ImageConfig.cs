namespace Sandbox.Images;

/// <summary>What an image says about how its programs want to be run.</summary>
internal sealed record ImageConfig
{
    /// <summary>Variables as <c>NAME=value</c>.</summary>
    public required IReadOnlyList<string> Env { get; init; }

    /// <summary>Absolute path inside, or empty.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>What every command begins with; may be empty.</summary>
    public required IReadOnlyList<string> Entrypoint { get; init; }

    /// <summary>The command where none is given; may be empty.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>As the image has it: empty, or ids or names such as <c>1000:1000</c> and <c>app:app</c>.</summary>
    public required string User { get; init; }
}
