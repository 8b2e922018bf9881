using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Jobs of `sandbox exec` by way of a running server: the same as without, or not at all.</summary>
public sealed class HandoverTests : KernelTest
{
    private const string Long = """{ "command": ["sleep", "60"] }""";

    private static readonly string[] s_told = ["name", "verdict", "exitCode", "signal", "killedBy", "limitsHit", "stdout/truncated", "stdout/text", "stderr/truncated", "stderr/text", "outputs", "problems"];

    private static readonly string[] s_written = ["kept", "new/kept/o", "changes.tar"];

    [KernelFact]
    public async Task A_job_comes_to_the_same_with_a_server_and_without()
    {
        await using var host = await ServedHost.StartAsync(Directory, Cancellation);
        File.WriteAllText(Directory + "/given", "given\n");
        string[] jobs =
        [
            """{ "name": "n", "command": ["sh", "-c", "echo out; echo err >&2; pwd"], "env": { "A": "b" } }""",
            """{ "command": ["sh", "-c", "exit 7"] }""",
            """{ "command": ["sh", "-c", "kill -SEGV $$"] }""",
            """{ "command": ["sh", "-c", "while :; do :; done"], "limits": { "cpuTime": "100ms" } }""",
            """{ "command": ["sleep", "9"], "limits": { "wallTime": "100ms" } }""",
            """{ "command": ["sh", "-c", "while :; do echo 0123456789; done"], "limits": { "output": "4KiB" } }""",
            """{ "command": ["cat"], "stdin": { "from": "given" } }""",
            """{ "command": ["cat", "/work/in"], "files": { "/work/in": { "from": "./given" } } }""",
            """{ "command": ["cat"], "stdin": "inherit" }""",
            """{ "command": ["sh", "-c", "echo kept >/work/o"], "outputs": [{ "path": "/work/o", "to": "kept" }] }""",
            """{ "command": ["true"], "outputs": [{ "path": "/work/o", "to": "kept" }] }""",
            """{ "command": ["sh", "-c", "echo kept >/work/o"], "outputs": [{ "path": "/work/o", "to": "new/kept/" }, { "path": "/work/p", "to": "kept", "optional": true }] }""",
            """{ "command": ["sh", "-c", "echo kept >/work/o; chmod 750 /work/o"], "outputs": [{ "path": "/work/o", "to": "kept", "maxSize": "2" }, { "path": "/work/*", "to": "new/kept/" }] }""",
            """{ "processes": { "a": { "command": ["sh", "-c", "echo kept >/work/o"], "outputs": [{ "path": "/work/o", "to": "kept" }] }, "b": { "command": ["true"] } } }""",
            """{ "command": ["touch", "/d/changed"], "mounts": [{ "type": "overlay", "source": ".", "target": "/d" }], "diff": { "to": "changes.tar" } }""",
            """{ "command": ["echo", "to a file"], "stdout": { "to": "kept" } }""",
            """{ "command": ["/no/such/program"] }""",
            """{ "command": ["true"], "colour": 1 }""",
            """{ "command": ["true"], "stdin": { "from": "missing" } }""",
            "{",
        ];
        foreach (var job in jobs)
        {
            File.WriteAllText(Directory + "/job.json", job);
            var (alone, left) = (await ExecAsync("none", "job.json"), Collected());
            var (served, collected) = (await ExecAsync(host.Socket, "job.json"), Collected());

            Assert.Equal((job, alone.ExitStatus, alone.Stderr, Told(alone), left), (job, served.ExitStatus, served.Stderr, Told(served), collected));
        }
    }

