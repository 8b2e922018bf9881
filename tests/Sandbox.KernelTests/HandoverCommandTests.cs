using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>`sandbox run` and `sandbox batch` by way of a running server: the same as without.</summary>
public sealed class HandoverCommandTests : KernelTest
{
    private const string Long = """{ "command": ["sleep", "60"] }""";

    // For the memory limit that `sandbox run` gives, also on a machine that has less: what would never fit is run by the command itself.
    private static readonly string[] s_room = ["--memory", "16GiB"];

    [KernelFact]
    public async Task A_run_comes_to_the_same_with_a_server_and_without()
    {
        await using var host = await ServedHost.StartAsync(Directory, Cancellation, s_room);
        File.WriteAllText(Directory + "/file", "content\n");
        string[] commands =
        [
            "-- sh -c 'echo out; echo err >&2; exit 7'",
            "-i -- cat",
            "-- cat",
            "-i -- sh -c 'read first; echo $first; exit 0'",
            "-v ./file:/work/file:ro -- cat /work/file",
            "-e A=b -w /tmp -- sh -c 'echo $A; pwd'",
            "-- sh -c 'kill -SEGV $$'",
            "--cpu-time 100ms -- sh -c 'while :; do :; done'",
            "--output 4KiB -- sh -c 'while :; do echo 0123456789; done'",
            "-- head -c 3000000 /dev/zero | sha256sum",
            "-- no-such-program",
            "-- /etc/passwd",
            "-v ./missing:/work/missing:ro -- true",
            "--text /work/a=b -- cat /work/a",
            "--collect /work/a=a -- sh -c 'echo a >/work/a'; cat a; rm a",
            "--collect /work/a=a -- true; s=$?; ls a; exit $s",
            "--collect /work/a=no/such/a -- sh -c 'echo a >/work/a'; cat no/such/a; rm -r no",
            "--result r -- sh -c 'echo out; exit 7'; s=$?; grep -o '\"exitCode\":7' r; tail -c 2 r | od -c; ls; rm r; exit $s",
            "--result r --collect /work/a=./a -- touch /work/a; s=$?; grep -o '\"to\":\"[^\"]*\"' r; rm r a; exit $s",
            "--result /dev/stdout -- true | wc -l",
            "--result no/such -- true",
            "--result . -- true",
        ];
        foreach (var command in commands)
        {
            var alone = await RunAsync("none", command);
            var served = await RunAsync(host.Socket, command);

            Assert.Equal((command, alone.ExitStatus, alone.Stdout, WithoutFigures(alone.Stderr)), (command, served.ExitStatus, served.Stdout, WithoutFigures(served.Stderr)));
        }

        // But for the hint that follows (docs/serve.md).
        const string Refused = "-- sh -c 'echo x >/usr/x'";
        var (hinted, plain) = (await RunAsync("none", Refused), await RunAsync(host.Socket, Refused));
        Assert.Equal(hinted.ExitStatus, plain.ExitStatus);
        Assert.Contains("Read-only file system", plain.Stderr, StringComparison.Ordinal);
        Assert.StartsWith(plain.Stderr, hinted.Stderr, StringComparison.Ordinal);
    }

