using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What clients of Piston rely on.</summary>
public sealed class PistonTests(PistonHost host) : IClassFixture<PistonHost>
{
    private const string Bash = """ "language": "sh", "version": "*" """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [KernelFact]
    public async Task A_stage_is_told_with_its_status_and_message()
    {
        (string Script, string? Status, int? Code, string? Signal, string? Message)[] cases =
        [
            ("echo out; echo err >&2; exit 0", null, 0, null, null),
            ("exit 3", "RE", 3, null, "Exited with error status 3"),
            ("kill -SEGV $$", "SG", null, "SIGSEGV", "Caught fatal signal 11"),
            ("while :; do :; done", "TO", null, "SIGKILL", "Time limit exceeded"),
            ("sleep 20", "TO", null, "SIGKILL", "Time limit exceeded (wall clock)"),
            ("printf x; while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done", "OL", null, "SIGKILL", "stdout length exceeded"),
            ("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy >&2; done", "EL", null, "SIGKILL", "stderr length exceeded"),
        ];

        foreach (var (script, status, code, signal, message) in cases)
        {
            var answer = await host.ExecuteAsync($$"""{ {{Bash}}, "files": [{ "content": {{JsonSerializer.Serialize(script)}} }], "run_timeout": 2000, "run_cpu_time": 300 }""");
            var run = answer.GetProperty("run");
            Assert.True((status, message, signal) == (run.GetProperty("status").GetString(), run.GetProperty("message").GetString(), run.GetProperty("signal").GetString()), $"{script}: {run}");
            Assert.True(code == (run.GetProperty("code").ValueKind == JsonValueKind.Null ? null : run.GetProperty("code").GetInt32()), $"{script}: {run}");
            Assert.True(run.GetProperty("cpu_time").GetDouble() >= 0 && run.GetProperty("wall_time").GetDouble() > 0 && run.GetProperty("memory").GetInt64() > 0);
            Assert.Equal(("bash", false), (answer.GetProperty("language").GetString(), answer.TryGetProperty("compile", out _)));
        }
    }

    [KernelFact]
    public async Task Files_arguments_input_and_environment_are_as_there()
    {
        var run = (await host.ExecuteAsync($$"""
            { {{Bash}}, "files": [{ "name": "data/bin", "content": "AAE=", "encoding": "base64" }, { "name": "main", "content": "pwd; echo $0 $1 $2; wc -c < data/bin; cat; env | sort; echo e >&2; echo o" }, { "content": "x" }],
              "stdin": "in", "args": ["a b", "c"], "run_memory_limit": -1, "compile_memory_limit": -1, "compile_timeout": null, "run_timeout": 0, "colour": 1 }
            """)).GetProperty("run");

        Assert.StartsWith("/box/submission\nmain a b c\n2\nin\n", run.GetProperty("stdout").GetString(), StringComparison.Ordinal);
        Assert.Contains("HOME=/tmp\n", run.GetProperty("stdout").GetString(), StringComparison.Ordinal);
        Assert.Contains("PISTON_LANGUAGE=bash\n", run.GetProperty("stdout").GetString(), StringComparison.Ordinal);
        Assert.Equal(("e\n", run.GetProperty("stdout").GetString()!.Length + 2), (run.GetProperty("stderr").GetString(), run.GetProperty("output").GetString()!.Length));

        // Encodings are read as there, and names from the directory on.
        run = (await host.ExecuteAsync($$"""
            { {{Bash}}, "files": [{ "name": "/a/../main", "content": "od -An -tx1 $(find . -name '*.bin' | sort); find . -type f | sort" },
              { "name": "1.bin", "content": "aGk\nhaA", "encoding": "base64" }, { "name": "/2.bin", "content": "_-8=", "encoding": "base64" }, { "name": "d/./3.bin", "content": "00ffz1", "encoding": "hex" }] }
            """)).GetProperty("run");
        Assert.Equal(" 68 69 21 68 ff ef 00 ff\n./1.bin\n./2.bin\n./d/3.bin\n./main\n", run.GetProperty("stdout").GetString());

        // Whoever reads a line has one.
        run = (await host.ExecuteAsync($$"""{ {{Bash}}, "files": [{ "content": "cat | wc -c" }] }""")).GetProperty("run");
        Assert.Equal("1\n", run.GetProperty("stdout").GetString());
    }

