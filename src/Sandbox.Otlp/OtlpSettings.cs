namespace Sandbox.Otlp;

/// <summary>What the standard <c>OTEL_*</c> variables ask for; null signals are off.</summary>
internal sealed record OtlpSettings
{
    public required OtlpSignal? Traces { get; init; }

    public required OtlpSignal? Metrics { get; init; }

    public required OtlpSignal? Logs { get; init; }

    /// <summary>Variables that were not understood, each as one sentence; their signal is off.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Null when nothing asks for an export: the usual case, so it costs a handful of getenv calls.</summary>
    /// <param name="variable">The value of an environment variable; null for none.</param>
    /// <param name="signals">What the program can export, of TRACES, METRICS and LOGS; variables of others are not its.</param>
    public static OtlpSettings? Read(Func<string, string?> variable, IReadOnlyList<string> signals)
    {
        if (IsTrue(variable("OTEL_SDK_DISABLED")))
        {
            return null;
        }

        var problems = new List<string>();
        var settings = new OtlpSettings { Traces = Signal("TRACES"), Metrics = Signal("METRICS"), Logs = Signal("LOGS"), Problems = problems };
        return settings is { Traces: null, Metrics: null, Logs: null, Problems.Count: 0 } ? null : settings;

        OtlpSignal? Signal(string name) => signals.Contains(name) ? OtlpSignal.Read(name, variable, problems) : null;
    }

    private static bool IsTrue(string? value) => string.Equals(value?.Trim(), "true", StringComparison.OrdinalIgnoreCase);
}
