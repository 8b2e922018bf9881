using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The job host on a real socket, with real jobs.</summary>
public sealed class ServeTests : KernelTest
{
    private const string Echo = """{ "command": ["echo", "hello"] }""";
    private const string Long = """{ "command": ["sleep", "60"] }""";

    [KernelFact]
    public async Task A_job_comes_back_as_its_result()
    {
        await using var host = await StartAsync();

        using var answer = await host.PostAsync(Echo, Cancellation);
        var result = await Json(answer);

        Assert.Equal((HttpStatusCode.OK, "ok"), (answer.StatusCode, result.GetProperty("verdict").GetString()));
        Assert.Equal("hello\n", result.GetProperty("stdout").GetProperty("text").GetString());
        Assert.Contains("cpuTime=", Assert.Single(answer.Headers.GetValues("Sandbox-Limits")), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_job_that_fails_is_a_result_too()
    {
        await using var host = await StartAsync();

        using var answer = await host.PostAsync("""{ "command": ["false"] }""", Cancellation);

        Assert.Equal((HttpStatusCode.OK, "exit-code"), (answer.StatusCode, await Verdict(answer)));
    }

    [KernelTheory]
    [InlineData("{", HttpStatusCode.BadRequest)]
    [InlineData("""{ "command": ["true"], "colour": 1 }""", HttpStatusCode.BadRequest)]
    [InlineData("""{ "command": ["true"], "rootfs": { "image": "./image" } }""", HttpStatusCode.BadRequest)]
    [InlineData("""{ "command": ["true"], "network": "host" }""", HttpStatusCode.Forbidden)]
    [InlineData("""{ "command": ["true"], "mounts": [{ "type": "bind", "source": "/etc", "target": "/x" }] }""", HttpStatusCode.Forbidden)]
    [InlineData("""{ "command": ["true"], "outputs": [{ "path": "/work/a", "to": "/tmp/a" }] }""", HttpStatusCode.Forbidden)]
    [InlineData("""{ "command": ["true"], "limits": { "memory": "1GiB" } }""", HttpStatusCode.UnprocessableEntity)]
    public async Task What_is_refused_is_said_with_its_place_and_nothing_runs(string job, HttpStatusCode status)
    {
        await using var host = await StartAsync("--memory", "600MiB");

        using var answer = await host.PostAsync(job, Cancellation);
        var problem = await Json(answer);

        Assert.Equal((status, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.NotEqual(0, problem.GetProperty("problems").GetArrayLength());
        Assert.False(answer.Headers.Contains("Sandbox-Job"));
    }

    [KernelFact]
    public async Task Requests_that_are_none_have_their_status()
    {
        await using var host = await StartAsync("--max-body", "1KiB");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await host.PostAsync(new string(' ', 2000) + Echo, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Client.GetAsync("/v1/jobs/0", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Client.GetAsync("/else", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.PostAsync(Echo, Cancellation, "?colour=red")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.PostAsync(Echo, Cancellation, "?deadline=soon")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.PostAsync(Echo, Cancellation, "?priority=1000")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/healthz", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/readyz", Cancellation)).StatusCode);
    }

    [KernelFact]
    public async Task When_as_many_wait_as_may_the_next_is_told_when_to_come_again()
    {
        await using var host = await StartAsync("--slots", "1", "--max-waiting", "1");
        using var running = await host.PostAsync(Long, Cancellation, "?wait=0");
        using var waiting = await host.PostAsync(Long, Cancellation, "?wait=0");

        using var refused = await host.PostAsync(Long, Cancellation, "?wait=0");

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted, (HttpStatusCode)429), (running.StatusCode, waiting.StatusCode, refused.StatusCode));
        Assert.Equal(("queued", 0), ((await Json(waiting)).GetProperty("state").GetString(), (await Json(waiting)).GetProperty("position").GetInt32()));
        Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.Client.GetAsync("/readyz", Cancellation)).StatusCode);
    }

    [KernelFact]
    public async Task A_job_can_be_ended_in_the_queue_and_while_it_runs()
    {
        await using var host = await StartAsync("--slots", "1");
        using var running = await host.PostAsync(Long, Cancellation, "?wait=0");
        using var waiting = await host.PostAsync(Long, Cancellation, "?wait=0");

        Assert.Equal("cancelled", await Verdict(await host.Client.DeleteAsync(waiting.Headers.Location, Cancellation)));
        Assert.Equal("cancelled", await Verdict(await host.Client.DeleteAsync(running.Headers.Location, Cancellation)));
        Assert.Equal("cancelled", await Verdict(await host.Client.GetAsync(running.Headers.Location, Cancellation)));
    }

