using Sandbox.Text;

namespace Sandbox;

/// <summary>A file that was not collected.</summary>
public sealed record OutputFailure
{
    /// <summary>Path inside the sandbox.</summary>
    public required string Path { get; init; }

    /// <summary>Why.</summary>
    public required string Error { get; init => field = Words.Printable(value); }
}