    [KernelFact]
    public async Task What_is_compiled_is_there_when_it_runs_and_what_does_not_compile_does_not()
    {
        var answer = await host.ExecuteAsync("""{ "language": "copied", "version": "^1.2", "files": [{ "name": "a.txt", "content": "exit 0" }, { "name": "b.h", "content": "" }] }""");
        Assert.Equal((0, "a.txt\n", "program\n/box/submission a.txt b.h lib/copy program\n"), (answer.GetProperty("compile").GetProperty("code").GetInt32(), answer.GetProperty("compile").GetProperty("stdout").GetString(), answer.GetProperty("run").GetProperty("stdout").GetString()));

        answer = await host.ExecuteAsync("""{ "language": "copied", "version": "*", "files": [{ "name": "a", "content": "exit 0" }, { "name": ".x", "content": "" }, { "name": "d/.y", "content": "" }, { "name": ".z/w", "content": "" }] }""");
        Assert.Equal("program\n/box/submission .x .z/w a d/.y lib/copy program\n", answer.GetProperty("run").GetProperty("stdout").GetString());

        answer = await host.ExecuteAsync("""{ "language": "copied", "version": "1.2.3", "files": [{ "content": "exit 9" }] }""");
        Assert.Equal((9, answer.GetProperty("compile").ToString()), (answer.GetProperty("compile").GetProperty("code").GetInt32(), answer.GetProperty("run").ToString()));
    }

