namespace Sandbox;

/// <summary>What became of a path.</summary>
public enum DiffChange
{
    /// <summary>There was nothing at the path.</summary>
    Created,

    /// <summary>Content, permission bits, target of a link, or type differ; a new time alone is no change.</summary>
    Changed,

    /// <summary>It is gone; a folder stands for all that was in it.</summary>
    Deleted,
}
