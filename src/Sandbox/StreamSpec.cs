namespace Sandbox;

/// <summary>Where an output stream of the job goes. Bytes are always relayed: the job never holds the caller's descriptor.</summary>
public abstract record StreamSpec
{
    private protected StreamSpec() { }
}
