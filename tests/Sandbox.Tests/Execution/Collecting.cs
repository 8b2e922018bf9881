using Microsoft.Win32.SafeHandles;
using Sandbox.Execution.Collect;

namespace Sandbox.Tests.Execution;

/// <summary>Collects as a run does: destinations first.</summary>
internal static class Collecting
{
    public static CollectedOutputs From(SafeFileHandle root, CollectBudget budget, params OutputSpec[] outputs) => From(root, [], budget, outputs);

    public static CollectedOutputs From(SafeFileHandle root, IReadOnlyList<ulong> ownDevices, CollectBudget budget, params OutputSpec[] outputs)
    {
        using var destinations = OutputDestinations.Open(new() { Command = ["true"], Outputs = outputs });
        return new OutputCollector(root, ownDevices, budget, destinations, rights: null).Collect(outputs);
    }
}
