using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Sandbox.Hosting;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>An application with a sandbox: drained when it stops, logged, and asked for its health.</summary>
public sealed class HostingTests : KernelTest
{
    private readonly Lines _log = new();

    [KernelFact]
    public async Task A_job_that_runs_when_the_host_stops_may_end()
    {
        using var host = await StartAsync();
        var runner = host.Services.GetRequiredService<SandboxRunner>();
        await using var job = await runner.StartAsync(Probe.Tool("cat") with { Stdin = Stdin.Live }, Cancellation);

        var stop = host.StopAsync(Cancellation);
        await Eventually(() => _log.Text.Contains("No more jobs are taken; running: 1,", StringComparison.Ordinal));
        await Assert.ThrowsAsync<JobRefusedException>(() => runner.RunAsync(Probe.Job("say"), Cancellation));
        var isEarly = stop.IsCompleted;
        job.Stdin.Close();
        await stop;

        Assert.False(isEarly);
        AssertVerdict(Verdict.Ok, await job.WaitAsync(Cancellation));
        Assert.Contains("No job runs any more", _log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("did not end in time", _log.Text, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_job_that_takes_too_long_to_end_is_cancelled()
    {
        using var host = await StartAsync(options => options.DrainTimeout = TimeSpan.FromMilliseconds(200));
        var running = host.Services.GetRequiredService<SandboxRunner>().RunAsync(Probe.Job("sleep_forever"), Cancellation);

        await host.StopAsync(Cancellation);

        AssertVerdict(Verdict.Cancelled, await running);
        Assert.Contains("did not end in time are cancelled: 1", _log.Text, StringComparison.Ordinal);
        Assert.Contains(": Cancelled after", _log.Text, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_host_that_is_out_of_time_cancels_at_once()
    {
        using var host = await StartAsync();
        var running = host.Services.GetRequiredService<SandboxRunner>().RunAsync(Probe.Job("sleep_forever"), Cancellation);
        using var impatience = new CancellationTokenSource(200);

        // Whether the host says that it was out of time is its own business.
        await Task.WhenAny(host.StopAsync(impatience.Token));

        AssertVerdict(Verdict.Cancelled, await running);
    }

    // A worker that waits for its job when it is stopped would otherwise keep the grace from beginning.
    [KernelFact]
    public async Task The_grace_begins_before_any_service_is_stopped()
    {
        using var host = await StartAsync(options => options.DrainTimeout = TimeSpan.FromMilliseconds(200), services => services.AddHostedService<Worker>());

        await host.StopAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);

        AssertVerdict(Verdict.Cancelled, await host.Services.GetServices<IHostedService>().OfType<Worker>().Single().Job);
    }

    [KernelFact]
    public async Task Nothing_of_a_job_but_its_name_is_logged()
    {
        using var host = await StartAsync();
        var spec = Probe.Tool("sh", "-c", "cat; echo $TOKEN >&2; echo secret-output") with
        {
            Name = "named",
            Env = new Dictionary<string, string> { ["TOKEN"] = "secret-environment" },
            Stdin = Stdin.Text("secret-input"),
        };
        var failing = Probe.Tool("true", "secret-argument") with { Mounts = [Mount.Bind("/secret-path", "/data")] };

        AssertVerdict(Verdict.Ok, await host.Services.GetRequiredService<SandboxRunner>().RunAsync(spec, Cancellation));
        AssertVerdict(Verdict.SetupError, await host.Services.GetRequiredService<SandboxRunner>().RunAsync(failing, Cancellation));
        await host.StopAsync(Cancellation);

        Assert.Contains("(named): Ok after", _log.Text, StringComparison.Ordinal);
        Assert.Contains("(true): SetupError", _log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", _log.Text, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_host_that_can_start_a_job_is_healthy()
    {
        using var host = await StartAsync();

        var tried = await CheckAsync(host);
        var known = await CheckAsync(host);

        Assert.Equal((HealthStatus.Healthy, "a job could be started"), (tried.Status, tried.Description));
        Assert.Equal(HealthStatus.Healthy, known.Status);
        Assert.StartsWith("a job started ", known.Description, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_host_that_cannot_start_a_job_says_why()
    {
        var launcher = Path.Combine(Directory, "launcher");
        await File.WriteAllTextAsync(launcher, "no program", Cancellation);
        using var host = await StartAsync(options => options.LauncherPath = launcher);

        var health = await CheckAsync(host);

        Assert.Equal(HealthStatus.Unhealthy, health.Status);
        Assert.Contains("the launcher cannot be started", health.Description, StringComparison.Ordinal);
        Assert.Equal(("spawn launcher", "EACCES"), (health.Data["step"], health.Data["errno"]));
    }

    [KernelFact]
    public async Task A_host_whose_cores_are_all_leased_is_busy_and_healthy()
    {
        var isTold = new TaskCompletionSource();
        using var host = await StartAsync(options =>
        {
            (options.LeasedCpus, options.HealthCheckTimeout) = ("0", TimeSpan.FromMilliseconds(300));
            options.OnEvent = happened => _ = happened.Kind == JobEventKind.Started && isTold.TrySetResult();
        }, isQuiet: true);
        await using var job = await host.Services.GetRequiredService<SandboxRunner>().StartAsync(Probe.Job("sleep_forever"), Cancellation);
        // Events are told by another thread than the one that starts the job, and that it started was told lately counts.
        await isTold.Task.WaitAsync(Cancellation);
        host.Services.GetRequiredService<ForgetfulClock>().Skip(TimeSpan.FromMinutes(1));

        var health = await CheckAsync(host);

        Assert.Equal((HealthStatus.Healthy, "every leased core is taken by a job"), (health.Status, health.Description));
    }

    [KernelFact]
    public async Task A_host_that_stops_is_not_healthy()
    {
        using var host = await StartAsync();
        await host.StopAsync(Cancellation);

        var health = await CheckAsync(host);

        Assert.Equal((HealthStatus.Unhealthy, "the host is stopping and takes no more jobs"), (health.Status, health.Description));
    }

    private async Task<IHost> StartAsync(Action<SandboxHostOptions>? configure = null, Action<IServiceCollection>? add = null, bool isQuiet = false)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.AddProvider(_log).SetMinimumLevel(LogLevel.Debug);
        if (isQuiet)
        {
            var clock = new ForgetfulClock();
            builder.Services.AddSingleton(clock).AddSingleton<TimeProvider>(clock);
        }

        builder.Services.AddSandbox(configure);
        builder.Services.AddHealthChecks().AddSandbox();
        add?.Invoke(builder.Services);
        var host = builder.Build();
        await host.StartAsync(Cancellation);
        return host;
    }

    private static async Task<HealthReportEntry> CheckAsync(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation)).Entries["sandbox"];

    private static async Task Eventually(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(10, Cancellation);
        }
    }

    /// <summary>A clock that can be put forward, for what was lately.</summary>
    private sealed class ForgetfulClock : TimeProvider
    {
        private long _skipped;

        public override long GetTimestamp() => base.GetTimestamp() + Volatile.Read(ref _skipped);

        public void Skip(TimeSpan time) => Interlocked.Add(ref _skipped, (long)(time.TotalSeconds * TimestampFrequency));
    }

    /// <summary>Runs one job, and when it is stopped waits for it.</summary>
    private sealed class Worker(SandboxRunner runner) : IHostedService
    {
        public Task<JobResult> Job { get; private set; } = null!;

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Job = runner.RunAsync(Probe.Job("sleep_forever") with { Limits = new() { WallTime = TimeSpan.FromSeconds(50) } }, CancellationToken.None);
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Job;
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _written = new();

        public string Text => string.Join('\n', _written);

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _written.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