    [KernelFact]
    public async Task A_key_is_one_job_across_connections_and_another_body_conflicts()
    {
        await using var host = await StartAsync();
        using (var connection = await host.ConnectAsync(Cancellation))
        {
            // The client is gone before there is an answer; the job is not.
            await connection.SendAsync(Encoding.ASCII.GetBytes($"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: k\r\nContent-Length: {Echo.Length}\r\n\r\n{Echo}"), Cancellation);
            await Eventually(async () => (await Json(await host.Client.GetAsync("/v1/host", Cancellation))).GetProperty("running").GetInt32() > 0 || connection.Available > 0);
        }

        using var again = await host.PostAsync(Echo, Cancellation, key: "k");
        using var third = await host.PostAsync(Echo, Cancellation, key: "k");
        using var other = await host.PostAsync(Long, Cancellation, key: "k");

        Assert.Equal(again.Headers.GetValues("Sandbox-Job"), third.Headers.GetValues("Sandbox-Job"));
        Assert.Equal(await again.Content.ReadAsStringAsync(Cancellation), await third.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
    }

    [KernelFact]
    public async Task A_client_that_goes_away_ends_its_job_only_if_it_asked_for_that()
    {
        await using var host = await StartAsync("--slots", "2");
        await SendAndLeaveAsync(host, "?cancel=disconnect");
        await Eventually(async () => await RunningAsync(host) == 0);

        await SendAndLeaveAsync(host, "");
        await Task.Delay(300, Cancellation);

        Assert.Equal(1, await RunningAsync(host));
    }

    [KernelFact]
    public async Task Tenants_take_turns()
    {
        await using var host = await StartAsync("--slots", "1");
        using var running = await host.PostAsync(Long, Cancellation, "?wait=0", tenant: "flood");
        for (var number = 0; number < 5; number++)
        {
            using var flood = await host.PostAsync(Long, Cancellation, "?wait=0", tenant: "flood");
        }

        using var single = await host.PostAsync(Long, Cancellation, "?wait=0", tenant: "single");

        Assert.Equal(0, (await Json(single)).GetProperty("position").GetInt32());
    }

    [KernelFact]
    public async Task A_limit_above_the_maximum_is_the_maximum_and_is_said()
    {
        await using var host = await StartAsync("--max-limit", "wallTime=1s", "--max-limit", "memory=64MiB");

        using var answer = await host.PostAsync("""{ "command": ["sleep", "60"], "limits": { "wallTime": "none", "memory": "1GiB" } }""", Cancellation);

        var said = Assert.Single(answer.Headers.GetValues("Sandbox-Limits"));
        Assert.Contains("memory=64 MiB", said, StringComparison.Ordinal);
        Assert.Contains("wallTime=1 s", said, StringComparison.Ordinal);
        Assert.Equal("wall-time-limit", await Verdict(answer));
    }

    [KernelFact]
    public async Task Defaults_are_for_what_a_job_does_not_name_and_are_told_in_its_own_words()
    {
        await using var host = await StartAsync("--max-limit", "wallTime=9s", "--default-limit", "wallTime=500ms", "--default-limit", "memory=100MiB", "--default-limit", "cpuTime=none");

        using var plain = await host.PostAsync(Long, Cancellation);
        using var own = await host.PostAsync("""{ "command": ["sleep", "1"], "limits": { "wallTime": "8s" } }""", Cancellation);
        var told = await Json(await host.Client.GetAsync("/v1/host", Cancellation));

        Assert.Equal(("wall-time-limit", "ok"), (await Verdict(plain), await Verdict(own)));
        Assert.DoesNotContain("wallTime", string.Join(",", plain.Headers.GetValues("Sandbox-Limits")), StringComparison.Ordinal);
        var read = LimitsOf(told, "defaultLimits");
        Assert.Equal((TimeSpan.FromMilliseconds(500), 100L << 20, TimeSpan.FromMinutes(10)), (read.WallTime, read.MemoryBytes, read.CpuTime));
        Assert.Equal(TimeSpan.FromSeconds(9), LimitsOf(told, "maxLimits").WallTime);
    }

    [KernelTheory]
    [InlineData("""{ "command": ["true"], "limits": { "memory": "400MiB" } }""", "400MiB")]
    [InlineData("""{ "processes": { "a": { "command": ["true"], "limits": { "memory": "200MiB" } }, "b": { "command": ["true"], "limits": { "memory": "200MiB" } } } }""", "400MiB")]
    [InlineData("""{ "steps": [ { "name": "a", "job": { "command": ["true"], "limits": { "memory": "200MiB" } }, "parallel": 2, "forEach": [ { "name": "1" }, { "name": "2" }, { "name": "3" } ] } ] }""", "400MiB")]
    public async Task What_can_never_fit_is_refused_with_what_it_comes_to(string job, string sum)
    {
        await using var host = await StartAsync("--memory", "300MiB");

        using var answer = await host.PostAsync(job, Cancellation);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains(sum, (await Json(answer)).GetProperty("problems")[0].GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("ok", await Verdict(await host.PostAsync(job.Replace("200MiB", "100MiB", StringComparison.Ordinal).Replace("400MiB", "100MiB", StringComparison.Ordinal), Cancellation)));
    }

    private static ResourceLimits LimitsOf(JsonElement host, string member) =>
        JobFile.Parse(Encoding.UTF8.GetBytes($"{{ \"command\": [\"true\"], \"limits\": {host.GetProperty(member).GetRawText()} }}"), "").Limits;

    [KernelFact]
    public async Task At_its_end_the_server_lets_jobs_end_and_takes_no_more()
    {
        await using var host = await StartAsync("--slots", "1", "--grace", "30s");
        using var running = await host.PostAsync("""{ "command": ["sleep", "1"] }""", Cancellation, "?wait=0");
        using var waiting = await host.PostAsync(Echo, Cancellation, "?wait=0");

        var results = (Running: host.Client.GetAsync(running.Headers.Location + "?wait=1", Cancellation), Waiting: host.Client.GetAsync(waiting.Headers.Location + "?wait=1", Cancellation));
        host.Terminate();
        await Eventually(() => Task.FromResult(host.Said.Contains("shutting down", StringComparison.Ordinal)));
        using var late = await host.PostAsync(Echo, Cancellation);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, late.StatusCode);
        Assert.Equal(("ok", "cancelled"), (await Verdict(await results.Running), await Verdict(await results.Waiting)));
        Assert.Equal(0, await host.EndAsync(Cancellation));
        Assert.Empty(System.IO.Directory.EnumerateFiles(Directory));
    }

    [KernelFact]
    public async Task Jobs_that_outlast_the_grace_are_cancelled()
    {
        await using var host = await StartAsync("--grace", "200ms");
        var running = host.PostAsync(Long, Cancellation);
        await Eventually(async () => await RunningAsync(host) == 1);

        host.Terminate();

        Assert.Equal("cancelled", await Verdict(await running));
        Assert.Equal(0, await host.EndAsync(Cancellation));
    }

    // Nothing hides a socket that comes into a bound directory while the job runs (HiddenSocketTests has those that were there): nothing but the server keeps it out.
    [KernelFact]
    public async Task A_job_that_reaches_the_socket_is_not_let_in()
    {
        const string ask = "import os, socket, time; p = '/host/s'\nwhile not os.path.exists('/host/ready'): time.sleep(0.05)\ns = socket.socket(socket.AF_UNIX); s.connect(p); s.sendall(b'GET /v1/host HTTP/1.0\\r\\n\\r\\n'); print(len(s.recv(100)))";
        var jobs = new[] { JobUserOf(1000), JobUserOf(0) }
            .Select(user => RunAsync(Probe.Tool("/usr/bin/python3", "-c", ask) with { Mounts = [Mount.Bind(Directory, "/host", writable: true)], User = user })).ToList();
        await Eventually(() => Task.FromResult(Runner.RunningJobs == jobs.Count));
        await Task.Delay(500, Cancellation);
        await using var host = await StartAsync();
        await File.WriteAllTextAsync(Directory + "/ready", "", Cancellation);
        foreach (var result in await Task.WhenAll(jobs))
        {
            // A job of real root has another uid outside, which the mode of the socket keeps out; every other job connects, and is looked at.
            Assert.True(Out(result).Trim() is "" or "0", Describe(result));
            Assert.True(host.Said.Contains("not let in: it is in another user or pid namespace", StringComparison.Ordinal) || (Environment.IsPrivilegedProcess && Err(result).Contains("PermissionError", StringComparison.Ordinal)), Describe(result));
        }

        Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/v1/host", Cancellation)).StatusCode);
    }

    [KernelFact]
    public async Task The_socket_is_the_users_alone_and_a_live_one_is_not_replaced()
    {
        await using var host = await StartAsync();

        var second = await CommandRun.SandboxAsync("", Cancellation, "serve", "--listen", "unix:" + host.Socket);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(host.Socket));
        Assert.Equal(3, second.ExitStatus);
        Assert.Contains("another server listens on it", second.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_socket_that_was_left_is_replaced_and_another_file_is_not()
    {
        await (await StartAsync()).DisposeAsync();
        Assert.True(File.Exists(Directory + "/s"));
        await using (var host = await StartAsync())
        {
            Assert.Equal(HttpStatusCode.OK, (await host.Client.GetAsync("/healthz", Cancellation)).StatusCode);
        }

        File.Delete(Directory + "/s");
        await File.WriteAllTextAsync(Directory + "/s", "precious", Cancellation);
        var refused = await CommandRun.SandboxAsync("", Cancellation, "serve", "--listen", $"unix:{Directory}/s");

        Assert.Equal((3, "precious"), (refused.ExitStatus, await File.ReadAllTextAsync(Directory + "/s", Cancellation)));
    }

    [KernelFact]
    [Trait("as", "any")]
    public async Task A_client_that_does_not_come_to_the_point_is_not_waited_for()
    {
        await using var host = await StartAsync();
        using var connection = await host.ConnectAsync(Cancellation);
        await connection.SendAsync("POST /v1/jobs HTTP/1.1\r\nHost:"u8.ToArray(), Cancellation);
        var answer = new byte[1000];

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(25));
        var length = await connection.ReceiveAsync(answer, patience.Token);

        Assert.StartsWith("HTTP/1.1 408", Encoding.ASCII.GetString(answer, 0, length), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task The_socket_is_in_the_runtime_directory_if_that_is_the_users_alone()
    {
        const string serve = "timeout -s TERM 2 env XDG_RUNTIME_DIR=\"$DIRECTORY\" \"$SANDBOX\" serve";

        var open = await CommandRun.ShellAsync($"DIRECTORY={Directory}; {serve}", "", Cancellation);
        File.SetUnixFileMode(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var own = await CommandRun.ShellAsync($"DIRECTORY={Directory}; {serve}", "", Cancellation);

        Assert.Equal(3, open.ExitStatus);
        Assert.Contains("is not a private directory of this user", open.Stderr, StringComparison.Ordinal);
        Assert.Contains($"listening on {Directory}/sandbox.sock", own.Stderr, StringComparison.Ordinal);
        Assert.Contains("shutting down; running: 0", own.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Without_its_second_program_the_command_says_what_is_missing()
    {
        var alone = Directory + "/sandbox";
        File.Copy(Probe.CommandLine, alone);

        var run = await CommandRun.StartAsync(alone, "", Cancellation, "serve");

        Assert.Equal(3, run.ExitStatus);
        Assert.Contains($"cannot execute {Directory}/sandboxd: ENOENT", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Wrong_settings_are_said_at_once_and_nothing_listens()
    {
        var run = await CommandRun.SandboxAsync("", Cancellation, "serve", "--slots", "0", "--listen", "0.0.0.0:80", "--grace", "soon");

        Assert.Equal((2, 3), (run.ExitStatus, run.Stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_thousand_jobs_leave_nothing_behind()
    {
        await using var host = await StartAsync("--keep-count", "10");
        const int Warm = 50;
        var before = (Descriptors: 0, Children: 0, Resident: 0L);
        for (var number = 0; number < 1000; number++)
        {
            using var answer = await host.PostAsync("""{ "command": ["true"], "rootfs": "host" }""", Cancellation);
            Assert.Equal("ok", await Verdict(answer));
            before = number == Warm ? Held(host) : before;
        }

        await Eventually(() => Task.FromResult(Held(host) is var now && now.Descriptors <= before.Descriptors + 2 && now.Children <= before.Children));
        Assert.InRange(Held(host).Resident, 0, before.Resident + (32 << 10));
    }

    private Task<ServedHost> StartAsync(params string[] arguments) => ServedHost.StartAsync(Directory, Cancellation, arguments);

    private static JobUser JobUserOf(uint id) => new() { Uid = id, Gid = id };

    private static (int Descriptors, int Children, long Resident) Held(ServedHost host) =>
        (System.IO.Directory.EnumerateFileSystemEntries($"/proc/{host.Pid}/fd").Count(), HostProcesses.ChildrenOf(host.Pid).Count,
            long.Parse(File.ReadLines($"/proc/{host.Pid}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], null));

    private static async Task SendAndLeaveAsync(ServedHost host, string query)
    {
        using var connection = await host.ConnectAsync(Cancellation);
        await connection.SendAsync(Encoding.ASCII.GetBytes($"POST /v1/jobs{query} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Long.Length}\r\n\r\n{Long}"), Cancellation);
        await Eventually(async () => await RunningAsync(host) == 1);
    }

    private static async Task<int> RunningAsync(ServedHost host) => (await Json(await host.Client.GetAsync("/v1/host", Cancellation))).GetProperty("running").GetInt32();

    private static async Task<JsonElement> Json(HttpResponseMessage answer) => JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;

    private static async Task<string?> Verdict(HttpResponseMessage answer) => (await Json(answer)).GetProperty("verdict").GetString();

    private static async Task Eventually(Func<Task<bool>> holds)
    {
        for (var left = 1000 * Requirements.Slowness; !await holds(); left--)
        {
            Assert.True(left > 0, "it did not come to be");
            await Task.Delay(10, Cancellation);
        }
    }
}
