using Sandbox.Interop;

namespace Sandbox.Execution.Diff;

/// <summary>What was at a path before the job.</summary>
internal sealed record LowerEntry
{
    /// <summary>Nothing.</summary>
    public static LowerEntry None { get; } = new();

    /// <summary>There was something.</summary>
    public bool Exists { get; init; }

    /// <summary>What it is.</summary>
    public FileStatus Status { get; init; }

    /// <summary>Where in the list of its folder's layers it is.</summary>
    public int Place { get; init; }

    /// <summary>For a folder: the layers that are merged in it.</summary>
    public IReadOnlyList<int> FolderLayers { get; init; } = [];

    /// <summary>Why it cannot be told what was there; else null.</summary>
    public string? Problem { get; init; }
}
