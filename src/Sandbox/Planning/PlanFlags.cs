namespace Sandbox.Planning;

/// <summary><c>enum plan_flag</c> of native/launcher/plan.h.</summary>
[Flags]
internal enum PlanFlags : uint
{
    None = 0,

    /// <summary>The job's mounts stay after its end until a release command, so that outputs can be collected.</summary>
    Hold = 1 << 0,

    /// <summary>Started by real root: the launcher maps an id of the configured range.</summary>
    ForeignIds = 1 << 1,

    /// <summary>Nothing of the job's isolation may have been made before the job came.</summary>
    Strict = 1 << 2,

    /// <summary>Subordinate ids are mapped next to the caller's own.</summary>
    SubIds = 1 << 3,

    /// <summary>A source may never answer: as real root the launcher opens none itself.</summary>
    Apart = 1 << 4,
}
