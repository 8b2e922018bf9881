using Sandbox.Interop;

namespace Sandbox.Resources.Cores;

/// <summary>A physical core as far as this process may use it.</summary>
internal sealed record Core
{
    /// <summary>
    /// The lowest CPU number of the whole core, usable or not: the name of the core that every process agrees on, whatever
    /// part of it each may use.
    /// </summary>
    public required int First { get; init; }

    /// <summary>
    /// Its hardware threads that this process may use. Usually all; who keeps siblings idle on purpose allows one of each
    /// core, and that is a core too.
    /// </summary>
    public required CpuSet Cpus { get; init; }
}
