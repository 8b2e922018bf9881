namespace Sandbox.Host;

/// <summary>Hints for set-up errors: those of the operation, and what <c>sandbox doctor</c> would say, found after the failure only.</summary>
internal static class Hints
{
    /// <summary>What to do about a failed operation; null if nothing known explains it.</summary>
    public static string? For(Operation? operation, string? errno) =>
        OperationTable.Hint(operation, errno) ?? (Probe(operation) is { } probe && errno is not null ? For(probe, errno, new HostFactsReader(new HostFiles()).Read()) : null);

    /// <summary>What a host of these facts says about what the probe asks for.</summary>
    internal static string? For(HostProbe probe, string errno, HostFacts facts) =>
        Diagnosis.For(probe, errno, facts)?.ToHint();

    private static HostProbe? Probe(Operation? operation) => operation is { } known ? OperationTable.Of(known).Probe : null;
}
