using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Sandbox.Otlp;

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
            .AddProcessor(new BatchActivityExportProcessor(new OtlpTraceExporter(OtlpExporters.Options(signal, _watch))))
            .Build();
#pragma warning restore CA2000
    }

    private MeterProvider StartMetrics(OtlpSignal signal)
    {
#pragma warning disable CA2000 // The provider owns exporter and reader.
        var reader = new PeriodicExportingMetricReader(new OtlpMetricExporter(OtlpExporters.Options(signal, _watch)))
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

    // A process that lives for one job would be a new cumulative stream each time.
    private static MetricReaderTemporalityPreference Temporality() => OtlpExporters.Temporality(MetricReaderTemporalityPreference.Delta);

    private static ResourceBuilder Resource() => OtlpExporters.Resource("sandbox", typeof(SandboxTelemetry).Assembly.GetName().Version?.ToString(3));
}
