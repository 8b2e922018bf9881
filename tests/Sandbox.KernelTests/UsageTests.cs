using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a job has while it runs, for whoever asks, by whatever counts its memory.</summary>
public sealed class UsageTests : KernelTest
{
    private const long Much = 64 << 20;
    private const string Script = "import sys\nhoard = b'x' * (80 << 20)\nprint('has', flush=True)\ninput()\ndel hoard\nprint('gave', flush=True)\nsys.stdin.read()";

    private static readonly JobSpec s_job = new()
    {
        Command = ["python3", "-I", "-c", Script],
        Stdin = Stdin.Live,
        Stdout = OutputStream.Live,
        Limits = new() { MemoryBytes = 256 << 20, WallTime = TimeSpan.FromMinutes(2) },
    };

    [KernelFact(tool: "python3")]
    public async Task Memory_that_is_given_back_is_seen_to_go()
    {
        await using var job = await Runner.StartAsync(s_job, Cancellation);
        job.WatchUsage(TimeSpan.FromMinutes(2));
        using var said = new StreamReader(job.Stdout);

        _ = await said.ReadLineAsync(Cancellation);
        var most = await UntilAsync(job, static usage => usage.MemoryBytes >= Much);
        await job.Stdin.WriteAsync("\n"u8.ToArray(), Cancellation);
        _ = await said.ReadLineAsync(Cancellation);
        var rest = await UntilAsync(job, static usage => usage.MemoryBytes < Much / 2);

        Assert.InRange(most.MemoryBytes!.Value, Much, most.PeakMemoryBytes);
        Assert.InRange(rest.PeakMemoryBytes, Much, 256 << 20);
        Assert.True(rest.At > most.At && rest.Cpu >= most.Cpu);
    }

    [KernelFact(tool: "python3")]
    public async Task Nobody_looks_for_who_does_not_ask()
    {
        await using var job = await Runner.StartAsync(s_job, Cancellation);
        using var said = new StreamReader(job.Stdout);
        _ = await said.ReadLineAsync(Cancellation);

        var usage = await UntilAsync(job, static usage => usage.PeakMemoryBytes >= Much);
        job.WatchUsage(TimeSpan.FromMilliseconds(300));
        var asked = await UntilAsync(job, static usage => usage.MemoryBytes is not null);
        var afterwards = await UntilAsync(job, static usage => usage.MemoryBytes is null);

        Assert.Null(usage.MemoryBytes);
        Assert.True(afterwards.At > asked.At);
    }

    [KernelFact(tool: "python3")]
    public async Task A_server_samples_the_memory_of_a_job_while_somebody_asks()
    {
        const string Job = """{ "command": ["python3", "-I", "-c", "import time\nhoard = b'x' * (80 << 20)\ntime.sleep(1.5)\ndel hoard\ntime.sleep(60)"], "limits": { "memory": "256MiB" } }""";
        await using var host = await ServedHost.StartAsync(Directory, Cancellation);
        using var answer = await host.PostAsync(Job, Cancellation, "?wait=0");
        var path = answer.Headers.Location + "/usage";

        var samples = new List<JsonElement>();
        while (!(samples.Exists(static sample => MemoryOf(sample) >= Much) && MemoryOf(samples[^1]) < Much / 2))
        {
            await Task.Delay(50, Cancellation);
            samples = [.. (await host.Client.GetFromJsonAsync<JsonElement>(path, Cancellation)).GetProperty("samples").EnumerateArray()];
        }

        Assert.All(samples, static sample => Assert.InRange(MemoryOf(sample) ?? 0, 0, sample.GetProperty("peakBytes").GetInt64()));
        Assert.Equal(samples.Select(AtMs).Distinct().Order(), samples.Select(AtMs));
        using var end = await host.Client.DeleteAsync(answer.Headers.Location, Cancellation);
    }

    private static async Task<JobUsage> UntilAsync(SandboxJob job, Func<JobUsage, bool> isSo)
    {
        while (true)
        {
            if (job.Usage is { } usage && isSo(usage))
            {
                return usage;
            }

            await Task.Delay(5, Cancellation);
        }
    }

    private static long? MemoryOf(JsonElement sample) => sample.TryGetProperty("memoryBytes", out var memory) ? memory.GetInt64() : null;

    private static int AtMs(JsonElement sample) => sample.GetProperty("atMs").GetInt32();
}