    // Asked to tell what it would load, the dynamic loader does that and ends the program (ld.so(8), LD_TRACE_LOADED_OBJECTS): who has a result all the same had none.
    [KernelFact]
    public async Task A_job_that_is_handed_over_needs_no_dynamic_loader()
    {
        await using var host = await ServedHost.StartAsync(Directory, Cancellation, s_room);
        File.WriteAllText(Directory + "/job.json", """{ "command": ["true"] }""");
        const string Trace = "LD_TRACE_LOADED_OBJECTS=1 \"$SANDBOX\" ";

        Assert.Contains("libc.so.6 => ", (await ShellAsync(Trace + "version")).Stdout, StringComparison.Ordinal);
        Assert.Contains("libc.so.6 => ", (await ShellAsync(Trace + "exec --server none job.json")).Stdout, StringComparison.Ordinal);
        var served = await ShellAsync(Trace + $"exec --server {host.Socket} job.json");
        Assert.Equal((0, ""), (served.ExitStatus, served.Stderr));
        Assert.Contains("\"verdict\":\"ok\"", served.Stdout, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_server_that_has_no_room_or_is_not_there_is_an_error_only_if_it_was_asked_for()
    {
        await using var host = await ServedHost.StartAsync(Directory, Cancellation, [.. s_room, "--slots", "1", "--max-waiting", "1"]);
        using var running = await host.PostAsync(Long, Cancellation, "?wait=0");
        using var waiting = await host.PostAsync(Long, Cancellation, "?wait=0");

        var full = await RunAsync(host.Socket, "-- true");
        Assert.Equal((125, $"sandbox: the server {host.Socket} takes no more jobs for now\n"), (full.ExitStatus, full.Stderr));
        var none = await RunAsync(Directory + "/none", "-- true");
        Assert.Equal((125, $"sandbox: the server {Directory}/none does not answer\n"), (none.ExitStatus, none.Stderr));

        foreach (var options in (string[])["--result r.json -- true", "--collect /work/a=a -- touch /work/a"])
        {
            Assert.Equal((options, 125), (options, (await RunAsync(host.Socket, options)).ExitStatus));
        }

        // What a server would not do as it is done here is done here.
        foreach (var options in (string[])["--cgroup none -- true", "--stdin /dev/stdin -- true"])
        {
            Assert.Equal((options, 0), (options, (await RunAsync(host.Socket, options)).ExitStatus));
        }

        Assert.Equal(0, (await ShellAsync($"mkdir run && ln -s {host.Socket} run/sandbox.sock; ln -s {host.Socket}.exec run/sandbox.sock.exec; XDG_RUNTIME_DIR=$PWD/run \"$SANDBOX\" run -- true")).ExitStatus);
        Assert.Equal(3, (await ShellAsync($"echo '{Long}' | \"$SANDBOX\" batch --server {Directory}/none -")).ExitStatus);
    }

    [KernelFact]
    public async Task Signals_are_the_jobs_and_its_end_is_the_commands()
    {
        var host = await ServedHost.StartAsync(Directory, Cancellation, [.. s_room, "--slots", "1"]);
        using (var trapping = Start(host, "run", "--", "sh", "-c", "trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.05; done"))
        {
            Assert.Equal("ready", await trapping.StandardOutput.ReadLineAsync(Cancellation));
            await SendAsync(trapping, "TERM");
            Assert.Equal("caught\n", await trapping.StandardOutput.ReadToEndAsync(Cancellation));
            await trapping.WaitForExitAsync(Cancellation);
            Assert.Equal(9, trapping.ExitCode);
        }

        // It is nobody's job to end one that does not listen, until somebody insists.
        using (var deaf = Start(host, "run", "--", "sh", "-c", "trap '' INT; echo ready; while :; do sleep 0.05; done"))
        {
            Assert.Equal("ready", await deaf.StandardOutput.ReadLineAsync(Cancellation));
            for (var time = 0; time < 3; time++)
            {
                await SendAsync(deaf, "INT");
            }

            await deaf.WaitForExitAsync(Cancellation);
            Assert.Equal(128 + 2, deaf.ExitCode);
        }

        using (var killed = Start(host, "run", "--", "sleep", "60"))
        {
            await host.RunningAsync(1, Cancellation);
            killed.Kill();
            await host.RunningAsync(0, Cancellation);
        }

        using var left = Start(host, "run", "--", "sleep", "60");
        await host.RunningAsync(1, Cancellation);
        await host.DisposeAsync();
        var words = await left.StandardError.ReadToEndAsync(Cancellation);
        await left.WaitForExitAsync(Cancellation);
        Assert.Equal((125, $"sandbox: the server {host.Socket} ended before the job's result\n"), (left.ExitCode, words));
    }

    [KernelFact]
    public async Task A_batch_comes_to_the_same_with_a_server_and_without()
    {
        await using var host = await ServedHost.StartAsync(Directory, Cancellation, [.. s_room, "--slots", "1", "--max-waiting", "1"]);
        File.WriteAllLines(Directory + "/jobs.jsonl",
        [
            """{ "name": "right", "command": ["echo", "out"] }""",
            """{ "name": "wrong", "command": ["sh", "-c", "exit 7"] }""",
            """{ "name": "kept", "command": ["touch", "/work/kept"], "outputs": [{ "path": "/work/kept", "to": "kept" }] }""",
            """{ "name": "missing", "command": ["true"], "outputs": [{ "path": "/work/kept", "to": "missing" }] }""",
            """{ "name": "relative", "command": ["cat"], "stdin": { "from": "given" } }""",
            """{ "name": "unknown", "colour": 1 }""",
            .. Enumerable.Range(0, 8).Select(static number => $$"""{ "name": "{{number}}", "command": ["true"] }"""),
        ]);
        File.WriteAllText(Directory + "/given", "given");

        // More at once than the server has room for: those are asked for again.
        var alone = await BatchAsync("none");
        var served = await BatchAsync(host.Socket);

        Assert.Equal((2, alone.ExitStatus), (alone.ExitStatus, served.ExitStatus));
        Assert.Equal(Rows(alone), Rows(served));
        Assert.True(File.Exists(Directory + "/kept"));
    }

    [KernelFact]
    public async Task What_a_batch_had_on_a_server_that_ended_is_told_to_be_lost()
    {
        var host = await ServedHost.StartAsync(Directory, Cancellation, [.. s_room, "--slots", "1"]);
        File.WriteAllText(Directory + "/jobs.jsonl", Long + "\n");
        using var batch = Start(host, "batch", "--quiet", Directory + "/jobs.jsonl");
        await host.RunningAsync(1, Cancellation);
        host.Kill();

        var result = JsonDocument.Parse(await batch.StandardOutput.ReadToEndAsync(Cancellation)).RootElement.GetProperty("result");
        await batch.WaitForExitAsync(Cancellation);
        await host.DisposeAsync();

        Assert.Equal((3, "internal-error"), (batch.ExitCode, result.GetProperty("verdict").GetString()));
        Assert.EndsWith("ended before the job's result", result.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static string Rows(CommandRun run) => string.Join('\n', run.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line =>
    {
        var result = JsonDocument.Parse(line).RootElement.GetProperty("result");
        return $"{result.GetProperty("name")} {result.GetProperty("verdict")} {(result.TryGetProperty("stdout", out var stdout) ? stdout : "")} {(result.TryGetProperty("outputs", out var outputs) ? outputs : "")}";
    }));

    private static string WithoutFigures(string words) => Regex.Replace(words, @"\d+\.\d+ s", "# s");

    private static async Task SendAsync(Process to, string signal)
    {
        using var kill = Process.Start("kill", $"-{signal} {to.Id}");
        await kill.WaitForExitAsync(Cancellation);
    }

    private Task<CommandRun> ShellAsync(string script) => CommandRun.ShellInAsync(Directory, script, Cancellation);

    private Task<CommandRun> RunAsync(string server, string command) => ShellAsync($"(echo typed) 2>/dev/null | \"$SANDBOX\" run --server {server} {command}");

    private Task<CommandRun> BatchAsync(string server) => ShellAsync($"rm -f kept; \"$SANDBOX\" batch --quiet --order input -j 6 --server {server} jobs.jsonl");

    private static Process Start(ServedHost host, string verb, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Probe.CommandLine, [verb, "--server", host.Socket, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
