using System.Diagnostics;
using Sandbox.Otlp;

namespace Sandbox.Cli;

/// <summary>Sends traces and metrics to a collector, if the standard <c>OTEL_*</c> variables ask for it.</summary>
/// <remarks>
/// The SDK takes longer to start than a short job to run, so it starts on a thread of its own while the job runs, and
/// what ends before it is ready is held back. A collector that is slow, dead or wrong costs at most
/// <see cref="s_patience"/> and one line on stderr, never the exit status.
/// </remarks>
internal sealed class OtlpExport : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly OtlpSettings _settings;
    private readonly TextWriter _diagnostics;
    private readonly Thread _starting;
    private OtlpProviders? _providers;
    private string? _failure;

    private OtlpExport(OtlpSettings settings, TextWriter diagnostics)
    {
        _settings = settings;
        _diagnostics = diagnostics;
        SandboxTelemetry.HoldBack();
        _starting = new Thread(StartProviders) { IsBackground = true, Name = "otlp-start" };
        _starting.Start();
    }

    /// <summary>Null, and all telemetry off, when nothing asks for an export.</summary>
    public static IDisposable? StartIfAsked() => StartIfAsked(Environment.GetEnvironmentVariable, null);

    /// <summary>For tests: variables and diagnostics that are not the process's.</summary>
    internal static IDisposable? StartIfAsked(Func<string, string?> variable, TextWriter? diagnostics)
    {
        var settings = OtlpSettings.Read(variable, ["TRACES", "METRICS"]);
        if (settings is null)
        {
            SandboxTelemetry.SwitchOff();
            return null;
        }

        diagnostics ??= Console.Error;
        foreach (var problem in settings.Problems)
        {
            diagnostics.WriteLine($"sandbox: telemetry: {problem}");
        }

        if (settings.Traces is not null || settings.Metrics is not null)
        {
            return new OtlpExport(settings, diagnostics);
        }

        SandboxTelemetry.SwitchOff();
        return null;
    }

    /// <summary>Sends what is left; call it after the result is written.</summary>
    public void Dispose()
    {
        var clock = Stopwatch.StartNew();
        var flushed = _starting.Join(s_patience) && _providers is not null;
        if (flushed)
        {
            SandboxTelemetry.Release();
            flushed = _providers!.Shutdown(s_patience - clock.Elapsed);
        }

        // Providers that did not finish are abandoned with the process: disposing them would wait again.
        if (flushed)
        {
            _providers!.Dispose();
        }

        var failure = _providers?.Failure ?? _failure ?? (flushed ? null : "no answer in time");
        if (failure is not null)
        {
            _diagnostics.WriteLine($"sandbox: telemetry was not delivered: {failure}");
        }
    }

    private void StartProviders()
    {
        try
        {
            _providers = new OtlpProviders(_settings);
        }
#pragma warning disable CA1031 // An exception on this thread would end the process, and with it somebody's job.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            _failure = failure.GetType().Name;
        }
    }
}
