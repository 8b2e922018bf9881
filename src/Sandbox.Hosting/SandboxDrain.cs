using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Sandbox.Hosting;

// Begun before any service is stopped (StoppingAsync): one that waits for its job in StopAsync would otherwise keep the grace from beginning until
// nothing is left of the host's own time.

/// <summary>When the host stops: takes no more jobs, lets those that run end within a grace, and cancels the rest.</summary>
internal sealed class SandboxDrain(SandboxRunner runner, IOptions<SandboxHostOptions> options, ILogger<SandboxRunner> logger, TimeProvider clock) : IHostedLifecycleService
{
    // For an observer who hangs; jobs are over by then.
    private static readonly TimeSpan s_toTell = TimeSpan.FromSeconds(1);

    private Task? _drain;

    /// <inheritdoc/>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _drain ??= DrainAsync(cancellationToken);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _drain ??= DrainAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task DrainAsync(CancellationToken hostIsOutOfTime)
    {
        var grace = options.Value.DrainTimeout;
        Log.Draining(logger, runner.RunningJobs, grace);
        if (!await EndsWithinAsync(grace, hostIsOutOfTime).ConfigureAwait(false))
        {
            Log.Cancelling(logger, runner.RunningJobs);
            await runner.DisposeAsync().ConfigureAwait(false);
            _ = await EndsWithinAsync(s_toTell, CancellationToken.None).ConfigureAwait(false);
        }

        Log.Drained(logger);
    }

    private async Task<bool> EndsWithinAsync(TimeSpan time, CancellationToken hostIsOutOfTime)
    {
        using var late = new CancellationTokenSource(time, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, hostIsOutOfTime);
        try
        {
            await runner.DrainAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
