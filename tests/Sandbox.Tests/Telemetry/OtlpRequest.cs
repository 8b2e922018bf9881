namespace Sandbox.Tests.Telemetry;

/// <summary>One request a collector got.</summary>
internal sealed record OtlpRequest
{
    public required string Path { get; init; }

    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    public required byte[] Body { get; init; }
}