    [KernelFact]
    public async Task A_result_comes_to_the_same_file_with_a_server_and_without()
    {
        await using var host = await ServedHost.StartAsync(Directory, Cancellation);
        File.WriteAllText(Directory + "/job.json", """{ "name": "n", "command": ["sh", "-c", "echo out; exit 7"] }""");
        File.WriteAllText(Directory + "/moves.json", """{ "command": ["mv", "/d/moved", "/d/away"], "mounts": [{ "type": "bind", "source": ".", "target": "/d", "writable": true }] }""");
        File.WriteAllText(Directory + "/invalid.json", """{ "command": ["true"], "colour": 1 }""");
        string[] commands =
        [
            "--result r job.json; s=$?; stat -c '%a %u %g' r >&2; cat r; rm r; exit $s",
            "--result=$PWD/r --pretty job.json >&-; s=$?; cat r; rm r; exit $s",
            "--result 'a b' invalid.json; s=$?; cat 'a b'; rm 'a b'; exit $s",
            "--result sub/../r job.json; s=$?; cat r; rm r; exit $s",
            "--result sub/./r job.json; s=$?; cat sub/r; rm sub/r; exit $s",
            "--result link/r job.json; s=$?; cat r; rm -f r; exit $s",
            "--result link job.json; s=$?; stat -c %F link; rm link; exit $s",
            "--result old job.json; s=$?; cat old; echo $(cat same) >&2; rm old same; exit $s",
            "--result no/such job.json",
            "--result sub job.json",
            "--result sub/ job.json",
            "--result '' job.json",
            "--result /dev/full job.json",
            "--result moved/r moves.json; s=$?; ls away; rm -r away; exit $s",
            "--result \"$(printf 'moved/\\033r')\" moves.json; s=$?; ls away; rm -r away; exit $s",
        ];
        foreach (var command in commands)
        {
            var (alone, served) = (await ResultAsync("none", command), await ResultAsync(host.Socket, command));

            Assert.Equal((command, alone.ExitStatus, alone.Stderr, Told(alone)), (command, served.ExitStatus, served.Stderr, Told(served)));
            Assert.Equal((command, IsIndented(alone), alone.Stdout.EndsWith('\n')), (command, IsIndented(served), served.Stdout.EndsWith('\n')));
        }
    }

    [KernelFact]
    public async Task A_command_or_a_server_that_is_gone_leaves_no_result()
    {
        await using var host = await ServedHost.StartAsync(Directory, Cancellation, "--slots", "1");
        File.WriteAllText(Directory + "/job.json", Long);

        using (var killed = Start(host, "--result", Directory + "/killed"))
        {
            await host.RunningAsync(1, Cancellation);
            killed.Kill();
            await host.RunningAsync(0, Cancellation);
        }

        using var cancelled = Start(host, "--result", Directory + "/cancelled");
        await host.RunningAsync(1, Cancellation);
        using var signal = Process.Start("kill", $"-TERM {cancelled.Id}");
        await cancelled.WaitForExitAsync(Cancellation);

        Assert.Equal((1, "cancelled"), (cancelled.ExitCode, JsonDocument.Parse(File.ReadAllText(Directory + "/cancelled")).RootElement.GetProperty("verdict").GetString()));
        using var left = Start(host, "--result", Directory + "/killed");
        await host.RunningAsync(1, Cancellation);
        host.Kill();
        var words = await left.StandardError.ReadToEndAsync(Cancellation);
        await left.WaitForExitAsync(Cancellation);

        Assert.Equal((3, $"sandbox: the server {host.Socket} ended before the job's result\n"), (left.ExitCode, words));
        Assert.False(File.Exists(Directory + "/killed"));
        Assert.DoesNotContain(System.IO.Directory.EnumerateFileSystemEntries(Directory), static path => Path.GetFileName(path).StartsWith('.'));
    }

