using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Sandbox.Hosting;

/// <summary>Whether this host can start a job, and if not, why. A job that has just started answers it; otherwise a small one is tried.</summary>
internal sealed class SandboxHealthCheck(SandboxRunner runner, JobJournal journal, IOptions<SandboxHostOptions> options, IHostApplicationLifetime lifetime) : IHealthCheck
{
    private const string Stopping = "the host is stopping and takes no more jobs";

    private static readonly TimeSpan s_recent = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var failure = context.Registration.FailureStatus;
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return new HealthCheckResult(failure, Stopping);
        }

        if (journal.SinceStart is { } since && since < s_recent)
        {
            return HealthCheckResult.Healthy(string.Create(CultureInfo.InvariantCulture, $"a job started {since.TotalSeconds:0.0} s ago"));
        }

        var isBusy = options.Value.LeasedCpus is not null && runner.RunningJobs > 0;
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(options.Value.HealthCheckTimeout);
        try
        {
            var result = await runner.RunAsync(Trial(options.Value.HealthCheckTimeout), bounded.Token).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return Judge(result, failure, isBusy);
        }
        catch (InvalidOperationException refused) when (refused is JobRefusedException or ObjectDisposedException)
        {
            return new HealthCheckResult(failure, Stopping);
        }
    }

    // That the program is there is no matter: a job that could not find it has come to its execve(2), past every step of the sandbox.
    private static JobSpec Trial(TimeSpan time) => new()
    {
        Name = "health-check",
        Command = ["true"],
        Limits = new() { WallTime = time },
    };

    private HealthCheckResult Judge(JobResult result, HealthStatus failure, bool isBusy) => result.Verdict switch
    {
        Verdict.SetupError or Verdict.InternalError => new(failure, result.Message, data: Facts(result)),
        Verdict.Cancelled or Verdict.WallTimeLimit when isBusy =>
            HealthCheckResult.Healthy("every leased core is taken by a job"),
        Verdict.Cancelled or Verdict.WallTimeLimit =>
            new(failure, string.Create(CultureInfo.InvariantCulture, $"a job was not over within {options.Value.HealthCheckTimeout.TotalSeconds:0.###} s")),
        _ => HealthCheckResult.Healthy("a job could be started"),
    };

    private static Dictionary<string, object> Facts(JobResult result)
    {
        var facts = new Dictionary<string, object>();
        Add("phase", result.Error?.Phase?.ToString().ToLowerInvariant());
        Add("step", result.Error?.Step);
        Add("errno", result.Error?.Errno);
        Add("hint", result.Error?.Hint);
        return facts;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                facts.Add(name, value);
            }
        }
    }
}
