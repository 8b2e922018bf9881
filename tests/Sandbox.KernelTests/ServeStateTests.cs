using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Jobs of a server that outlive it.</summary>
public sealed class ServeStateTests : KernelTest
{
    private const string Echo = """{ "command": ["echo", "hello"], "env": { "WORD": "very-secret" } }""";
    private const string Long = """{ "command": ["sleep", "60"], "env": { "WORD": "very-secret" } }""";

    private string State => Directory + "/state";

    [KernelFact]
    public async Task After_a_kill_results_are_the_same_bytes_and_keys_the_same_jobs()
    {
        (string Key, string Path, string Job) before;
        await using (var host = await StartAsync())
        {
            using var keyed = await host.PostAsync(Echo, Cancellation, key: "k");
            using var taken = await host.PostAsync("""{ "command": ["false"] }""", Cancellation, "?wait=0");
            var result = await host.Client.GetStringAsync(taken.Headers.Location + "?wait=1", Cancellation);
            before = (await keyed.Content.ReadAsStringAsync(Cancellation), taken.Headers.Location!.OriginalString, result);
        }

        await using var next = await StartAsync();
        using var again = await next.PostAsync(Echo, Cancellation, key: "k");
        using var other = await next.PostAsync(Long, Cancellation, key: "k");

        Assert.Equal(before, (await again.Content.ReadAsStringAsync(Cancellation), before.Path, await next.Client.GetStringAsync(before.Path, Cancellation)));
        Assert.Contains("hello", before.Key, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
        Assert.Contains("event: result\ndata: " + before.Job, await next.Client.GetStringAsync(before.Path + "/events", Cancellation), StringComparison.Ordinal);
        Assert.Empty(Secrets());
    }

    [KernelFact]
    public async Task After_a_kill_what_waited_runs_and_what_ran_is_said_lost()
    {
        string? running, waiting;
        await using (var host = await StartAsync("--slots", "1"))
        {
            using var first = await host.PostAsync(Long, Cancellation, "?wait=0");
            running = first.Headers.Location!.OriginalString;
            await Eventually(async () => (await Json(await host.Client.GetAsync(running, Cancellation))).GetProperty("state").GetString() == "running"
                && System.IO.Directory.GetFiles(State + "/jobs", "*.started").Length == 1);
            using var second = await host.PostAsync(Echo, Cancellation, "?wait=0");
            waiting = second.Headers.Location!.OriginalString;
        }

        await using var next = await StartAsync("--slots", "1");

        Assert.Equal(("internal-error", "the server ended while the job ran"), await Verdict(next, running));
        Assert.Equal("ok", (await Verdict(next, waiting)).Verdict);
        Assert.Empty(Secrets());
    }

    [KernelFact]
    public async Task A_server_that_is_told_to_end_leaves_what_waits_to_the_next()
    {
        string? waiting;
        await using (var host = await StartAsync("--slots", "1", "--grace", "30s"))
        {
            using var running = await host.PostAsync("""{ "command": ["sleep", "2"] }""", Cancellation, "?wait=0");
            using var second = await host.PostAsync(Echo, Cancellation, "?wait=0");
            waiting = second.Headers.Location!.OriginalString;
            var asked = host.Client.GetAsync(waiting + "?wait=1", Cancellation);

            host.Terminate();

            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await asked).StatusCode);
            Assert.Equal(0, await host.EndAsync(Cancellation));
        }

        await using var next = await StartAsync();
        Assert.Equal("ok", (await Verdict(next, waiting)).Verdict);
    }

    [KernelTheory]
    [InlineData("file=", "")]
    [InlineData("policy=", "/state/deep")]
    [InlineData("image=", "/state")]
    public async Task No_job_may_read_files_where_the_jobs_of_others_are_kept(string allowed, string below)
    {
        System.IO.Directory.CreateDirectory(State + "/deep");
        File.SetUnixFileMode(State, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var run = await CommandRun.SandboxAsync("", Cancellation, "serve", "--listen", $"unix:{Directory}/other", "--state", State, "--allow", allowed + Directory + below);

        Assert.True(run.ExitStatus == 3, run.ToString());
        Assert.Contains("one would read the other's", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_second_server_with_the_same_directory_is_refused()
    {
        await using var host = await StartAsync();

        var second = await CommandRun.SandboxAsync("", Cancellation, "serve", "--listen", $"unix:{Directory}/other", "--state", State);

        Assert.Equal(3, second.ExitStatus);
        Assert.Contains("another server has", second.Stderr, StringComparison.Ordinal);
    }

    [KernelFact(Needs.Root)]
    public async Task With_a_full_disk_no_such_job_is_taken_and_none_is_lost()
    {
        System.IO.Directory.CreateDirectory(State);
        Run("mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "sandbox-test", State);
        try
        {
            string path, result;
            await using (var host = await StartAsync())
            {
                using var taken = await host.PostAsync("""{ "command": ["sh", "-c", "sleep 1; head -c 40000 /dev/zero | tr '\\0' x"] }""", Cancellation, "?wait=0");
                path = taken.Headers.Location!.OriginalString;
                Fill(State + "/filler");
                result = await host.Client.GetStringAsync(path + "?wait=1", Cancellation);

                using var refused = await host.PostAsync(Echo, Cancellation, "?wait=0");
                using var direct = await host.PostAsync(Echo, Cancellation);
                Assert.Equal((HttpStatusCode.InsufficientStorage, HttpStatusCode.OK), (refused.StatusCode, direct.StatusCode));

                File.Delete(State + "/filler");
                await Eventually(() => Task.FromResult(host.Said.Contains("has every result again", StringComparison.Ordinal)));
                using var better = await host.PostAsync(Echo, Cancellation, "?wait=0");
                Assert.Equal(HttpStatusCode.Accepted, better.StatusCode);
            }

            await using var next = await StartAsync();
            Assert.Equal(result, await next.Client.GetStringAsync(path, Cancellation));
        }
        finally
        {
            Run("umount", "-l", State);
        }
    }

    private Task<ServedHost> StartAsync(params string[] arguments) => ServedHost.StartAsync(Directory, Cancellation, ["--state", State, .. arguments]);

    private List<string> Secrets() =>
        [.. System.IO.Directory.GetFiles(State, "*", SearchOption.AllDirectories).Where(static file => !file.EndsWith("/lock", StringComparison.Ordinal) && File.ReadAllText(file).Contains("very-secret", StringComparison.Ordinal))];

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(page);
            }
        }
        catch (IOException)
        {
            // full
        }
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private static async Task<(string? Verdict, string? Message)> Verdict(ServedHost host, string path)
    {
        var result = await Json(await host.Client.GetAsync(path + "?wait=1", Cancellation));
        return (result.GetProperty("verdict").GetString(), result.GetProperty("message").GetString());
    }

    private static async Task<JsonElement> Json(HttpResponseMessage answer) => JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;

    private static async Task Eventually(Func<Task<bool>> holds)
    {
        while (!await holds())
        {
            await Task.Delay(10, Cancellation);
        }
    }
}
