using Sandbox.Destinations;
using Sandbox.Planning;

namespace Sandbox.Execution;

/// <summary>
/// What the plan of the last job began with, in a file of the user's, for the launcher that the next command starts before its runtime
/// (native/early-start). Whoever changes the file changes no job: each gets only what its own plan begins with.
/// </summary>
internal static class KeptBeginning
{
    /// <summary>Its name in <see cref="OwnCache"/>.</summary>
    public const string Name = "beginning";

    /// <summary>Keeps it, unless it is there already, or nothing may be made ahead of such a job.</summary>
    public static void Keep(SandboxPlan plan)
    {
        if (OwnCache.OfUser() is { } cache && PlanBeginning.Of(plan) is { } beginning &&
            cache.Find(Name, PlanBeginning.MaxBytes)?.AsSpan().SequenceEqual(beginning) != true)
        {
            cache.Keep(Name, beginning);
        }
    }
}
