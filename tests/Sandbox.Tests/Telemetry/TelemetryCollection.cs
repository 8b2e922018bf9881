using Xunit;

namespace Sandbox.Tests.Telemetry;

/// <summary>Listeners and the switch of telemetry belong to the whole process: these tests run one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TelemetryCollection
{
    internal const string Name = "telemetry";
}