    [KernelFact]
    public async Task What_is_wrong_is_said_in_the_same_words()
    {
        const string Files = """ "files": [{ "content": "" }] """;
        (string Body, HttpStatusCode Status, string Message)[] cases =
        [
            ("{}", HttpStatusCode.BadRequest, "language is required as a string"),
            ("", HttpStatusCode.BadRequest, "language is required as a string"),
            ("null", HttpStatusCode.BadRequest, "language is required as a string"),
            ("""{ "language": "", "version": "*" }""", HttpStatusCode.BadRequest, "language is required as a string"),
            ("""{ "language": "sh", "version": "" }""", HttpStatusCode.BadRequest, "version is required as a string"),
            ("""{ "language": "sh" }""", HttpStatusCode.BadRequest, "version is required as a string"),
            ($$"""{ {{Bash}} }""", HttpStatusCode.BadRequest, "files is required as an array"),
            ($$"""{ {{Bash}}, "files": [{}] }""", HttpStatusCode.BadRequest, "files[0].content is required as a string"),
            ($$"""{ "language": "no", "version": "1", {{Files}} }""", HttpStatusCode.BadRequest, "no-1 runtime is unknown"),
            ($$"""{ "language": "copied", "version": "2.x", {{Files}} }""", HttpStatusCode.BadRequest, "copied-2.x runtime is unknown"),
            ($$"""{ {{Bash}}, "files": [] }""", HttpStatusCode.BadRequest, "files must include at least one utf8 encoded file"),
            ($$"""{ {{Bash}}, {{Files}}, "run_timeout": "1" }""", HttpStatusCode.BadRequest, "If specified, run_timeout must be a number"),
            ($$"""{ {{Bash}}, {{Files}}, "run_timeout": 3001 }""", HttpStatusCode.BadRequest, "run_timeout cannot exceed the configured limit of 3000"),
        ];

        foreach (var (body, status, message) in cases)
        {
            var (answered, text) = await host.SendAsync(HttpMethod.Post, "/api/v2/execute", body);
            Assert.True(status == answered && JsonDocument.Parse(text).RootElement.GetProperty("message").GetString() == message, $"{body}: {answered} {text}");
        }

        Assert.Equal((HttpStatusCode.InternalServerError, ""), await host.SendAsync(HttpMethod.Post, "/api/v2/execute", $$"""{ {{Bash}}, "files": [{ "name": "../x", "content": "" }] }"""));
        var (bad, stack) = await host.SendAsync(HttpMethod.Post, "/api/v2/execute", "{");
        Assert.True(bad == HttpStatusCode.BadRequest && JsonDocument.Parse(stack).RootElement.TryGetProperty("stack", out _));
        Assert.Equal(HttpStatusCode.BadRequest, (await host.SendAsync(HttpMethod.Post, "/api/v2/execute", new string(' ', 110_000) + "{}")).Status);

        // Without a type only who is no browser.
        Assert.Equal(HttpStatusCode.BadRequest, (await host.SendAsync(HttpMethod.Post, "/api/v2/execute", "{}", "text/plain")).Status);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await host.SendAsync(HttpMethod.Post, "/api/v2/execute", "{}", "text/plain", ("Origin", host.Client.BaseAddress!.ToString().TrimEnd('/')))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await host.SendAsync(HttpMethod.Post, "/api/v2/execute", "{}", "application/json", ("Origin", "http://example.org"))).Status);
    }

    [KernelFact]
    public async Task It_tells_what_it_has_and_installs_nothing()
    {
        var runtimes = JsonDocument.Parse((await host.SendAsync(HttpMethod.Get, "/api/v2/runtimes", null)).Body).RootElement;
        Assert.Equal(("bash", "5.2.0", "sh"), (runtimes[0].GetProperty("language").GetString(), runtimes[0].GetProperty("version").GetString(), runtimes[0].GetProperty("aliases")[0].GetString()));
        Assert.True(JsonDocument.Parse((await host.SendAsync(HttpMethod.Get, "/api/v2/packages", null)).Body).RootElement[0].GetProperty("installed").GetBoolean());
        Assert.Equal((HttpStatusCode.NotFound, """{"message":"Requested package no-1.0.0 does not exist"}"""), await host.SendAsync(HttpMethod.Post, "/api/v2/packages", """{ "language": "no", "version": "1.0.0" }"""));
        Assert.Equal(HttpStatusCode.InternalServerError, (await host.SendAsync(HttpMethod.Post, "/api/v2/packages", """{ "language": "bash", "version": "5.2.0" }""")).Status);
        Assert.Equal((HttpStatusCode.NotFound, """{"message":"Not Found"}"""), await host.SendAsync(HttpMethod.Get, "/api/v2/else", null));
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "/api/v2/runtimes/", null)).Status);
        Assert.Equal((HttpStatusCode.OK, ""), await host.SendAsync(HttpMethod.Head, "/api/v2/runtimes", null));
        Assert.StartsWith("""{"message":"Piston v""", (await host.SendAsync(HttpMethod.Get, "/", null)).Body, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task The_languages_of_this_machine_are_found()
    {
        var found = await CommandRun.SandboxAsync("", Cancellation, "runtimes", "detect");
        Assert.True(found.ExitStatus == 0, found.ToString());
        Assert.Contains(found.Result.GetProperty("runtimes").EnumerateArray(), runtime => runtime.GetProperty("language").GetString() == "bash");

        Assert.Equal(2, (await CommandRun.SandboxAsync("", Cancellation, "runtimes", "detect", "--image", "./none")).ExitStatus);
    }

    [KernelFact]
    public async Task A_connection_has_input_stages_and_signals()
    {
        using var socket = await host.ConnectAsync();
        await SayAsync(socket, $$"""{ "type": "init", {{Bash}}, "files": [{ "content": "trap 'echo bye; exit 5' TERM; read a; echo got $a; while :; do sleep 0.05; done" }] }""");
        Assert.Equal("runtime", (await HearAsync(socket)).GetProperty("type").GetString());
        Assert.Equal("run", (await HearAsync(socket)).GetProperty("stage").GetString());
        await SayAsync(socket, """{ "type": "data", "stream": "stdin", "data": "hi\n" }""");
        Assert.Equal("got hi\n", (await HearAsync(socket)).GetProperty("data").GetString());
        await SayAsync(socket, """{ "type": "signal", "signal": "SIGTERM" }""");
        Assert.Equal("bye\n", (await HearAsync(socket)).GetProperty("data").GetString());
        Assert.Equal(5, (await HearAsync(socket)).GetProperty("code").GetInt32());
        Assert.Equal(4999, await ClosedAsync(socket));

        foreach (var (message, code) in ((string, int)[])
        [
            ("""{ "type": "data", "stream": "stdin", "data": "" }""", 4003),
            ("""{ "type": "init", "language": "no", "version": "1", "files": [{ "content": "" }] }""", 4002),
            ("", 4001),
        ])
        {
            using var other = await host.ConnectAsync();
            if (message.Length > 0)
            {
                await SayAsync(other, message);
            }

            Assert.Equal(code, await ClosedAsync(other));
        }

        foreach (var (message, code) in ((string, int)[])
        [
            ("""{ "type": "data", "stream": "stdout", "data": "" }""", 4004),
            ("""{ "type": "signal", "signal": "SIGNONE" }""", 4005),
            ("""{ "type": "init" }""", 4000),
        ])
        {
            using var other = await host.ConnectAsync();
            await SayAsync(other, $$"""{ "type": "init", {{Bash}}, "files": [{ "content": "sleep 20" }] }""");
            await SayAsync(other, message);
            Assert.Equal(code, await ClosedAsync(other));
        }
    }

    private static Task SayAsync(ClientWebSocket socket, string message) => socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, true, Cancellation);

    private static async Task<JsonElement> HearAsync(ClientWebSocket socket) => JsonDocument.Parse((await GoJudgeHost.ReceiveAsync(socket))!).RootElement;

    private static async Task<int> ClosedAsync(ClientWebSocket socket)
    {
        while (await GoJudgeHost.ReceiveAsync(socket) is not null)
        {
        }

        var code = (int)socket.CloseStatus!.Value;
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
        return code;
    }
}
