namespace Sandbox.Planning;

/// <summary><c>enum step_flag</c> of native/launcher/plan.h.</summary>
[Flags]
internal enum StepFlags : uint
{
    None = 0,
    ReadOnly = 1 << 0,
    NoExec = 1 << 1,
    Optional = 1 << 2,
    PidOnly = 1 << 3,
    Devices = 1 << 4,
    OwnInodes = 1 << 5,
    OfSystem = 1 << 6,
    Terminal = 1 << 7,
    OwnFiles = 1 << 8,
    Stored = 1 << 9,
    OnDemand = 1 << 10,
}
