namespace Sandbox;

/// <summary>Bytes given in the job or read from a file of the host.</summary>
public abstract record ContentSource
{
    private protected ContentSource() { }
}
