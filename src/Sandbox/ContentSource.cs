namespace Sandbox;

/// <summary>Bytes given in the job, read from a file of the host or kept in the store.</summary>
public abstract record ContentSource
{
    private protected ContentSource() { }
}
