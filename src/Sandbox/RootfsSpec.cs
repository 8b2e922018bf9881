namespace Sandbox;

/// <summary>What the job's root folder is made of.</summary>
public abstract record RootfsSpec
{
    private protected RootfsSpec() { }
}
