namespace Sandbox.Planning;

/// <summary>One thing the launcher does before the job starts.</summary>
/// <remarks>Origin is the JSON pointer that asked for it, such as <c>/mounts/2</c>; empty for what every job gets.</remarks>
internal abstract record PlanStep(PlanPhase Phase, string Origin)
{
    /// <summary>The step in a word or three, such as <c>mount tmpfs</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The path an error is most likely about, or null.</summary>
    public virtual string? Path => null;

    /// <summary>What it adds to the job's mount table.</summary>
    public virtual IEnumerable<MountPoint> MountPoints => [];

    /// <summary>What goes over the wire.</summary>
    public abstract StepFields Fields { get; }

    /// <summary>What was attempted, in the user's words; the caller adds errno and origin.</summary>
    public abstract string Describe();
}
