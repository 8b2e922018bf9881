using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Sandbox.Cli;

/// <summary>The OpenTelemetry SDK, set up for one process; nothing else of the program names it.</summary>
internal sealed class OtlpProviders : IDisposable
{
    private readonly DeliveryWatch _watch = new();
    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _metrics;

    public OtlpProviders(OtlpSettings settings)
    {
        if (settings.Traces is { } traces)
        {
            _traces = StartTraces(traces);
        }

        if (settings.Metrics is { } metrics)
        {
            _metrics = StartMetrics(metrics);
        }
    }

    public string? Failure => _watch.Failure;

    /// <summary>Sends what is left, both signals side by side; false if one was not through in time.</summary>
    /// <remarks>
    /// Shutdown and not ForceFlush: disposing after a flush would collect and send the metrics again. A thread and not
    /// tasks: both exporters block, and connecting needs pool threads of which a small machine starts one per half second.
    /// </remarks>
    public bool Shutdown(TimeSpan patience)
    {
        var clock = Stopwatch.StartNew();
        var metrics = new Thread(() => _metrics?.Shutdown(Milliseconds(patience))) { IsBackground = true };
        metrics.Start();
        var traces = _traces?.Shutdown(Milliseconds(patience)) ?? true;
        var left = patience - clock.Elapsed;

        return metrics.Join(Milliseconds(left)) && (traces || clock.Elapsed < patience);
    }

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
        _watch.Dispose();
    }

    private static int Milliseconds(TimeSpan time) => Math.Max((int)time.TotalMilliseconds, 1);

    private TracerProvider StartTraces(OtlpSignal signal)
    {
#pragma warning disable CA2000 // The provider owns exporter and processor.
        return Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(Resource())
            .AddSource(SandboxTelemetry.Name)
            .AddProcessor(new BatchActivityExportProcessor(new OtlpTraceExporter(Options(signal))))
            .Build();
#pragma warning restore CA2000
    }

    private MeterProvider StartMetrics(OtlpSignal signal)
    {
#pragma warning disable CA2000 // The provider owns exporter and reader.
        var reader = new PeriodicExportingMetricReader(new OtlpMetricExporter(Options(signal)))
        {
            TemporalityPreference = Temporality(),
        };
#pragma warning restore CA2000
        return Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(Resource())
            .AddMeter(SandboxTelemetry.Name)
            .AddReader(reader)
            .Build();
    }

    /// <summary>Delta unless asked otherwise: a process that lives for one job would be a new cumulative stream each time.</summary>
    private static MetricReaderTemporalityPreference Temporality() =>
        string.Equals(
            Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"),
            "cumulative",
            StringComparison.OrdinalIgnoreCase)
            ? MetricReaderTemporalityPreference.Cumulative
            : MetricReaderTemporalityPreference.Delta;

    private OtlpExporterOptions Options(OtlpSignal signal)
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
            options.HttpClientFactory = () => new HttpClient(_watch, disposeHandler: false) { Timeout = signal.Timeout };
        }

        return options;
    }

    private static bool OwnCertificates() =>
        Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_CERTIFICATE") is not null
        || Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE") is not null;

    /// <summary>Later entries win: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES over the defaults.</summary>
    private static ResourceBuilder Resource() =>
        ResourceBuilder.CreateEmpty()
            .AddService("sandbox", serviceVersion: typeof(SandboxTelemetry).Assembly.GetName().Version?.ToString(3))
            .AddTelemetrySdk()
            .AddEnvironmentVariableDetector();
}
