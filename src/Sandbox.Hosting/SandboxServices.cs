using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Sandbox;
using Sandbox.Hosting;

// Where applications look for such methods without another "using".
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a sandbox to an application.</summary>
public static class SandboxServices
{
    /// <summary>
    /// One <see cref="SandboxRunner"/> for the whole application, whose jobs are logged, and which is drained when the host stops: no more jobs are taken
    /// (<see cref="JobRefusedException"/>), those that run may end within <see cref="SandboxHostOptions.DrainTimeout"/>, and are cancelled then.
    /// </summary>
    /// <param name="services">The application's.</param>
    /// <param name="configure">Sets options; null for the defaults. They are checked when the host starts.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddSandbox(this IServiceCollection services, Action<SandboxHostOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<SandboxHostOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SandboxHostOptions>, SandboxOptionsValidation>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<JobJournal>();
        services.TryAddSingleton(static provider => new SandboxRunner(
            provider.GetRequiredService<IOptions<SandboxHostOptions>>().Value.ToRunnerOptions(provider.GetRequiredService<JobJournal>().Note)));
        services.AddHostedService<SandboxDrain>();
        return services;
    }

    /// <summary>The same, with options from the configuration; a key that is none of theirs is refused.</summary>
    /// <param name="services">The application's.</param>
    /// <param name="configuration">The section, such as <c>builder.Configuration.GetSection("Sandbox")</c>; its keys are the names of the properties of <see cref="SandboxHostOptions"/>.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddSandbox(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddSandbox();
        services.AddOptions<SandboxHostOptions>().Bind(configuration, static binder => binder.ErrorOnUnknownConfiguration = true);
        return services;
    }

    /// <summary>
    /// Whether the host can start a job, and if not, why. A job that started within the last ten seconds answers that; otherwise a job named <c>health-check</c> is run, within
    /// <see cref="SandboxHostOptions.HealthCheckTimeout"/>. A host that is stopping is not healthy.
    /// </summary>
    /// <param name="builder">Of <c>services.AddHealthChecks()</c>.</param>
    /// <param name="name">The check's name.</param>
    /// <param name="failureStatus">What is reported when it fails; null for <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Its tags.</param>
    /// <returns>The same builder.</returns>
    public static IHealthChecksBuilder AddSandbox(this IHealthChecksBuilder builder, string name = "sandbox", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name, static provider => ActivatorUtilities.CreateInstance<SandboxHealthCheck>(provider), failureStatus, tags));
    }
}
