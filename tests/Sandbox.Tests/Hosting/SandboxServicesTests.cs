using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Sandbox.Hosting;
using Xunit;

namespace Sandbox.Tests.Hosting;

/// <summary>What an application is given, and what it is refused, before any job.</summary>
public sealed class SandboxServicesTests
{
    [Fact]
    public async Task A_host_starts_and_stops_without_a_job()
    {
        using var host = Build(services => services.AddSandbox());

        await host.StartAsync(TestContext.Current.CancellationToken);

        Assert.Same(host.Services.GetRequiredService<SandboxRunner>(), host.Services.GetRequiredService<SandboxRunner>());
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_host_with_wrong_options_does_not_start_and_says_everything()
    {
        using var host = Build(services => services.AddSandbox(options =>
        {
            options.LeasedCpus = "many";
            options.Store = "store";
            options.DrainTimeout = TimeSpan.FromSeconds(-1);
            options.HealthCheckTimeout = TimeSpan.Zero;
        }));

        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal(["LeasedCpus", "Store", "DrainTimeout", "HealthCheckTimeout"], refused.Failures.Select(failure => failure.Split(':')[0]));
    }

    [Fact]
    public void Options_come_from_the_configuration()
    {
        using var host = Build(services => services.AddSandbox(Section(
            ("Cgroup", "none"), ("Store", "/var/store"), ("RootUidRangeStart", "1000"), ("RootUidRangeLength", "7"), ("DrainTimeout", "00:00:03"), ("HealthCheckTimeout", "00:00:02"))));

        var options = host.Services.GetRequiredService<IOptions<SandboxHostOptions>>().Value;

        Assert.Equal(
            ("none", "/var/store", 1000u, 7u, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2)),
            (options.Cgroup, options.Store, options.RootUidRangeStart, options.RootUidRangeLength, options.DrainTimeout, options.HealthCheckTimeout));
    }

    [Fact]
    public void A_key_that_is_none_is_refused()
    {
        using var host = Build(services => services.AddSandbox(Section(("DrainTimeuot", "00:00:03"))));

        var refused = Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<IOptions<SandboxHostOptions>>().Value);

        Assert.Contains("DrainTimeuot", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_of_the_runner_reaches_it()
    {
        var names = typeof(SandboxOptions).GetProperties().Where(property => property.SetMethod is { IsPublic: true }).Select(property => property.Name);

        Assert.Empty(names.Except(typeof(SandboxHostOptions).GetProperties().Select(property => property.Name)));
        var given = new SandboxHostOptions
        {
            Cgroup = "none",
            LeasedCpus = "0",
            Store = "/store",
            LauncherPath = "/launcher",
            Launchers = 2,
            RootUidRangeStart = 3,
            RootUidRangeLength = 4,
        };
        Action<JobEvent> listener = _ => { };
        Assert.Equal(
            new SandboxOptions { Cgroup = "none", LeasedCpus = "0", Store = "/store", LauncherPath = "/launcher", Launchers = 2, RootUidRangeStart = 3, RootUidRangeLength = 4, OnEvent = listener },
            given.ToRunnerOptions(listener));
    }

    private static IHost Build(Action<IServiceCollection> add)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        add(builder.Services);
        return builder.Build();
    }

    private static IConfiguration Section(params (string Key, string Value)[] pairs) =>
        new ConfigurationBuilder().AddInMemoryCollection(pairs.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))).Build();
}
