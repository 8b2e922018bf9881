using System.Globalization;

namespace Sandbox.Otlp;

/// <summary>Where one signal (traces, metrics, logs) goes.</summary>
internal sealed record OtlpSignal
{
    /// <summary>The longest a single request may take; the end of a job is not the place to wait for a collector.</summary>
    public static readonly TimeSpan MaxRequest = TimeSpan.FromSeconds(4);

    public required Uri Endpoint { get; init; }

    public required bool Grpc { get; init; }

    /// <summary>Headers as the variable spells them, or null.</summary>
    public required string? Headers { get; init; }

    public required TimeSpan Timeout { get; init; }

    /// <summary>Null when the signal is off or its variables are wrong, which is then among the problems.</summary>
    public static OtlpSignal? Read(string signal, Func<string, string?> variable, List<string> problems)
    {
        if (!IsAsked(signal, variable, problems))
        {
            return null;
        }

        var protocol = Specific("PROTOCOL") ?? "http/protobuf";
        if (protocol is not ("http/protobuf" or "grpc"))
        {
            problems.Add($"OTEL_EXPORTER_OTLP_PROTOCOL '{protocol}' is not supported, use http/protobuf or grpc");
            return null;
        }

        var endpoint = ReadEndpoint(signal, variable, protocol == "grpc", problems);
        return endpoint is null ? null : new OtlpSignal
        {
            Endpoint = endpoint,
            Grpc = protocol == "grpc",
            Headers = Specific("HEADERS"),
            Timeout = ReadTimeout(Specific("TIMEOUT")),
        };

        string? Specific(string name) =>
            NonEmpty(variable($"OTEL_EXPORTER_OTLP_{signal}_{name}")) ?? NonEmpty(variable($"OTEL_EXPORTER_OTLP_{name}"));
    }

    private static bool IsAsked(string signal, Func<string, string?> variable, List<string> problems)
    {
        var exporter = NonEmpty(variable($"OTEL_{signal}_EXPORTER"));
        if (exporter is "none")
        {
            return false;
        }

        if (exporter is not null and not "otlp")
        {
            problems.Add($"OTEL_{signal}_EXPORTER '{exporter}' is not supported, use otlp or none");
            return false;
        }

        return exporter is not null
            || NonEmpty(variable("OTEL_EXPORTER_OTLP_ENDPOINT")) is not null
            || NonEmpty(variable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")) is not null;
    }

    /// <summary>A signal's own endpoint is used as it is; the common one is a base the signal's path goes on (OTLP exporter specification).</summary>
    private static Uri? ReadEndpoint(string signal, Func<string, string?> variable, bool grpc, List<string> problems)
    {
        var own = NonEmpty(variable($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"));
        var common = NonEmpty(variable("OTEL_EXPORTER_OTLP_ENDPOINT"))
            ?? (grpc ? "http://localhost:4317" : "http://localhost:4318");
        var name = own is null ? "OTEL_EXPORTER_OTLP_ENDPOINT" : $"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT";
        var text = own ?? (grpc ? common : $"{common.TrimEnd('/')}/v1/{signal.ToLowerInvariant()}");
        if (Uri.TryCreate(text, UriKind.Absolute, out var endpoint) && endpoint.Scheme is ("http" or "https"))
        {
            return endpoint;
        }

        // Not quoted: an address may carry a password.
        problems.Add($"{name} is not an http or https address");
        return null;
    }

    private static TimeSpan ReadTimeout(string? milliseconds)
    {
        if (!int.TryParse(milliseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value == 0)
        {
            return MaxRequest;
        }

        var timeout = TimeSpan.FromMilliseconds(value);
        return timeout < MaxRequest ? timeout : MaxRequest;
    }

    private static string? NonEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();
}
