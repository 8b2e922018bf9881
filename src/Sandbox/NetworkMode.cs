namespace Sandbox;

/// <summary>The network the job sees.</summary>
public enum NetworkMode
{
    /// <summary>An own network namespace with nothing up.</summary>
    None,

    /// <summary>An own network namespace with the loopback device up.</summary>
    Loopback,

    /// <summary>The host's network, unrestricted.</summary>
    Host,
}
