namespace Sandbox;

/// <summary>What a job may be granted in its inner user namespace, by the kernel's numbers (capabilities(7)).</summary>
/// <remarks><c>PLAN_CAPABILITIES</c> of native/launcher/plan.h.</remarks>
[Flags]
public enum CapabilitySet : ulong
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Give files to other ids of the job.</summary>
    Chown = 1 << 0,

    /// <summary>Pass over permissions of files that belong to ids of the job.</summary>
    DacOverride = 1 << 1,

    /// <summary>Act as the owner of such files.</summary>
    Fowner = 1 << 3,

    /// <summary>Become other groups of the job.</summary>
    Setgid = 1 << 6,

    /// <summary>Become other users of the job.</summary>
    Setuid = 1 << 7,
}
