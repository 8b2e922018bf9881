using Sandbox.Otlp;
using Xunit;

namespace Sandbox.Tests.Telemetry;

public sealed class OtlpSettingsTests
{
    [Fact]
    public void An_environment_without_otel_asks_for_nothing()
    {
        Assert.Null(Read());
    }

    [Fact]
    public void The_common_endpoint_is_a_base_for_both_signals()
    {
        var settings = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318/otlp/"))!;

        Assert.Equal("https://collector:4318/otlp/v1/traces", settings.Traces!.Endpoint.ToString());
        Assert.Equal("https://collector:4318/otlp/v1/metrics", settings.Metrics!.Endpoint.ToString());
    }

    [Fact]
    public void A_signals_own_endpoint_is_used_as_it_is()
    {
        var settings = Read(("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector/in"))!;

        Assert.Equal("http://collector/in", settings.Traces!.Endpoint.ToString());
        Assert.Null(settings.Metrics);
    }

    [Fact]
    public void Asking_for_otlp_alone_means_the_local_collector()
    {
        var settings = Read(("OTEL_TRACES_EXPORTER", "otlp"))!;

        Assert.Equal("http://localhost:4318/v1/traces", settings.Traces!.Endpoint.ToString());
    }

    [Fact]
    public void Grpc_has_no_path()
    {
        var settings = Read(("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"))!;

        Assert.True(settings.Traces!.Grpc);
        Assert.Equal("http://localhost:4317/", settings.Traces.Endpoint.ToString());
    }

    [Theory]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    [InlineData("OTEL_SDK_DISABLED", "TRUE")]
    public void The_sdk_can_be_disabled(string name, string value)
    {
        Assert.Null(Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector"), (name, value)));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "http/json")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4317", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")]
    [InlineData("OTEL_TRACES_EXPORTER", "zipkin", "zipkin")]
    public void A_variable_that_is_not_understood_is_named_and_turns_its_signal_off(string name, string value, string named)
    {
        var settings = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector"), (name, value))!;

        Assert.Null(settings.Traces);
        Assert.Contains(settings.Problems, problem => problem.Contains(named, StringComparison.Ordinal));
    }

    [Fact]
    public void A_password_in_an_address_is_not_repeated()
    {
        var settings = Read(("OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://user:hunter2@collector"))!;

        Assert.DoesNotContain(settings.Problems, problem => problem.Contains("hunter2", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("250", 250)]
    [InlineData("60000", 4000)]
    [InlineData("soon", 4000)]
    public void A_request_never_takes_longer_than_four_seconds(string timeout, int milliseconds)
    {
        var settings = Read(("OTEL_TRACES_EXPORTER", "otlp"), ("OTEL_EXPORTER_OTLP_TIMEOUT", timeout))!;

        Assert.Equal(milliseconds, settings.Traces!.Timeout.TotalMilliseconds);
    }

    private static OtlpSettings? Read(params (string Name, string Value)[] variables) =>
        OtlpSettings.Read(variables.ToDictionary(pair => pair.Name, pair => pair.Value).GetValueOrDefault, ["TRACES", "METRICS", "LOGS"]);
}
