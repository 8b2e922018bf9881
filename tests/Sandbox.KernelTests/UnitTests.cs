using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The units of <c>packaging/systemd/user</c>, and those of <c>sandbox generate systemd</c>, under systemd itself.</summary>
[Trait("limits", "scope")]
public sealed class UnitTests : KernelTest
{
    // $UNITS: those of the repository; $WORK: a directory of the test's own.
    private const string Session = """
        set -eu
        units=$XDG_RUNTIME_DIR/systemd/user
        mkdir -p "$units" "$HOME/.local/bin"
        cp "$UNITS"/* "$units"
        mkdir "$units/sandbox.service.d"
        printf '[Service]\nStandardError=append:%s\n' "$WORK/log" >"$units/sandbox.service.d/log.conf"
        ln -s "$SANDBOX" "$HOME/.local/bin/sandbox"
        trap 'systemctl --user stop sandbox.socket sandbox.service; rm -r "$units" "$HOME/.local/bin/sandbox"; systemctl --user daemon-reload' EXIT
        state() { systemctl --user show -P ActiveState "$1"; }
        say() { echo "$*" >>"$WORK/states"; }

        systemctl --user daemon-reload
        systemctl --user start sandbox.socket
        say "before: $(state sandbox.socket) $(state sandbox.service)"
        python3 - "$XDG_RUNTIME_DIR/sandbox.sock" >"$WORK/result.json" <<'ASK'
        import http.client, json, socket, sys
        class Host(http.client.HTTPConnection):
            def connect(self):
                self.sock = socket.socket(socket.AF_UNIX)
                self.sock.connect(sys.argv[1])
        host = Host("localhost")
        host.request("POST", "/v1/jobs", json.dumps({"command": ["tail", "/dev/zero"], "limits": {"memory": "24MiB"}}), {"Content-Type": "application/json"})
        print(host.getresponse().read().decode())
        ASK
        say "after: $(state sandbox.service)"
        cat "/proc/$(systemctl --user show -P MainPID sandbox.service)/cgroup" >"$WORK/cgroup"
        systemctl --user reload sandbox.service
        say "reloaded: $(state sandbox.service)"
        systemctl --user stop sandbox.socket sandbox.service
        say "stopped: $(state sandbox.service) $(systemctl --user show -P Result sandbox.service)"
        """;

    // What it was started with is what the unit has: a directory that the path of a bind is relative to, words with spaces, quotes, dollar and percent signs, a signal for its end.
    private const string Generated = """
        set -eu
        units=$XDG_RUNTIME_DIR/systemd/user
        mkdir -p "$units/web.service.d"
        printf '[Service]\nStandardOutput=append:%s\nStandardError=append:%s\n' "$WORK/out" "$WORK/err" >"$units/web.service.d/log.conf"
        trap 'systemctl --user stop web.service; rm -r "$units"; systemctl --user daemon-reload' EXIT
        state() { systemctl --user show -P ActiveState web.service; }
        pid() { systemctl --user show -P MainPID web.service; }
        runs() { until "$SANDBOX" ps --json | grep -q '"state": "running"'; do sleep 0.1; done; }
        say() { echo "$*" >>"$WORK/states"; }

        cd "$WORK"
        echo served >page
        "$SANDBOX" run -d --name web -v ./page:/page -e 'WORDS=50% "of" $HOME \ it' --memory 64m -- sh -c 'cat /page; echo "$WORDS"; trap "echo bye; exit 0" TERM; while :; do sleep 0.1; done'
        "$SANDBOX" generate systemd web >"$units/web.service"
        "$SANDBOX" stop web >/dev/null
        cd /
        systemctl --user daemon-reload
        systemctl --user start web.service
        runs
        "$SANDBOX" ps >"$WORK/list"
        "$SANDBOX" inspect web >"$WORK/inspected"
        cat "/proc/$(pid)/cgroup" >"$WORK/cgroup"
        first=$(pid)
        say "started: $(state)"

        systemctl --user kill --kill-who=main -s KILL web.service
        until [ "$(state)" = active ] && [ "$(pid)" != "$first" ] && [ "$(pid)" != 0 ]; do sleep 0.1; done
        runs
        say "killed: $(state)"

        systemctl --user stop web.service
        say "stopped: $(state) $(systemctl --user show -P Result web.service)"
        """;

    [KernelFact(Needs.Manager, Timeout = 240_000)]
    public async Task The_first_job_starts_the_host_whose_jobs_have_groups_of_its_unit()
    {
        var units = Path.Combine(AppContext.BaseDirectory, "documents", "packaging", "systemd", "user");

        var run = await CommandRun.StartAsync("/usr/bin/env", "", Cancellation, $"SANDBOX={Probe.CommandLine}", $"UNITS={units}", $"WORK={Directory}", "timeout", "-s", "KILL", "200", "/bin/sh", "-c", Session);

        Assert.True(run.ExitStatus == 0, run + (File.Exists(Directory + "/log") ? await File.ReadAllTextAsync(Directory + "/log", Cancellation) : ""));
        Assert.Equal(
            ["before: active inactive", "after: active", "reloaded: active", "stopped: inactive success"],
            await File.ReadAllLinesAsync(Directory + "/states", Cancellation));
        var result = JsonDocument.Parse(await File.ReadAllTextAsync(Directory + "/result.json", Cancellation)).RootElement;
        Assert.Equal("memory-limit", result.GetProperty("verdict").GetString());
        Assert.Equal("cgroup2", result.GetProperty("enforcement").GetProperty("memory").GetProperty("by").GetString());
        Assert.Contains("/sandbox.service", await File.ReadAllTextAsync(Directory + "/cgroup", Cancellation), StringComparison.Ordinal);
    }

    [KernelFact(Needs.Manager, Timeout = 240_000)]
    public async Task A_generated_unit_runs_what_the_detached_run_was_again_after_a_failure_and_ends()
    {
        var run = await CommandRun.StartAsync("/usr/bin/env", "", Cancellation, $"SANDBOX={Probe.CommandLine}", $"WORK={Directory}", "timeout", "-s", "KILL", "200", "/bin/sh", "-c", Generated);

        Assert.True(run.ExitStatus == 0, run + (File.Exists(Directory + "/err") ? await File.ReadAllTextAsync(Directory + "/err", Cancellation) : ""));
        Assert.Equal(["started: active", "killed: active", "stopped: inactive success"], await File.ReadAllLinesAsync(Directory + "/states", Cancellation));
        const string said = "served\n50% \"of\" $HOME \\ it\n";
        Assert.Equal($"{said}{said}bye\n", await File.ReadAllTextAsync(Directory + "/out", Cancellation));
        Assert.Matches(" web +running .* run [0-9]+ ", await File.ReadAllTextAsync(Directory + "/list", Cancellation));
        var enforcement = JsonDocument.Parse(await File.ReadAllTextAsync(Directory + "/inspected", Cancellation)).RootElement.GetProperty("enforcement");
        Assert.Equal("cgroup2", enforcement.GetProperty("memory").GetProperty("by").GetString());
        Assert.Contains("/web.service", await File.ReadAllTextAsync(Directory + "/cgroup", Cancellation), StringComparison.Ordinal);
    }
}
