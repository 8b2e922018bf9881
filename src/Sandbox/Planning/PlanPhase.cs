namespace Sandbox.Planning;

/// <summary>The order of a plan: phases never decrease. Up to <see cref="Host"/> in pid 1, from <see cref="Session"/> on in the payload.</summary>
/// <remarks>The values are <c>enum phase</c> of native/launcher/plan.h.</remarks>
internal enum PlanPhase : ushort
{
    Identity = 1,
    Root,
    Mounts,
    Files,
    Pivot,
    Host,
    Session,
    Privileges,
    Confine,
    Filter,
    Exec,
}
