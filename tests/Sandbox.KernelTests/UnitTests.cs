using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The units of <c>packaging/systemd/user</c> under systemd itself.</summary>
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
}
