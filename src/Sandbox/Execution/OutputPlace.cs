using Sandbox.Destinations;

namespace Sandbox.Execution;

/// <summary>Where one file goes on the host: what the user wrote, and what the job's names add to it.</summary>
internal sealed record OutputPlace
{
    /// <summary>The folder that the user named.</summary>
    public required HostFolder Folder { get; init; }

    /// <summary>The way to it as the user named it, ending with '/'.</summary>
    public required string FolderPath { get; init; }

    /// <summary>The way from there, without a '/' at either end. Names that the job chose are made, never followed, and lead nowhere else.</summary>
    public required string Below { get; init; }

    /// <summary>A file that the user named: nothing else of this job is going to be there.</summary>
    public required bool IsReserved { get; init; }

    /// <summary>JSON pointer of what asked for it.</summary>
    public required string Pointer { get; init; }

    /// <summary>The whole path.</summary>
    public string Path => FolderPath + Below;

    /// <summary>What it is called in its folder.</summary>
    public string Name => Below[(Below.LastIndexOf('/') + 1)..];
}
