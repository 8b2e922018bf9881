using Sandbox.Text;

namespace Sandbox;

/// <summary>The sandbox could not be set up, or was lost. Never a verdict on the job.</summary>
public class SandboxException : Exception
{
    /// <summary>Creates the exception from the facts of the failure.</summary>
    public SandboxException(string message, Exception? cause = null)
        : base(Words.Printable(message), cause)
    {
    }

    /// <summary>Phase of the job's life in which it happened, such as <c>mounts</c>.</summary>
    public string? Phase { get; init; }

    /// <summary>What was attempted, in the user's words.</summary>
    public string? Step { get; init; }

    /// <summary>The path concerned, on the host or inside.</summary>
    public string? Path { get; init; }

    /// <summary>Name of the errno, such as <c>EACCES</c>.</summary>
    public string? Errno { get; init; }

    /// <summary>What to do about it.</summary>
    public string? Hint { get; init; }

    /// <summary>JSON pointer of the job's member that asked for it, such as <c>/mounts/2</c>.</summary>
    public string? Pointer { get; init; }
}
