using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The program of <c>examples/judge</c>, on a port of its own, and a client.</summary>
internal sealed class RunningJudge : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process _process;
    private readonly StringBuilder _said = new();

    private RunningJudge(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The directory of the program.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "judge");

    /// <summary>Talks to it.</summary>
    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>What it wrote.</summary>
    public string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    /// <summary>Starts one and waits until it listens.</summary>
    public static async Task<RunningJudge> StartAsync(string directory, CancellationToken cancellation, params string[] arguments)
    {
        var judge = Begin(directory, arguments);
        while (judge.Said.Split(Listening).ElementAtOrDefault(1)?.Split('\n') is not [var address, _, ..])
        {
            Assert.False(judge._process.HasExited, judge.Said);
            await Task.Delay(10, cancellation);
        }

        judge.Client.BaseAddress = new(judge.Said.Split(Listening)[1].Split('\n')[0].Trim());
        return judge;
    }

    /// <summary>Starts one that ends by itself.</summary>
    /// <returns>Its exit status, and what it wrote.</returns>
    public static async Task<(int ExitStatus, string Said)> RunAsync(string directory, CancellationToken cancellation, params string[] arguments)
    {
        await using var judge = Begin(directory, arguments);
        await judge._process.WaitForExitAsync(cancellation);
        return (judge._process.ExitCode, judge.Said);
    }

    /// <summary>Sends a program.</summary>
    public Task<HttpResponseMessage> PostAsync(string problem, string language, string source, CancellationToken cancellation, string author = "somebody") =>
        Client.PostAsJsonAsync("/api/submissions", new { author, problem, language, source }, cancellation);

    /// <summary>Sends a program, and waits until it is judged.</summary>
    /// <returns>Its report.</returns>
    public async Task<JsonElement> JudgeAsync(string problem, string language, string source, CancellationToken cancellation, string author = "somebody")
    {
        using var answer = await PostAsync(problem, language, source, cancellation, author);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return await ReportAsync(answer.Headers.Location!.ToString(), cancellation);
    }

    /// <summary>Waits until a submission is judged.</summary>
    public async Task<JsonElement> ReportAsync(string path, CancellationToken cancellation)
    {
        while (true)
        {
            var submission = await Client.GetFromJsonAsync<JsonElement>(path, cancellation);
            if (submission.GetProperty("state").GetString() == "done")
            {
                return submission.GetProperty("report");
            }

            await Task.Delay(20, cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static RunningJudge Begin(string directory, string[] arguments)
    {
        string[] cgroup = Environment.GetEnvironmentVariable("SANDBOX_CGROUP") is { Length: > 0 } given ? ["--Sandbox:Cgroup", given] : [];
        return new(Process.Start(new ProcessStartInfo(Path.Combine(Program, "Judge"), ["--urls", "http://127.0.0.1:0", "--Sandbox:Store", directory + "/store", .. cgroup, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory,
        })!);
    }

    private void Hear(string? line)
    {
        lock (_said)
        {
            _said.AppendLine(line);
        }
    }
}
