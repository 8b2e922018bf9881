namespace Sandbox;

/// <summary>What the job reads on descriptor 0.</summary>
public abstract record StdinSpec
{
    private protected StdinSpec() { }
}
