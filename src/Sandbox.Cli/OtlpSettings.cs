namespace Sandbox.Cli;

/// <summary>What the standard <c>OTEL_*</c> variables ask for; null signals are off.</summary>
internal sealed record OtlpSettings
{
    public required OtlpSignal? Traces { get; init; }

    public required OtlpSignal? Metrics { get; init; }

    /// <summary>Variables that were not understood, each as one sentence; their signal is off.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Null when nothing asks for an export: the usual case, so it costs a handful of getenv calls.</summary>
    public static OtlpSettings? Read(Func<string, string?> variable)
    {
        if (IsTrue(variable("OTEL_SDK_DISABLED")))
        {
            return null;
        }

        var problems = new List<string>();
        var traces = OtlpSignal.Read("TRACES", variable, problems);
        var metrics = OtlpSignal.Read("METRICS", variable, problems);
        if (traces is null && metrics is null && problems.Count == 0)
        {
            return null;
        }

        return new OtlpSettings { Traces = traces, Metrics = metrics, Problems = problems };
    }

    private static bool IsTrue(string? value) => string.Equals(value?.Trim(), "true", StringComparison.OrdinalIgnoreCase);
}
