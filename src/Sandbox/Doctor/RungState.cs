namespace Sandbox.Doctor;

/// <summary>How one rung of the ladder stands.</summary>
internal enum RungState
{
    /// <summary>Works.</summary>
    Ok,

    /// <summary>Jobs run, but something named is lost or must be known.</summary>
    Degraded,

    /// <summary>No job can start.</summary>
    Missing,
}
