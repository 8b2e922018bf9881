using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Sandbox.Otlp;

namespace Sandbox.Server.Telemetry;

// Traces and logs are exported, and their SDK is loaded, only where the OTEL_* variables ask for it. Measurements are always taken: GET /metrics has them,
// and who asks for them first wants those of before, too.

/// <summary>Takes what is told of jobs and requests to whoever asked for it.</summary>
internal sealed class Exports : IDisposable
{
    // What is left at the end goes out within this, or not at all: nobody waits for a dead collector.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly DeliveryWatch _watch = new();
    private readonly Action<string> _say;
    private readonly TracerProvider? _traces;
    private readonly OpenTelemetryLoggerProvider? _logs;

    private Exports(OtlpSettings? settings, Action<string> say)
    {
        _say = say;
        Metrics = StartMetrics(settings?.Metrics);
        _traces = settings?.Traces is { } traces ? StartTraces(traces) : null;
        _logs = settings?.Logs is { } logs ? StartLogs(logs) : null;
    }

    /// <summary>The measurements, for whoever reads them here.</summary>
    public MeterProvider Metrics { get; }

    /// <summary>Starts what the variables ask for.</summary>
    /// <param name="variable">The value of an environment variable; null for none.</param>
    /// <param name="say">Takes a line for whoever runs the server.</param>
    public static Exports Start(Func<string, string?> variable, Action<string> say)
    {
        var settings = OtlpSettings.Read(variable, ["TRACES", "METRICS", "LOGS"]);
        foreach (var problem in settings?.Problems ?? [])
        {
            say($"telemetry: {problem}");
        }

        return new(settings, say);
    }

    /// <summary>Adds the export of logs, if there is one.</summary>
    public void AddTo(ILoggingBuilder logging)
    {
        if (_logs is null)
        {
            return;
        }

        // Requests are spans; in lines of a log they would cost more than the jobs.
        logging.AddProvider(_logs).AddFilter<OpenTelemetryLoggerProvider>(null, LogLevel.Information).AddFilter<OpenTelemetryLoggerProvider>("Microsoft", LogLevel.Warning);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Side by side, so that a dead collector is waited for once.
        Task.WaitAll(
            Task.Run(() => _traces?.Shutdown((int)s_patience.TotalMilliseconds)),
            Task.Run(() => Metrics.Shutdown((int)s_patience.TotalMilliseconds)),
            Task.Run(() => _logs?.Dispose()));
        _traces?.Dispose();
        Metrics.Dispose();
        if (_watch.Failure is { } failure)
        {
            _say($"telemetry was not delivered: {failure}");
        }

        _watch.Dispose();
    }

    private static OpenTelemetry.Resources.ResourceBuilder Resource() => OtlpExporters.Resource("sandboxd", typeof(Exports).Assembly.GetName().Version?.ToString(3));

    private TracerProvider StartTraces(OtlpSignal signal)
    {
        var batch = new BatchExportActivityProcessorOptions(); // reads OTEL_BSP_*
#pragma warning disable CA2000 // The provider owns exporter and processor.
        return Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(Resource())
            .AddSource(SandboxDiagnostics.ActivitySourceName, ServeSpans.Source, "Microsoft.AspNetCore")
            .AddProcessor(new QuietRequests())
            .AddProcessor(new BatchActivityExportProcessor(
                new OtlpTraceExporter(OtlpExporters.Options(signal, _watch)), batch.MaxQueueSize, batch.ScheduledDelayMilliseconds, batch.ExporterTimeoutMilliseconds, batch.MaxExportBatchSize))
            .Build();
#pragma warning restore CA2000
    }

    private MeterProvider StartMetrics(OtlpSignal? signal)
    {
        var builder = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(Resource())
            .AddMeter(SandboxDiagnostics.MeterName, ServeMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "System.Runtime")
            .AddPrometheusExporter();
        if (signal is not null)
        {
            var every = new PeriodicExportingMetricReaderOptions(); // reads OTEL_METRIC_EXPORT_*
#pragma warning disable CA2000 // The provider owns exporter and reader.
            builder.AddReader(new PeriodicExportingMetricReader(
                new OtlpMetricExporter(OtlpExporters.Options(signal, _watch)), every.ExportIntervalMilliseconds ?? 60_000, every.ExportTimeoutMilliseconds ?? 30_000)
            {
                TemporalityPreference = OtlpExporters.Temporality(MetricReaderTemporalityPreference.Cumulative),
            });
#pragma warning restore CA2000
        }

        return builder.Build();
    }

    private OpenTelemetryLoggerProvider StartLogs(OtlpSignal signal)
    {
        var batch = new BatchExportLogRecordProcessorOptions(); // reads OTEL_BLRP_*
        var options = new OpenTelemetryLoggerOptions { IncludeFormattedMessage = true };
        options.SetResourceBuilder(Resource());
#pragma warning disable CA2000 // The provider owns exporter and processor.
        options.AddProcessor(new BatchLogRecordExportProcessor(
            new OtlpLogExporter(OtlpExporters.Options(signal, _watch)), batch.MaxQueueSize, batch.ScheduledDelayMilliseconds, batch.ExporterTimeoutMilliseconds, batch.MaxExportBatchSize));
#pragma warning restore CA2000
        return new OpenTelemetryLoggerProvider(new Fixed(options));
    }

    private sealed class Fixed(OpenTelemetryLoggerOptions options) : Microsoft.Extensions.Options.IOptionsMonitor<OpenTelemetryLoggerOptions>
    {
        public OpenTelemetryLoggerOptions CurrentValue => options;

        public OpenTelemetryLoggerOptions Get(string? name) => options;

        public IDisposable? OnChange(Action<OpenTelemetryLoggerOptions, string?> listener) => null;
    }
}
