namespace Sandbox.Execution.Diff;

/// <summary>What a tar file says of one member.</summary>
internal sealed record PaxHeader
{
    public const byte File = (byte)'0';
    public const byte Link = (byte)'2';
    public const byte Folder = (byte)'5';
    public const byte Extended = (byte)'x';

    public required string Name { get; init; }

    public required byte Kind { get; init; }

    public required int Mode { get; init; }

    public long Size { get; init; }

    /// <summary>Since 1970; the seconds may be negative, the nanoseconds always count forward.</summary>
    public required (long Seconds, uint Nanoseconds) Time { get; init; }

    /// <summary>What a link says.</summary>
    public string Target { get; init; } = "";
}
