namespace Sandbox.Planning;

/// <summary>A step that puts something into the job's root at <see cref="Target"/>.</summary>
internal abstract record MountStep(string Target, string Origin) : PlanStep(PlanPhase.Mounts, Origin)
{
    public override string? Path => Target;

    /// <summary>What the job writes below the target is kept by something made for it, or reaches the host at its wish.</summary>
    public virtual bool Writable => false;
}
