using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Sandbox.Otlp;

/// <summary>What the exporters of both programs have in common.</summary>
internal static class OtlpExporters
{
    /// <summary>An exporter's options.</summary>
    /// <param name="signal">Where it sends.</param>
    /// <param name="watch">Sees what comes of it; stays the caller's.</param>
    public static OtlpExporterOptions Options(OtlpSignal signal, DeliveryWatch watch)
    {
        var options = new OtlpExporterOptions
        {
            Endpoint = signal.Endpoint,
            Protocol = signal.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
            Headers = signal.Headers,
            TimeoutMilliseconds = (int)signal.Timeout.TotalMilliseconds,
        };

        // The exporter's own client knows the certificate variables; a given one would lose them.
        if (!OwnCertificates())
        {
            options.HttpClientFactory = () => new HttpClient(watch, disposeHandler: false) { Timeout = signal.Timeout };
        }

        return options;
    }

    /// <summary>Who tells. Later entries win: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES over the defaults.</summary>
    public static ResourceBuilder Resource(string service, string? version) =>
        ResourceBuilder.CreateEmpty().AddService(service, serviceVersion: version).AddTelemetrySdk().AddEnvironmentVariableDetector();

    /// <summary>What OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE asks for, or the usual one.</summary>
    public static MetricReaderTemporalityPreference Temporality(MetricReaderTemporalityPreference usual) =>
        Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE")?.ToLowerInvariant() switch
        {
            "cumulative" => MetricReaderTemporalityPreference.Cumulative,
            "delta" => MetricReaderTemporalityPreference.Delta,
            _ => usual,
        };

    private static bool OwnCertificates() =>
        Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_CERTIFICATE") is not null
        || Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE") is not null;
}
