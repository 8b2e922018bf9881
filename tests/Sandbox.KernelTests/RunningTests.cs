using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>`sandbox ps` and what can be done about what it lists: sandboxes of commands, detached runs and servers.</summary>
public sealed class RunningTests : KernelTest
{
    private const string Loop = "while :; do sleep 0.05; done";

    private readonly string _runtime;

    public RunningTests()
    {
        _runtime = Directory + "/run";
        System.IO.Directory.CreateDirectory(_runtime, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [KernelFact(Timeout = 120_000)]
    public async Task Sandboxes_of_commands_and_servers_are_listed_with_what_they_use_and_can_be_ended()
    {
        await using var server = await ServedHost.StartAsync(Directory, new Dictionary<string, string> { ["XDG_RUNTIME_DIR"] = _runtime }, Cancellation);
        using var posted = await server.PostAsync("""{ "name": "served", "command": ["sleep", "60"] }""", Cancellation, "?wait=0");
        using var run = Start($"\"$SANDBOX\" run --server none --name run -- sh -c '{Loop}'");
        using var exec = Start("""echo '{ "name": "exec", "command": ["sleep", "60"] }' | "$SANDBOX" exec --server none -""");
        using var batch = Start("""echo '{ "name": "batch", "command": ["sleep", "60"] }' | "$SANDBOX" batch --server none --quiet -""");
        await ShellAsync("\"$SANDBOX\" run -d --name detached -- sleep 60");

        var rows = await ListAsync(5);
        Assert.Equal(
            ["batch batch running", "detached detached running", "exec exec running", "run run running", "served serve running"],
            rows.Select(static row => $"{row.GetProperty("name")} {row.GetProperty("host")} {row.GetProperty("state")}").Order());
        Assert.All(rows, static row =>
        {
            Assert.True(row.GetProperty("startedAt").GetDateTimeOffset() >= row.GetProperty("createdAt").GetDateTimeOffset().AddMilliseconds(-1));
            Assert.True(row.GetProperty("memoryBytes").GetInt64() > 0);
            Assert.True(row.GetProperty("cpuMs").GetDouble() >= 0);
            Assert.True(File.Exists($"/proc/{row.GetProperty("hostPid")}/stat"));
        });

        var table = await ShellAsync("\"$SANDBOX\" ps");
        Assert.Matches(@"^ID +NAME +STATE +SINCE +CPU +MEMORY +HOST +COMMAND\n", table.Stdout);
        Assert.Contains(" exec ", table.Stdout, StringComparison.Ordinal);

        var kill = await ShellAsync("\"$SANDBOX\" kill run exec batch served $(\"$SANDBOX\" ps | grep ' detached ' | cut -d ' ' -f 1)");
        Assert.True(kill is { ExitStatus: 0, Stdout: "", Stderr: "" }, kill.ToString());
        await run.WaitForExitAsync(Cancellation);
        await exec.WaitForExitAsync(Cancellation);
        await batch.WaitForExitAsync(Cancellation);
        Assert.Equal((137, 1, 1), (run.ExitCode, exec.ExitCode, batch.ExitCode));
        Assert.Contains("\"verdict\":\"cancelled\"", await exec.StandardOutput.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal("137", (await ShellAsync("\"$SANDBOX\" wait detached")).Stdout.Trim());
        Assert.Empty(await ListAsync(0));
    }

    [KernelFact(Timeout = 120_000)]
    public async Task A_detached_run_keeps_its_output_and_ends_as_it_is_asked_to()
    {
        const string job = $"echo out; echo err >&2; trap \\\"echo bye; exit 7\\\" TERM; {Loop}";

        // Started at a terminal whose window is closed afterwards.
        using (var terminal = CallerTerminal.Start("/usr/bin/env", $"XDG_RUNTIME_DIR={_runtime}", "/bin/sh", "-c", $"{Probe.CommandLine} run -d --name web -- sh -c \"{job}\"; echo started; exec sleep 60"))
        {
            await terminal.ShowsAsync("started");
            Assert.Matches("^[0-9a-f]{32}\r\nstarted", terminal.Shown);
        }

        var row = Assert.Single(await ListAsync(1));
        var id = row.GetProperty("id").GetString()!;
        var again = await ShellAsync("\"$SANDBOX\" run -d --name web -- true");
        Assert.Equal((125, $"sandbox: --name web: a sandbox of that name runs already: {id}\n", ""), (again.ExitStatus, again.Stderr, again.Stdout));

        using var follower = Start("\"$SANDBOX\" logs -f web");
        Assert.Equal("out", await follower.StandardOutput.ReadLineAsync(Cancellation));
        Assert.Equal("err", await follower.StandardError.ReadLineAsync(Cancellation));

        var inspected = JsonDocument.Parse((await ShellAsync($"\"$SANDBOX\" inspect {id[^12..]}")).Stdout).RootElement;
        var pid = inspected.GetProperty("pid").GetInt32();
        foreach (var kind in (string[])["user", "pid", "mnt", "net", "ipc", "uts", "cgroup"])
        {
            Assert.Equal(new FileInfo($"/proc/{pid}/ns/{kind}").LinkTarget, inspected.GetProperty("namespaces").GetProperty(kind).GetString());
        }

        Assert.Equal("web", inspected.GetProperty("job").GetProperty("name").GetString());
        Assert.Contains(inspected.GetProperty("plan").EnumerateArray(), static line => line.GetString()!.Contains("set no_new_privs", StringComparison.Ordinal));
        Assert.True(inspected.GetProperty("isolation").GetProperty("noNewPrivs").GetBoolean());
        Assert.Equal(1024, inspected.GetProperty("enforcement").GetProperty("processes").GetProperty("requested").GetDouble());

        using var waiter = Start("\"$SANDBOX\" wait web");
        Assert.Equal(0, (await ShellAsync("\"$SANDBOX\" stop -t 30s web")).ExitStatus);

        Assert.Equal("7\n", await waiter.StandardOutput.ReadToEndAsync(Cancellation));
        Assert.Equal("bye\n", await follower.StandardOutput.ReadToEndAsync(Cancellation));
        await follower.WaitForExitAsync(Cancellation);
        var logs = await ShellAsync("\"$SANDBOX\" logs web");
        Assert.Equal((0, "out\nbye\n", "err\n"), (logs.ExitStatus, logs.Stdout, logs.Stderr));
        Assert.Equal("exited (7)", Regex.Match((await ShellAsync("\"$SANDBOX\" ps -a")).Stdout, @"exited \(\d+\)").Value);
        Assert.Equal("", (await ShellAsync("\"$SANDBOX\" ps --ids")).Stdout);
    }

    [KernelFact(Timeout = 120_000)]
    public async Task What_does_not_start_is_told_and_what_is_lost_or_too_long_as_well()
    {
        var missing = await ShellAsync("\"$SANDBOX\" run -d -- no-such-program");
        Assert.Equal((127, ""), (missing.ExitStatus, missing.Stdout));
        Assert.Contains("command not found", missing.Stderr, StringComparison.Ordinal);
        Assert.Equal((2, "sandbox: there is no sandbox web; \"sandbox ps\" lists those that run, and with --all those that are kept\n"), await StatusAsync("\"$SANDBOX\" kill web"));

        // A stop that nobody heeds ends with a kill; of the log the newer half is there.
        await ShellAsync("\"$SANDBOX\" run -d --name long --log-size 64KiB -- sh -c 'trap \"\" TERM; i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo last; sleep 60'");
        using (var follower = Start("\"$SANDBOX\" logs -f long | grep -m 1 last"))
        {
            await follower.WaitForExitAsync(Cancellation);
        }

        Assert.InRange(System.IO.Directory.GetFiles(_runtime + "/sandbox/runs", "log*", SearchOption.AllDirectories).Sum(static file => new FileInfo(file).Length), 1, 64 << 10);
        Assert.Equal(0, (await ShellAsync("\"$SANDBOX\" stop -t 0s long")).ExitStatus);
        Assert.Equal("137\n", (await ShellAsync("\"$SANDBOX\" wait long")).Stdout);
        var kept = await ShellAsync("\"$SANDBOX\" logs long");
        Assert.EndsWith("line 19999\nlast\n", kept.Stdout, StringComparison.Ordinal);
        Assert.Matches("^sandbox: .* KiB before this are not kept any more\n$", kept.Stderr);

        // The process that has it is killed: its job is, too, and nobody knows how it would have ended.
        await ShellAsync("\"$SANDBOX\" run -d --name lost -- sleep 61.25");
        var row = Assert.Single(await ListAsync(1));
        Process.GetProcessById(row.GetProperty("hostPid").GetInt32()).Kill();
        await ListAsync(0);
        Assert.Equal((3, "sandbox: lost: it is over, and nobody knows how it ended\n"), await StatusAsync("\"$SANDBOX\" wait lost"));
        for (var left = 3000; HostProcesses.WithArgument("sleep 61.25").Count > 0; left--)
        {
            Assert.True(left > 0, "the job goes on");
            await Task.Delay(10, Cancellation);
        }

        Assert.Equal(0, (await ShellAsync("\"$SANDBOX\" run -d --rm --name gone -- true")).ExitStatus);
        for (var left = 3000; (await ShellAsync("\"$SANDBOX\" ps -a")).Stdout.Contains("gone", StringComparison.Ordinal); left--)
        {
            Assert.True(left > 0, "it is kept");
        }
    }

    // Once below a read-only bind, once without a mask of any kind, by who has the same uid in another user namespace, as a job has.
    [KernelFact(Timeout = 120_000)]
    public async Task No_job_comes_to_the_sockets_and_nobody_of_another_namespace_is_let_in()
    {
        await ShellAsync("\"$SANDBOX\" run -d --name web -- sleep 60");
        var socket = Path.GetFileName(Assert.Single(System.IO.Directory.GetFiles(_runtime + "/sandbox/hosts")));

        var listed = await ShellAsync($"\"$SANDBOX\" run -v {Directory}:/host -- ls -A /host/run");
        var reached = await ShellAsync($"\"$SANDBOX\" run -v {Probe.Directory}:/probes -v {Directory}:/host -- /probes/reach_host /host/run/sandbox/hosts/{socket}");
        var above = await ShellAsync($"\"$SANDBOX\" run -v {Directory}:/host:rw -- true");
        var itself = await ShellAsync($"\"$SANDBOX\" run -v {_runtime}/sandbox/hosts:/host -- true");

        Assert.Equal((0, ""), (listed.ExitStatus, listed.Stdout));
        Assert.Contains("denied ENOENT", reached.Stdout, StringComparison.Ordinal);
        var file = await ShellAsync($"\"$SANDBOX\" run -v {_runtime}/sandbox/hosts/{socket}:/socket -- true");
        Assert.Equal((125, 125, 125), (above.ExitStatus, itself.ExitStatus, file.ExitStatus));

        var stranger = await CommandRun.StartAsync(
            "/usr/bin/env", "", Cancellation, $"XDG_RUNTIME_DIR={_runtime}", "unshare", "--user", "--map-current-user", Probe.CommandLine, "ps", "--ids");
        Assert.True(stranger.ExitStatus == 0 && stranger.Stdout.Length == 0, stranger.ToString());
        Assert.Contains("it is in another user or pid namespace, as jobs are", stranger.Stderr, StringComparison.Ordinal);

        // Whoever does not look at the host is looked at by it: the connection ends without an answer.
        const string ask = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.sendall(b'{\\\"do\\\":\\\"list\\\"}\\n'); print(s.recv(100)[:14])";
        var path = $"{_runtime}/sandbox/hosts/{socket}";
        if (File.Exists("/usr/bin/python3"))
        {
            Assert.Equal("b'{\"sandboxes\":['\n", (await ShellAsync($"python3 -c \"{ask}\" {path}")).Stdout);
            Assert.DoesNotContain("sandboxes", (await ShellAsync($"unshare --user --map-current-user python3 -c \"{ask}\" {path} 2>&1")).Stdout, StringComparison.Ordinal);
        }

        Assert.Single(await ListAsync(1));
        Assert.Equal(0, (await ShellAsync("\"$SANDBOX\" kill web")).ExitStatus);
    }

    [KernelFact(Timeout = 120_000)]
    public async Task A_job_is_paused_where_there_is_a_freezer_and_a_clear_error_elsewhere()
    {
        await ShellAsync("\"$SANDBOX\" run -d --name busy -- sh -c 'while :; do :; done'");
        await ListAsync(1);
        var stats = await ShellAsync("\"$SANDBOX\" stats --once busy");
        Assert.Matches(@"^ID +NAME +STATE +CPUS +CPU +MEMORY +PEAK +LIMIT\n[0-9a-f]{12}  busy  running +[0-9.]+ +[0-9.]+ s +[0-9.]+ .iB +[0-9.]+ .iB +2 GiB\n$", stats.Stdout);

        var pause = await ShellAsync("\"$SANDBOX\" pause busy");
        if (pause.ExitStatus != 0)
        {
            Assert.Equal(3, pause.ExitStatus);
            Assert.Contains("no control group of version 2", pause.Stderr, StringComparison.Ordinal);
            Assert.False(Requirements.IsRoot && File.Exists("/sys/fs/cgroup/unified/cgroup.controllers"), pause.ToString());
            return;
        }

        var paused = await RowAsync();
        Assert.Equal("paused", paused.GetProperty("state").GetString());
        var later = await RowAsync();
        for (var left = 3000; paused.GetProperty("cpuMs").GetDouble() != later.GetProperty("cpuMs").GetDouble(); left--)
        {
            // The last look may have been before the pause: of a job that is busy no two looks are equal.
            Assert.True(left > 0, "it goes on");
            (paused, later) = (later, await RowAsync());
        }

        Assert.Equal(0, (await ShellAsync("\"$SANDBOX\" resume busy")).ExitStatus);
        for (var left = 3000; (await RowAsync()).GetProperty("cpuMs").GetDouble() <= later.GetProperty("cpuMs").GetDouble(); left--)
        {
            Assert.True(left > 0, "it does not go on");
        }

        // What does not run can be ended all the same.
        Assert.Equal(0, (await ShellAsync("\"$SANDBOX\" pause busy && \"$SANDBOX\" kill busy && \"$SANDBOX\" wait busy")).ExitStatus);

        async Task<JsonElement> RowAsync() => JsonDocument.Parse((await ShellAsync("\"$SANDBOX\" ps --json")).Stdout).RootElement.EnumerateArray().Single();
    }

    [KernelFact]
    public async Task A_unit_says_what_the_detached_run_was()
    {
        await ShellAsync("cd /usr && \"$SANDBOX\" run -de A='50% \"of\" $x' -e HOME --log-size 64KiB --name once -m 100m -- sh -c 'exit 0'; \"$SANDBOX\" wait once");

        var unit = await ShellAsync("\"$SANDBOX\" generate systemd once");

        Assert.Equal(0, unit.ExitStatus);
        Assert.Contains("\nWorkingDirectory=/usr\n", unit.Stdout, StringComparison.Ordinal);
        Assert.Contains(" run -e \"A=50%% \\\"of\\\" $$x\" -e HOME --name once -m 100m -- sh -c \"exit 0\"\n", unit.Stdout, StringComparison.Ordinal);
        Assert.Contains("# -e HOME takes the manager's value", unit.Stdout, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        using var kill = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{Probe.CommandLine} ps --ids | xargs -r {Probe.CommandLine} kill"]) { Environment = { ["XDG_RUNTIME_DIR"] = _runtime } });
        kill!.WaitForExit();
        base.Dispose();
    }

    private async Task<(int, string)> StatusAsync(string script)
    {
        var run = await ShellAsync(script);
        return (run.ExitStatus, run.Stderr);
    }

    // They come and go by themselves.
    private async Task<JsonElement[]> ListAsync(int count)
    {
        for (var left = 1000 * Requirements.Slowness; ; left--)
        {
            var listed = await ShellAsync("\"$SANDBOX\" ps --json");
            JsonElement[] rows = [.. JsonDocument.Parse(listed.Stdout).RootElement.EnumerateArray()];
            if (rows.Length == count && rows.All(static row => row.GetProperty("state").GetString() == "running" && row.GetProperty("memoryBytes").ValueKind == JsonValueKind.Number))
            {
                return rows;
            }

            Assert.True(left > 0, listed.ToString());
            await Task.Delay(20, Cancellation);
        }
    }

    private Task<CommandRun> ShellAsync(string script) => CommandRun.ShellInAsync(Directory, $"export XDG_RUNTIME_DIR={_runtime}; {script}", Cancellation);

    private Process Start(string script) => Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script])
    {
        Environment = { ["XDG_RUNTIME_DIR"] = _runtime, ["SANDBOX"] = Probe.CommandLine },
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