    [KernelFact]
    public async Task Who_is_not_as_the_server_is_runs_its_job_by_itself()
    {
        // A server with no room refuses every job that comes to it: what succeeds did not.
        await using var host = await ServedHost.StartAsync(Directory, Cancellation, "--slots", "1", "--max-waiting", "1");
        using var running = await host.PostAsync(Long, Cancellation, "?wait=0");
        using var waiting = await host.PostAsync(Long, Cancellation, "?wait=0");
        File.WriteAllText(Directory + "/job.json", """{ "command": ["true"] }""");

        var plain = await ExecAsync(host.Socket, "job.json");
        Assert.Equal((3, $"sandbox: the server {host.Socket} takes no more jobs for now\n"), (plain.ExitStatus, plain.Stderr));
        Assert.Equal(0, (await ShellAsync($"mkdir -p run && ln -s {host.Socket} run/sandbox.sock; ln -s {host.Socket}.exec run/sandbox.sock.exec; XDG_RUNTIME_DIR=$PWD/run \"$SANDBOX\" exec job.json")).ExitStatus);
        foreach (var way in (string[])["nice -n 2", "setpriv --no-new-privs", "prlimit --fsize=100000000:100000000", "env OTEL_TRACES_EXPORTER=none", "env HOME=/tmp/other"])
        {
            Assert.Equal((way, 0), (way, (await ShellAsync($"{way} \"$SANDBOX\" exec --server {host.Socket} job.json")).ExitStatus));
        }

        foreach (var (options, status) in new[] { ("--result r", 3), ("--result link", 0), ("--result /dev/null", 0) })
        {
            Assert.Equal((options, status), (options, (await ShellAsync($"test -L link || ln -s . link; \"$SANDBOX\" exec --server {host.Socket} {options} job.json")).ExitStatus));
        }

        // The same of what a job names, by links that are the same for everybody and by others.
        foreach (var (path, status) in new[] { ("job.json", 3), ("link/job.json", 3), ("/proc/self/cwd/job.json", 0), ("/dev/null", 3), ("/dev/stdin", 0) })
        {
            File.WriteAllText(Directory + "/names.json", $$"""{ "command": ["true"], "stdin": { "from": "{{path}}" } }""");
            Assert.Equal((path, status), (path, (await ExecAsync(host.Socket, "names.json")).ExitStatus));
        }

        File.WriteAllText(Directory + "/names.json", """{ "command": ["touch", "/work/a"], "outputs": [{ "path": "/work/a", "to": "new/a" }] }""");
        Assert.Equal(3, (await ExecAsync(host.Socket, "names.json")).ExitStatus);

        // Another file, even of the same content, is another build.
        Assert.Equal(0, (await ShellAsync($"cp \"$SANDBOX\" copy && ./copy exec --server {host.Socket} job.json; status=$?; rm copy; exit $status")).ExitStatus);
        Assert.Equal(0, (await ShellAsync($"SANDBOX_SERVER={host.Socket} \"$SANDBOX\" exec --server none job.json")).ExitStatus);
        Assert.Equal(3, (await ShellAsync($"SANDBOX_SERVER={host.Socket} \"$SANDBOX\" exec job.json")).ExitStatus);
    }

