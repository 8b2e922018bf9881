using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;
using static Sandbox.KernelTests.GoJudgeHost;

namespace Sandbox.KernelTests;

/// <summary>What clients of go-judge rely on in <c>POST /run</c>.</summary>
public sealed class GoJudgeTests(GoJudgeHost host) : IClassFixture<GoJudgeHost>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [KernelFact]
    public async Task The_status_and_the_exit_status_are_those_that_clients_know()
    {
        (JsonObject Command, string Status, int Exit)[] cases =
        [
            (Shell("true"), "Accepted", 0),
            (Shell("exit 3"), "Nonzero Exit Status", 3),
            (Shell("kill -SEGV $$"), "Signalled", 11),
            (Shell("kill -KILL $$"), "Signalled", 9),
            (Shell("while :; do :; done", """{ "cpuLimit": 200000000 }"""), "Time Limit Exceeded", 9),
            (Shell("sleep 20", """{ "clockLimit": 200000000 }"""), "Time Limit Exceeded", 9),
            (Shell("sleep 20", """{ "clockLimit": 20000000000, "realCpuLimit": 200000000 }"""), "Time Limit Exceeded", 9),
            (Shell("ulimit -f 1; exec dd if=/dev/zero of=/w/large bs=1M count=2"), "Output Limit Exceeded", 25),
            (Shell("true", """{ "memoryLimit": 0 }"""), "Memory Limit Exceeded", -1),
            (Shell("true", """{ "cpuLimit": 0, "clockLimit": 0 }"""), "Time Limit Exceeded", -1),
            (Command("""{ "args": ["/no/such/program"] }"""), "Internal Error", 0),
            (Command("""{ "args": ["cat"], "env": [] }"""), "Internal Error", 0),
            (Command("""{ "args": [] }"""), "Internal Error", 0),
            (Shell("head -c 100000000 /dev/zero | tail >/dev/null; true", """{ "memoryLimit": 33554432 }"""), "Memory Limit Exceeded", -1),
            (Shell("(true) & wait $! || exit 7", """{ "procLimit": 0 }"""), "Nonzero Exit Status", -1),
        ];

        foreach (var (command, status, exit) in cases)
        {
            var result = await host.RunAsync(command);

            Assert.True(status == result.GetProperty("status").GetString(), $"{command}: {result}");
            Assert.True(exit == -1 || exit == result.GetProperty("exitStatus").GetInt32(), $"{command}: {result}");
            Assert.Equal(status == "Internal Error", result.TryGetProperty("error", out _));
            Assert.True(result.TryGetProperty("time", out _) && result.TryGetProperty("runTime", out _) && result.TryGetProperty("memory", out _));
        }
    }

    [KernelFact]
    public async Task A_command_that_runs_can_be_looked_at_and_asked_odd_things_about_and_goes_on()
    {
        var run = host.RunAsync(Shell("until test -e /w/on; do sleep 0.05; done", """{ "copyOut": ["stdout", "x?"] }"""));
        const string look = """
            import json, os, socket, subprocess, sys, time
            sandbox, runtime = sys.argv[1:]
            os.environ["XDG_RUNTIME_DIR"] = runtime
            def call(*words):
                return subprocess.run([sandbox, *words], stdout=subprocess.PIPE, check=True, text=True).stdout
            while not ((ids := call("ps", "--ids").split()) and '"pid:[' in call("inspect", ids[0])):
                time.sleep(0.05)
            directory = runtime + "/sandbox/hosts/"
            for line in [b"{}\n", b"no\n", b'{"ask":"enter"}\n', b'[]\n', b'{"ask":7}\n']:
                with socket.socket(socket.AF_UNIX) as odd:
                    odd.connect(directory + os.listdir(directory)[0])
                    odd.sendall(line)
                    odd.settimeout(20)
                    odd.recv(4096)
            call("enter", ids[0], "--", "/bin/sh", "-c", ": > /w/on")
            """;

        var looked = await CommandRun.StartAsync("/usr/bin/python3", "", Cancellation, "-c", look, Probe.CommandLine, host.Runtime);

        Assert.True(looked.ExitStatus == 0, looked.ToString());
        Assert.Equal("Accepted", (await run).GetProperty("status").GetString());
    }

    [KernelFact]
    public async Task Streams_are_files_of_the_working_directory_and_the_environment_is_as_given()
    {
        // head(1) goes back to the end of its line where it can.
        var result = await host.RunAsync(Shell("head -n1 >/dev/null; cat; pwd; hostname; ulimit -s; echo x > /tmp/x; test -O stdout && wc -c < stdout >&2",
            """{ "files": [{ "content": "a\nb\n" }, { "name": "stdout", "max": 1000 }, { "name": "stderr", "max": 1000 }], "stackLimit": 67108864 }"""));
        Assert.Equal(("Accepted", "b\n/w\ngo-judge\n65536\n", "20\n"), (result.GetProperty("status").GetString(), result.GetProperty("files").GetProperty("stdout").GetString(), result.GetProperty("files").GetProperty("stderr").GetString()));

        // No defaults, and nothing that is no variable is in the way.
        result = await host.RunAsync(Command("""{ "args": ["/usr/bin/env"], "env": ["", "A=1", "odd", "B=x=y"] }"""));
        Assert.Equal("\nA=1\nodd\nB=x=y\n", result.GetProperty("files").GetProperty("stdout").GetString());

        // Two entries of one name are one file.
        result = await host.RunAsync(Shell("echo a; echo b >&2; echo c", """{ "files": [{ "content": "" }, { "name": "both", "max": 1000 }, { "name": "both", "max": 1000 }] }"""));
        Assert.Equal("a\nb\nc\n", result.GetProperty("files").GetProperty("both").GetString());

        // A program that was put in goes before one of PATH, and is the job's to change.
        result = await host.RunAsync(Command("""
            { "args": ["cat", "x"], "copyIn": { "cat": { "content": "#!/bin/sh\necho mine $0 $1; echo more >> /w/cat; rm d/e; cat /w/l" }, "d/e": { "content": "e" }, "l": { "symlink": "d/../f" }, "./f": { "content": "linked" } } }
            """));
        Assert.True(result.GetProperty("files").TryGetProperty("stdout", out var said) && said.GetString()!.StartsWith("mine", StringComparison.Ordinal), result.ToString());

        // Bytes that are no text are one replacement each.
        result = await host.RunAsync(Shell("printf 'a\\377\\376b\\342\\202'"));
        Assert.Equal("a��b��", result.GetProperty("files").GetProperty("stdout").GetString());
    }

    [KernelFact]
    public async Task Descriptors_above_two_are_given_and_collected()
    {
        var result = await host.RunAsync(Shell("cat /proc/self/fd/3 >&4; printf x >&1; echo $(ls /proc/self/fd | wc -l) >&2", """
            { "files": [{ "content": "" }, { "name": "one", "max": 10, "pipe": true }, { "name": "two", "max": 100 }, { "content": "three" }, { "name": "four", "max": 100 }] }
            """));

        var files = result.GetProperty("files");
        Assert.Equal(("x", "three"), (files.GetProperty("one").GetString(), files.GetProperty("four").GetString()));
    }

    [KernelFact]
    public async Task Files_that_come_out_have_their_bounds_and_their_errors()
    {
        const string Make = "printf 12345 > five; mkfifo fifo; mkdir folder; ln -s five link; printf cached > kept; printf 123456";
        var result = await host.RunAsync(Shell(Make, """{ "copyOut": ["five", "missing?", "stdout"], "copyOutCached": ["kept", "other?"] }"""));
        Assert.Equal(("Accepted", "12345"), (result.GetProperty("status").GetString(), result.GetProperty("files").GetProperty("five").GetString()));
        var id = result.GetProperty("fileIds").GetProperty("kept").GetString()!;
        Assert.Matches("^[A-Z2-7]{8}$", id);
        Assert.False(result.TryGetProperty("fileError", out _));

        result = await host.RunAsync(Shell("cat copy; ./copy 2>/dev/null; test -w copy && test -x copy && cat", $$"""{ "copyIn": { "copy": { "fileId": "{{id}}" } }, "files": [{ "fileId": "{{id}}" }, { "name": "stdout", "max": 100 }] }"""));
        Assert.Equal("cachedcached", result.GetProperty("files").GetProperty("stdout").GetString());

        foreach (var (members, status, type) in ((string, string, string)[])
        [
            ("""{ "copyOut": ["missing"] }""", "File Error", "CopyOutOpen"),
            ("""{ "copyOut": ["fifo"] }""", "File Error", "CopyOutNotRegularFile"),
            ("""{ "copyOut": ["folder"] }""", "File Error", "CopyOutNotRegularFile"),
            ("""{ "copyOut": ["link"] }""", "File Error", "CopyOutNotRegularFile"),
            ("""{ "copyOutCached": ["link"] }""", "File Error", "CopyOutNotRegularFile"),
            ("""{ "copyOut": ["five"], "copyOutMax": 4 }""", "File Error", "CopyOutSizeExceeded"),
            ("""{ "copyOutCached": ["five"], "copyOutMax": 4 }""", "File Error", "CopyOutSizeExceeded"),
            ("""{ "files": [null, { "name": "stdout", "max": 5 }] }""".Replace("null", """{ "content": "" }""", StringComparison.Ordinal), "Output Limit Exceeded", "CollectSizeExceeded"),
            ("""{ "files": [null, { "name": "stdout", "max": 5, "pipe": true }] }""".Replace("null", """{ "content": "" }""", StringComparison.Ordinal), "Output Limit Exceeded", "CollectSizeExceeded"),
            ("""{ "copyIn": { "../../etc/x": { "content": "" } } }""", "File Error", "CopyInCreateFile"),
            ("""{ "copyIn": { "a/b": { "content": "" }, "a": { "content": "" } } }""", "File Error", "CopyInCreateFile"),
        ])
        {
            result = await host.RunAsync(Shell(Make, members));
            Assert.True((status, type) == (result.GetProperty("status").GetString(), result.GetProperty("fileError")[0].GetProperty("type").GetString()), $"{members}: {result}");
            Assert.True(type != "CollectSizeExceeded" || result.GetProperty("files").GetProperty("stdout").GetString() == "123456", result.ToString());
            Assert.True(members != """{ "copyOut": ["fifo"] }""" || result.GetProperty("error").GetString()!.Contains("not a regular file", StringComparison.Ordinal), result.ToString());
        }

        result = await host.RunAsync(Shell(Make, """{ "copyOut": ["five"], "copyOutCached": ["kept"], "copyOutMax": 4, "copyOutTruncate": true }"""));
        Assert.Equal("1234", result.GetProperty("files").GetProperty("five").GetString());
        Assert.Equal("cach", await host.Client.GetStringAsync("/file/" + result.GetProperty("fileIds").GetProperty("kept").GetString(), Cancellation));
        Assert.Equal(2, result.GetProperty("fileError").GetArrayLength());

        // A stream that is kept is an id instead.
        result = await host.RunAsync(Shell("echo kept", """{ "copyOutCached": ["stdout"] }"""));
        Assert.Equal("kept\n", await host.Client.GetStringAsync("/file/" + result.GetProperty("fileIds").GetProperty("stdout").GetString(), Cancellation));
    }

    [KernelFact]
    public async Task Files_of_this_machine_are_read_below_what_is_allowed_and_nowhere_else()
    {
        await File.WriteAllTextAsync(host.Data + "/in", "data", Cancellation);
        File.CreateSymbolicLink(host.Data + "/out", "/etc/passwd");

        var result = await host.RunAsync(Shell("cat; cat copy", $$"""{ "files": [{ "src": "{{host.Data}}/in" }, { "name": "stdout", "max": 100 }], "copyIn": { "copy": { "src": "{{host.Data}}/in" } } }"""));
        Assert.Equal("datadata", result.GetProperty("files").GetProperty("stdout").GetString());

        Assert.Equal(HttpStatusCode.BadRequest, (await host.PostAsync(Request(Shell("true", """{ "copyIn": { "a": { "src": "/etc/passwd" } } }""")).ToJsonString())).Status);
        Assert.Equal(HttpStatusCode.InternalServerError, (await host.PostAsync(Request(Shell("true", $$"""{ "files": [{ "src": "{{host.Data}}/out" }] }""")).ToJsonString())).Status);
        result = await host.RunAsync(Shell("true", $$"""{ "copyIn": { "a": { "src": "{{host.Data}}/missing" } } }"""));
        Assert.Equal(("File Error", "CopyInOpenFile"), (result.GetProperty("status").GetString(), result.GetProperty("fileError")[0].GetProperty("type").GetString()));
    }

    [KernelFact]
    public async Task Commands_talk_through_pipes_and_what_they_said_is_told()
    {
        var request = Request(
            Shell("echo 1; read a; echo got $a >&2", """{ "files": [null, null, { "name": "stderr", "max": 100 }] }"""),
            Shell("read a; echo $((a + 1))", """{ "files": [null, null, { "name": "stderr", "max": 100 }] }"""));
        request["pipeMapping"] = JsonNode.Parse("""
            [{ "in": { "index": 0, "fd": 1 }, "out": { "index": 1, "fd": 0 }, "proxy": true, "name": "said", "max": 1 },
             { "in": { "index": 1, "fd": 1 }, "out": { "index": 0, "fd": 0 } }]
            """);
        var results = await host.RunAllAsync(request);
        Assert.Equal(("Accepted", "Accepted"), (results[0].GetProperty("status").GetString(), results[1].GetProperty("status").GetString()));
        Assert.Equal(("got 2\n", "1"), (results[0].GetProperty("files").GetProperty("stderr").GetString(), results[0].GetProperty("files").GetProperty("said").GetString()));

        // Nobody reads: through the server that is no signal, through the kernel it is.
        foreach (var (proxy, status) in ((bool, string)[])[(true, "Accepted"), (false, "Signalled")])
        {
            request = Request(Shell("exec head -c 1000000 /dev/zero", """{ "files": [{ "content": "" }, { "name": "stdout", "max": 1 }, { "name": "stderr", "max": 100 }, null] }"""), Shell("exec 3<&-; sleep 0.2", """{ "files": [{ "content": "" }, { "name": "stdout", "max": 1 }, { "name": "stderr", "max": 1 }, null] }"""));
            request["cmd"]![0]!["args"]![2] = "exec head -c 1000000 /dev/zero >&3";
            request["pipeMapping"] = JsonNode.Parse($$"""[{ "in": { "fd": 3 }, "out": { "index": 1, "fd": 3 }, "proxy": {{(proxy ? "true" : "false")}} }]""");
            results = await host.RunAllAsync(request);
            Assert.True(status == results[0].GetProperty("status").GetString(), results.ToString());
        }
    }

    // As Hydro's judge asks for it: files has the entries 0 to 2, and the manager opens its pipes by name.
    [KernelFact]
    public async Task A_manager_talks_to_twenty_solutions_through_pipes_that_files_does_not_name()
    {
        const int count = 20;
        var manager = Command("""{ "args": ["/bin/bash", "-c", "for ((i = 1; i < $#; i += 2)); do in=$i; out=$((i + 1)); echo $((i / 2)) > ${!out}; read a < ${!in}; echo $a; done", "m"] }""");
        foreach (var number in Enumerable.Range(3, 2 * count))
        {
            manager["args"]!.AsArray().Add($"/proc/self/fd/{number}");
        }

        var request = Request([manager, .. Enumerable.Range(0, count).Select(static _ => Shell("read a; echo $((a * 10))", """{ "files": [null, null, { "name": "stderr", "max": 100 }], "memoryLimit": 33554432 }"""))]);
        var maps = string.Join(',', Enumerable.Range(0, count).Select(static index => $$"""
            { "proxy": true, "max": 1000, "name": "sol2mgr[{{index}}]", "in": { "index": {{index + 1}}, "fd": 1 }, "out": { "index": 0, "fd": {{(2 * index) + 3}} } },
            { "proxy": true, "max": 1000, "name": "mgr2sol[{{index}}]", "in": { "index": 0, "fd": {{(2 * index) + 4}} }, "out": { "index": {{index + 1}}, "fd": 0 } }
            """));
        request["pipeMapping"] = JsonNode.Parse($"[{maps}]");

        var results = await host.RunAllAsync(request);

        Assert.True(results[0].GetProperty("files").GetProperty("stdout").GetString() == string.Concat(Enumerable.Range(0, count).Select(static index => $"{index * 10}\n")), results.ToString());
        Assert.Equal(("1\n", "10\n"), (results[0].GetProperty("files").GetProperty("mgr2sol[1]").GetString(), results[2].GetProperty("files").GetProperty("sol2mgr[1]").GetString()));
    }

    [KernelFact]
    public async Task Many_commands_have_their_results_in_order_and_the_odd_forms_of_a_request_are_understood()
    {
        var results = await host.RunAllAsync(Request([.. Enumerable.Range(0, 20).Select(static number => Command($$"""{ "args": ["echo", "{{number}}"], "memoryLimit": 33554432 }"""))]));
        Assert.Equal(Enumerable.Range(0, 20).Select(static number => $"{number}\n"), results.EnumerateArray().Select(static result => result.GetProperty("files").GetProperty("stdout").GetString()));

        (string Request, HttpStatusCode Status, string Part)[] cases =
        [
            ("""{ "cmd": [null] }""", HttpStatusCode.OK, "args is empty"),
            ("""{ "CMD": [{ "ARGS": ["/bin/echo", "x"], "CpuLimit": 1000000000, "MemoryLimit": 100000000, "ProcLimit": 5, "files": [null, { "Name": "o", "Max": 9 }] }] }""".Replace("[null, {", """[{ "Content": "" }, {""", StringComparison.Ordinal), HttpStatusCode.OK, "\"o\":\"x\\n\""),
            ("""{ "cmd": [{ "args": ["/bin/cat"], "cpuLimit": 1000000000, "memoryLimit": 100000000, "procLimit": 5, "copyIn": null, "copyOut": null, "tty": null, "files": [{ "content": "é\u0000\r\n漢" }, { "name": "o", "max": 99 }] }] }""", HttpStatusCode.OK, "é\\u0000\\r\\n漢"),
            ("""{ "cmd": [{ "args": ["a"], "cpuLimit": "1" }] }""", HttpStatusCode.BadRequest, "\"the value at $.cmd[0].cpuLimit is not of the type that it has to be\""),
            ("""{ "cmd": [{ "args": ["a"], "cpuLimit": -1 }] }""", HttpStatusCode.BadRequest, "$.cmd[0].cpuLimit"),
            ("""{ "cmd": [{ "args": ["a"], "cpuLimit": 1.5 }] }""", HttpStatusCode.BadRequest, "$.cmd[0].cpuLimit"),
            ("""{ "cmd": [{ "args": ["a"], "tty": true, "files": [{ "streamIn": true }, { "name": "o", "max": 1 }] }] }""", HttpStatusCode.BadRequest, "streamIn"),
        ];
        foreach (var (request, status, part) in cases)
        {
            var (answer, body) = await host.PostAsync(request);
            Assert.True(status == answer && body.Contains(part, StringComparison.Ordinal), $"{request}: {answer} {body}");
            Assert.DoesNotContain("Sandbox.Server", body, StringComparison.Ordinal);
        }

        // Forms that HTTP has, and clients use.
        var simple = Request(Command("""{ "args": ["echo", "hi"] }""")).ToJsonString();
        foreach (var (path, type, expects, isChunked) in ((string, string?, bool, bool)[])[("/run/", "application/json", false, false), ("/run?x=1", null, true, false), ("/run", "application/x-www-form-urlencoded", false, true)])
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(simple)) };
            message.Content.Headers.ContentType = type is null ? null : new(type);
            (message.Headers.ExpectContinue, message.Headers.TransferEncodingChunked) = (expects, isChunked);
            using var answer = await host.Client.SendAsync(message, Cancellation);
            Assert.Equal("hi\n", JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement[0].GetProperty("files").GetProperty("stdout").GetString());
        }
    }

    [KernelFact]
    public async Task What_cannot_be_run_is_a_string_with_its_status()
    {
        (string Request, HttpStatusCode Status)[] cases =
        [
            ("{", HttpStatusCode.BadRequest),
            ("""{ "cmd": 1 }""", HttpStatusCode.BadRequest),
            ("{}", HttpStatusCode.BadRequest),
            (Request(Shell("true", """{ "files": [{ "colour": "red" }] }""")).ToJsonString(), HttpStatusCode.BadRequest),
            (Request(Shell("true", """{ "cpuSetLimit": "0" }""")).ToJsonString(), HttpStatusCode.BadRequest),
            (Request(Shell("true", """{ "files": [{ "fileId": "AAAAAAAA" }] }""")).ToJsonString(), HttpStatusCode.InternalServerError),
            (Request(Shell("true", """{ "files": [null] }""")).ToJsonString(), HttpStatusCode.InternalServerError),
            (Request(Shell("true", """{ "memoryLimit": 17179869184 }""")).ToJsonString(), HttpStatusCode.OK),
        ];

        foreach (var (request, status) in cases)
        {
            var (answer, body) = await host.PostAsync(request);
            Assert.True(status == answer, $"{request}: {answer} {body}");
            Assert.Equal(status == HttpStatusCode.OK ? JsonValueKind.Array : JsonValueKind.String, JsonDocument.Parse(body).RootElement.ValueKind);
        }

        Assert.Equal("\"no cmd provided\"", (await host.PostAsync("{}")).Body);
    }
}
