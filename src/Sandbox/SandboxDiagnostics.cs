namespace Sandbox;

/// <summary>The names under which jobs are told to whoever listens by System.Diagnostics: one trace and one set of measurements a job, after its end.</summary>
public static class SandboxDiagnostics
{
    /// <summary>Of the ActivitySource: for OpenTelemetry's <c>AddSource</c>.</summary>
    public const string ActivitySourceName = "Sandbox";

    /// <summary>Of the Meter: for OpenTelemetry's <c>AddMeter</c>.</summary>
    public const string MeterName = "Sandbox";
}