    [KernelFact]
    public async Task A_server_that_does_not_answer_is_an_error_only_if_it_was_asked_for()
    {
        File.WriteAllText(Directory + "/job.json", """{ "command": ["true"] }""");

        var named = await ExecAsync(Directory + "/none.sock", "job.json");
        Assert.Equal((3, ""), (named.ExitStatus, named.Stdout));
        Assert.Contains("does not answer", named.Stderr, StringComparison.Ordinal);
        Assert.Equal(3, (await ShellAsync($"\"$SANDBOX\" exec --server {Directory}/none.sock --result r job.json")).ExitStatus);

        // Somebody listens who never says a word.
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(Directory + "/sandbox.sock.exec"));
        silent.Listen();
        Assert.Equal(0, (await ShellAsync("XDG_RUNTIME_DIR=$PWD \"$SANDBOX\" exec job.json")).ExitStatus);
    }

    [KernelFact]
    public async Task The_job_ends_with_the_command_and_the_command_with_the_server()
    {
        var host = await ServedHost.StartAsync(Directory, Cancellation, "--slots", "1");
        File.WriteAllText(Directory + "/job.json", Long);

        using (var killed = Start(host))
        {
            await host.RunningAsync(1, Cancellation);
            killed.Kill();
            await host.RunningAsync(0, Cancellation);
        }

        using (var cancelled = Start(host))
        {
            await host.RunningAsync(1, Cancellation);
            using var signal = Process.Start("kill", $"-TERM {cancelled.Id}");
            var result = JsonDocument.Parse(await cancelled.StandardOutput.ReadToEndAsync(Cancellation)).RootElement;
            await cancelled.WaitForExitAsync(Cancellation);
            Assert.Equal((1, "cancelled"), (cancelled.ExitCode, result.GetProperty("verdict").GetString()));
        }

        using var left = Start(host);
        await host.RunningAsync(1, Cancellation);
        await host.DisposeAsync();
        var words = await left.StandardError.ReadToEndAsync(Cancellation);
        await left.WaitForExitAsync(Cancellation);
        Assert.Equal((3, $"sandbox: the server {host.Socket} ended before the job's result\n"), (left.ExitCode, words));
    }

    [KernelFact]
    public async Task A_caller_that_is_no_command_gets_nothing_run()
    {
        await using var host = await ServedHost.StartAsync(Directory, Cancellation);
        var job = Encoding.UTF8.GetBytes($$"""{ "command": ["true"], "stdout": { "file": "{{Directory}}/proof" } }""");
        byte[] request = [.. "SBXEXEC2"u8, .. BitConverter.GetBytes(0), .. BitConverter.GetBytes(1), .. BitConverter.GetBytes(job.Length), .. BitConverter.GetBytes(0), .. BitConverter.GetBytes(0), (byte)'/', .. job];
        foreach (var bytes in (byte[][])[request, request[..10], [.. request[..12], 0xff, 0xff, 0xff, 0xff, .. new byte[12]], [.. request, (byte)'G'], new byte[1 << 20]])
        {
            using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            connection.Connect(new UnixDomainSocketEndPoint(host.Socket + ".exec"));
            var answer = new byte[8];
            try
            {
                connection.Send(bytes);
                connection.Shutdown(SocketShutdown.Send);
                Assert.True(connection.Receive(answer) <= 1);
            }
            catch (SocketException)
            {
                // It closed before everything was sent.
            }

            Assert.True(answer[0] is 0 or (byte)'B', $"it answered {answer[0]}");
        }

        Assert.False(File.Exists(Directory + "/proof"));
        await host.RunningAsync(0, Cancellation);
    }

    // What must not differ: figures, times, ids and phases may, and so may how much was written before the end at a limit.
    private static string Told(CommandRun run) => !run.Stdout.StartsWith('{') ? run.Stdout : string.Join('\n', s_told.Select(pointer =>
    {
        var value = run.Result;
        return pointer.Split('/').All(member => value.ValueKind == JsonValueKind.Object && value.TryGetProperty(member, out value)) ? $"{pointer}: {value}" : "";
    }));

    private Task<CommandRun> ShellAsync(string script) => CommandRun.ShellInAsync(Directory, script, Cancellation);

    private Task<CommandRun> ExecAsync(string server, string job) => ShellAsync($"(echo typed) 2>/dev/null | \"$SANDBOX\" exec --server {server} {job}");

    private Task<CommandRun> ResultAsync(string server, string command) => ShellAsync($"mkdir -p sub moved; test -L link || ln -s . link; echo old >old; ln -f old same; \"$SANDBOX\" exec --server {server} {command}");

    private static bool IsIndented(CommandRun run) => run.Stdout.Contains("\n  \"verdict\": ", StringComparison.Ordinal);

    // What the job had written to the host, which is gone then.
    private string Collected()
    {
        var kept = s_written.Select(name => Path.Combine(Directory, name)).Where(File.Exists).ToList();
        var told = string.Join('\n', kept.Select(path => $"{path} {File.GetUnixFileMode(path)} {(path.EndsWith("tar", StringComparison.Ordinal) ? "" : File.ReadAllText(path))}"));
        kept.ForEach(File.Delete);
        return told;
    }

    private Process Start(ServedHost host, params string[] options) =>
        Process.Start(new ProcessStartInfo(Probe.CommandLine, ["exec", "--server", host.Socket, .. options, Directory + "/job.json"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}
