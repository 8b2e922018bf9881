using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The run directory: what jobs cannot put there, what is kept in it and for how long, and hosts that do not answer.</summary>
public sealed class RunDirectoryTests : KernelTest
{
    private const string Id = "0193000000007000800000000000cafe";

    private readonly string _runtime;

    public RunDirectoryTests()
    {
        _runtime = Directory + "/run";
        System.IO.Directory.CreateDirectory(_runtime, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    // Without a runtime directory the place is in /tmp, whoever comes first has it, and a job is this user. Once it is not there, once it is. The guest's /tmp is
    // that of the machine, read-only.
    [KernelTheory(Needs.Unprivileged | Needs.NativeKernel, Timeout = 120_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_job_makes_the_run_directory_or_anything_in_it_where_it_may_write_to_tmp(bool isThere)
    {
        var uid = (await CommandRun.StartAsync("id", "", Cancellation, "-u")).Stdout.Trim();
        var place = $"/tmp/sandbox-{uid}";
        if (!isThere)
        {
            await ShellAsync($"rm -rf {place}");
        }

        var run = $$"""{ "id": "{{Id}}", "name": "forged", "program": "/bin/evil", "directory": "/", "createdAt": "2025-01-01T00:00:00Z", "arguments": ["--", "x"], "command": ["x"] }""";
        File.WriteAllText(Directory + "/run.json", run);
        const string forge = """
            place=$1/$2
            mkdir -m 700 $place && echo made it
            rmdir $place && echo removed it
            mv $place $1/$2.moved && echo moved it
            mkdir -m 700 $place.new && mv -T $place.new $place && echo replaced it
            rmdir $place.new
            mkdir -p -m 700 $place/runs/$3 $place/hosts && cp /run.json $place/runs/$3/run.json && echo forged it
            ls -A $place
            """;
        File.WriteAllText(Directory + "/forge.sh", forge);
        foreach (var source in new[] { "/tmp", "/proc/self/root/tmp" })
        {
            var forged = await ShellAsync($"\"$SANDBOX\" run --server none -v {source}:/host:rw -v $PWD/run.json:/run.json -v $PWD/forge.sh:/forge.sh -- sh /forge.sh /host sandbox-{uid} {Id}", hasRuntime: false);

            Assert.True(forged.Stdout.Length == 0, forged.ToString());
        }

        var listed = await ShellAsync("\"$SANDBOX\" ps --all --ids", hasRuntime: false);
        Assert.DoesNotContain(Id, listed.Stdout, StringComparison.Ordinal);
        Assert.Equal(0, listed.ExitStatus);
    }

    [KernelFact(Needs.Unprivileged | Needs.NativeKernel, Timeout = 120_000)]
    public async Task A_plan_of_such_a_job_makes_nothing_and_tells_what_would_be_hidden()
    {
        var uid = (await CommandRun.StartAsync("id", "", Cancellation, "-u")).Stdout.Trim();
        var place = $"/tmp/sandbox-{uid}";

        var plan = await ShellAsync($"rm -rf {place}; \"$SANDBOX\" run --job -v /tmp:/host:rw -- true > job.json; \"$SANDBOX\" plan job.json", hasRuntime: false);

        Assert.True(plan.ExitStatus == 0, plan.ToString());
        Assert.Matches($"hide \"?/host/sandbox-{uid}\\b", plan.Stdout);
        Assert.False(System.IO.Directory.Exists(place));
    }

    // The store of images and files is the user's own, and where there is none yet a job could make it.
    [KernelFact(Needs.Unprivileged, Timeout = 120_000)]
    public async Task No_job_makes_the_store_where_it_may_write_to_a_directory_above()
    {
        System.IO.Directory.CreateDirectory(Directory + "/data/beside");

        var forged = await ShellAsync("SANDBOX_STORE=$PWD/data/new/store \"$SANDBOX\" run --server none -v $PWD/data:/host:rw -- sh -c 'mkdir -p -m 700 /host/new/store && echo made it'");

        Assert.Equal((125, ""), (forged.ExitStatus, forged.Stdout));
        Assert.Contains("where the sandbox keeps what other jobs get", forged.Stderr, StringComparison.Ordinal);
        Assert.False(System.IO.Directory.Exists(Directory + "/data/new"));
        Assert.Equal(0, (await ShellAsync("SANDBOX_STORE=$PWD/data/new/store \"$SANDBOX\" run --server none -v $PWD/data/beside:/host:rw -- true")).ExitStatus);
    }

    [KernelFact(Needs.Unprivileged | Needs.NativeKernel, Timeout = 120_000)]
    public async Task A_place_that_a_job_could_make_private_is_no_bind()
    {
        var uid = (await CommandRun.StartAsync("id", "", Cancellation, "-u")).Stdout.Trim();
        var place = $"/tmp/sandbox-{uid}";
        System.IO.Directory.CreateDirectory(place);
        File.SetUnixFileMode(place, (UnixFileMode)0b111_101_101);
        try
        {
            var refused = await ShellAsync("\"$SANDBOX\" run --server none -v /tmp:/host:rw -- true", hasRuntime: false);

            Assert.Equal(125, refused.ExitStatus);
            Assert.Contains("it must be a directory of this user with mode 0700 before", refused.Stderr, StringComparison.Ordinal);
        }
        finally
        {
            File.SetUnixFileMode(place, (UnixFileMode)0b111_000_000);
        }
    }

    [KernelFact(Timeout = 120_000)]
    public async Task A_host_that_is_stopped_has_a_row_that_says_so_and_nobody_waits_for_it()
    {
        await ShellAsync("\"$SANDBOX\" run -d --name stopped -- sleep 60; \"$SANDBOX\" run -d --name other -- sleep 60");
        var pid = Row(await RowsAsync(), "stopped").GetProperty("hostPid").GetInt32();
        await ShellAsync($"kill -STOP {pid}");
        try
        {
            var since = Stopwatch.GetTimestamp();
            var rows = await RowsAsync();
            Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(4 * Requirements.Slowness), "it waits");

            Assert.Equal(("unknown", "running"), (Row(rows, "stopped").GetProperty("state").GetString(), Row(rows, "other").GetProperty("state").GetString()));
            var table = await ShellAsync("\"$SANDBOX\" ps");
            Assert.Matches(" stopped +no answer ", table.Stdout);
            Assert.Equal($"sandbox: process {pid} does not answer: it is stopped (SIGSTOP), and \"kill -CONT {pid}\" lets it go on\n", table.Stderr);
            Assert.Equal(125, (await ShellAsync("\"$SANDBOX\" run -d --name stopped -- true")).ExitStatus);
        }
        finally
        {
            await ShellAsync($"kill -CONT {pid}");
        }

        Assert.Equal("running", Row(await RowsAsync(), "stopped").GetProperty("state").GetString());
    }

    [KernelFact(Timeout = 120_000)]
    public async Task What_was_lost_is_told_for_good_and_goes_with_the_rest()
    {
        await ShellAsync("\"$SANDBOX\" run -d --name lost -- sleep 60; \"$SANDBOX\" run -d --name over -- true; \"$SANDBOX\" wait over");
        Process.GetProcessById(Row(await RowsAsync(), "lost").GetProperty("hostPid").GetInt32()).Kill();
        while (Row(await RowsAsync("--all"), "lost").GetProperty("state").GetString() is var state && state != "lost")
        {
            Assert.True(state is "running" or "exited" or "unknown", state);
        }

        Assert.Equal((3, "sandbox: rm: --all means all that are over, and no other\n"), ((await ShellAsync("\"$SANDBOX\" wait lost")).ExitStatus, (await ShellAsync("\"$SANDBOX\" rm --all lost")).Stderr));
        await ShellAsync("\"$SANDBOX\" run -d --name live -- sleep 60");
        Assert.Equal(3, (await ShellAsync("\"$SANDBOX\" rm live")).ExitStatus);
        Assert.Equal(0, (await ShellAsync("\"$SANDBOX\" rm lost")).ExitStatus);
        Assert.Equal(["live", "over"], (await RowsAsync("--all")).Select(static row => row.GetProperty("name").GetString()).Order());
        Assert.Equal(0, (await ShellAsync("\"$SANDBOX\" rm --all")).ExitStatus);
        Assert.Equal(["live"], (await RowsAsync("--all")).Select(static row => row.GetProperty("name").GetString()));
        Assert.Equal(0, (await ShellAsync("\"$SANDBOX\" rm -f live")).ExitStatus);
        Assert.Empty(await RowsAsync("--all"));
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(_runtime + "/sandbox/runs"));
    }

    // 33 that are over, of which one was lost, and one of a process that was killed before its job had begun.
    [KernelFact(Timeout = 120_000)]
    public async Task Of_what_is_over_as_many_are_kept_as_the_bound_says_the_lost_ones_among_them()
    {
        await ShellAsync("\"$SANDBOX\" run -d -- true | xargs \"$SANDBOX\" wait");
        var runs = _runtime + "/sandbox/runs";
        var kept = Assert.Single(System.IO.Directory.GetDirectories(runs));
        for (var count = 0; count < 33; count++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"01930000000070008000{count:000000000000}");
            System.IO.Directory.CreateDirectory($"{runs}/{id}");
            File.WriteAllText($"{runs}/{id}/run.json", File.ReadAllText(kept + "/run.json").Replace(Path.GetFileName(kept), id, StringComparison.Ordinal));
            if (count > 0)
            {
                File.Copy(kept + "/result.json", $"{runs}/{id}/result.json");
            }
        }

        System.IO.Directory.CreateDirectory(runs + "/.left");
        System.IO.Directory.SetLastWriteTimeUtc(runs + "/.left", DateTime.UtcNow.AddMinutes(-2));
        await ShellAsync("\"$SANDBOX\" run -d -- true | xargs \"$SANDBOX\" wait");

        for (var left = 1000; System.IO.Directory.GetDirectories(runs).Length != 32; left--)
        {
            Assert.True(left > 0, string.Join('\n', System.IO.Directory.GetDirectories(runs)));
            await Task.Delay(10, Cancellation);
        }

        Assert.False(System.IO.Directory.Exists($"{runs}/01930000000070008000000000000000"));
        Assert.True(System.IO.Directory.Exists(kept));
    }

    [KernelFact(Timeout = 120_000)]
    public async Task What_waits_in_a_server_is_listed_with_its_place_and_can_be_taken_out()
    {
        await using var server = await ServedHost.StartAsync(Directory, new Dictionary<string, string> { ["XDG_RUNTIME_DIR"] = _runtime }, Cancellation, "--slots", "1");
        using var first = await server.PostAsync("""{ "name": "first", "command": ["sleep", "60"] }""", Cancellation, "?wait=0");
        using var second = await server.PostAsync("""{ "name": "second", "command": ["sleep", "61"] }""", Cancellation, "?wait=0");
        using var third = await server.PostAsync("""{ "name": "third", "command": ["sleep", "62"] }""", Cancellation, "?wait=0");
        await server.RunningAsync(1, Cancellation);

        var rows = await RowsAsync();
        Assert.Equal(("queued", 1, "serve"), (Row(rows, "third").GetProperty("state").GetString(), Row(rows, "third").GetProperty("position").GetInt32(), Row(rows, "third").GetProperty("host").GetString()));
        Assert.Matches(" second +queued \\(0\\) +.* sleep 61\n", (await ShellAsync("\"$SANDBOX\" ps")).Stdout);
        Assert.Contains("it waits in the queue of its server", (await ShellAsync("\"$SANDBOX\" pause second")).Stderr, StringComparison.Ordinal);

        // The server has a thread for whoever waits.
        var waited = await ShellAsync($"""
            "$SANDBOX" wait second &
            until [ $(cat /proc/{server.Pid}/task/*/comm | grep -c '^sandbox host') -ge 2 ]; do sleep 0.05; done
            "$SANDBOX" kill second first; wait
            """);
        Assert.True(waited is { Stdout: "137\n", Stderr: "" }, waited.ToString());

        while (Row(await RowsAsync(), "third").GetProperty("state").GetString() is var state && state != "running")
        {
            Assert.True(state is "queued" or "created", state);
        }

        Assert.DoesNotContain(await RowsAsync(), static row => row.GetProperty("name").GetString() == "second");
        Assert.Equal(0, (await ShellAsync("\"$SANDBOX\" stop -t 0 third")).ExitStatus);
    }

    // Whoever may send jobs chooses their names and commands.
    [KernelFact(Timeout = 120_000)]
    public async Task A_tenant_takes_no_name_from_the_owner_and_no_command_fills_the_list()
    {
        await using var server = await ServedHost.StartAsync(Directory, new Dictionary<string, string> { ["XDG_RUNTIME_DIR"] = _runtime }, Cancellation, "--listen", "127.0.0.1:0");
        var address = server.Said.Split("listening on ").Last(static part => part.StartsWith("127", StringComparison.Ordinal)).Split('\n')[0].Trim();
        using var tenant = new HttpClient { BaseAddress = new($"http://{address}") };
        using var body = new StringContent($$"""{ "name": "web", "command": ["sh", "-c", "sleep 60", "{{new string('x', 100_000)}}"] }""", System.Text.Encoding.UTF8, "application/json");
        body.Headers.ContentType = new("application/json");
        using var posted = await tenant.PostAsync("/v1/jobs?wait=0", body, Cancellation);
        Assert.True(posted.IsSuccessStatusCode, await posted.Content.ReadAsStringAsync(Cancellation));
        await server.RunningAsync(1, Cancellation);

        Assert.Equal(2, (await ShellAsync("\"$SANDBOX\" kill web")).ExitStatus);
        var started = await ShellAsync("\"$SANDBOX\" run -d --name web -- sleep 60");
        Assert.True(started.ExitStatus == 0, started.ToString());
        var rows = (await RowsAsync()).Where(static row => row.GetProperty("name").GetString() == "web").ToDictionary(static row => row.GetProperty("host").GetString()!);
        Assert.Equal(("@anybody", null), (rows["serve"].GetProperty("tenant").GetString(), rows["detached"].GetProperty("tenant").GetString()));
        Assert.InRange(rows["serve"].GetProperty("command").EnumerateArray().Sum(static word => word.GetString()!.Length), 1000, 1100);

        Assert.Equal(0, (await ShellAsync("\"$SANDBOX\" kill web")).ExitStatus);
        await ShellAsync("\"$SANDBOX\" wait web");
        Assert.Equal("serve", Assert.Single(await RowsAsync()).GetProperty("host").GetString());
        Assert.Equal(0, (await ShellAsync($"\"$SANDBOX\" kill {rows["serve"].GetProperty("id").GetString()}")).ExitStatus);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        using var kill = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{Probe.CommandLine} ps --ids | xargs -r {Probe.CommandLine} kill"]) { Environment = { ["XDG_RUNTIME_DIR"] = _runtime } });
        kill!.WaitForExit();
        base.Dispose();
    }

    private static JsonElement Row(IEnumerable<JsonElement> rows, string name) => rows.Single(row => row.GetProperty("name").GetString() == name);

    private async Task<JsonElement[]> RowsAsync(string options = "") =>
        [.. JsonDocument.Parse((await ShellAsync($"\"$SANDBOX\" ps --json {options}")).Stdout).RootElement.EnumerateArray()];

    private Task<CommandRun> ShellAsync(string script, bool hasRuntime = true) =>
        CommandRun.ShellInAsync(Directory, $"{(hasRuntime ? $"export XDG_RUNTIME_DIR={_runtime}" : "unset XDG_RUNTIME_DIR; export HOME=/nonexistent")}; {script}", Cancellation);
}
