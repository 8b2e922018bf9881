using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What clients of Judge0 rely on.</summary>
public sealed class Judge0Tests(Judge0Host host) : IClassFixture<Judge0Host>
{
    private const int Bash = 46;
    private const int C = 50;
    private const int Cpp = 54;
    private const int Java = 62;
    private const int Python = 71;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [KernelFact]
    public async Task The_status_is_the_number_that_clients_know()
    {
        (int Language, string Source, object? More, int Status, string? Message, int? Code)[] cases =
        [
            (Bash, "read a; echo got $a", new { stdin = "in\n", expected_output = "got in" }, 3, null, 0),
            (Bash, "echo 1", new { expected_output = "2" }, 4, null, 0),
            (Bash, "while :; do :; done", new { cpu_time_limit = 0.5, cpu_extra_time = 0.1 }, 5, "Time limit exceeded", 0),
            (Bash, "sleep 20", new { wall_time_limit = 1 }, 5, "Time limit exceeded (wall clock)", 0),
            (C, "int main(void) { return x; }", null, 6, null, null),
            (Bash, "exit 3", null, 11, "Exited with error status 3", 3),
            (C, "int main(void) { return *(volatile int *)0; }", null, 11, "Exited with error status 139", 139),
            (Python, "import os\nos.abort()", null, 11, "Exited with error status 134", 134),
            (Bash, "kill -SEGV $PPID", null, 7, "Caught fatal signal 11", 0),
            (Bash, "kill -TERM $PPID; sleep 1", null, 12, "Caught fatal signal 15", 0),
            (C, "#include <signal.h>\n#include <unistd.h>\nint main(void) { kill(getppid(), SIGXFSZ); sleep(5); }", null, 8, "Caught fatal signal 25", 0),
            (C, "#include <signal.h>\n#include <unistd.h>\nint main(void) { kill(getppid(), SIGFPE); sleep(5); }", null, 9, "Caught fatal signal 8", 0),
            (C, "#include <signal.h>\n#include <unistd.h>\nint main(void) { kill(getppid(), SIGABRT); sleep(5); }", null, 10, "Caught fatal signal 6", 0),
            (Python, "x = bytearray(200 << 20)\nfor i in range(0, len(x), 4096): x[i] = 1", new { memory_limit = 65536 }, 11, "Exited with error status 137", 137),
            (Python, "open('big', 'wb').write(b'x' * 3000000)", new { max_file_size = 100 }, 11, "Exited with error status 1", 1),
            (Bash, "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done", new { max_file_size = 16 }, 11, "Exited with error status 153", 153),
            (Python, "import sys\nprint(sys.argv[1:])", new { command_line_arguments = "a 'b c' $HOME", expected_output = "['a', 'b c', 'HOME']" }, 3, null, 0),
        ];

        foreach (var (language, source, more, status, message, code) in cases)
        {
            var result = await host.RunAsync(language, source, more);
            Assert.True((status, message) == (result.GetProperty("status").GetProperty("id").GetInt32(), result.GetProperty("message").GetString()), $"{source}: {result}");
            Assert.True(code == (result.GetProperty("exit_code") is { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : null), $"{source}: {result}");
            Assert.True(Guid.TryParseExact(result.GetProperty("token").GetString(), "D", out var token) && token.Version == 4, $"{result}");
            Assert.Equal(35, result.EnumerateObject().Count());
        }
    }

    [KernelFact]
    public async Task What_an_ended_submission_has_is_of_the_types_that_clients_take()
    {
        var error = await host.RunAsync(C, "int main(void) { return x; }");
        Assert.Contains("main.c", error.GetProperty("compile_output").GetString(), StringComparison.Ordinal);
        Assert.All(["time", "memory", "stdout", "stderr", "message", "exit_code", "exit_signal", "wall_time"], name => Assert.Equal(JsonValueKind.Null, error.GetProperty(name).ValueKind));

        var ended = await host.RunAsync(C, "#include <stdio.h>\nint main(void) { puts(\"é\"); fputs(\"oops\", stderr); int unused; return 0; }", new { compiler_options = "-Wall" });
        Assert.Equal(("é\n", "oops"), (ended.GetProperty("stdout").GetString(), ended.GetProperty("stderr").GetString()));
        Assert.Contains("unused", ended.GetProperty("compile_output").GetString(), StringComparison.Ordinal);
        Assert.Matches("^[0-9]+\\.[0-9]+$", ended.GetProperty("time").GetString());
        Assert.Matches("^[0-9]+\\.[0-9]+$", ended.GetProperty("wall_time").GetString());
        Assert.Equal("5.0", ended.GetProperty("cpu_time_limit").GetString());
        Assert.InRange(ended.GetProperty("memory").GetInt64(), 1, 128000);
        Assert.All(["created_at", "finished_at"], name => Assert.Matches("^20[0-9-]{8}T[0-9:]{8}\\.[0-9]{3}Z$", ended.GetProperty(name).GetString()));
        Assert.Equal((C, "C (GCC 12.2.0)"), (ended.GetProperty("language").GetProperty("id").GetInt32(), ended.GetProperty("language").GetProperty("name").GetString()));

        var merged = await host.RunAsync(Bash, "echo out; echo err >&2", new { redirect_stderr_to_stdout = true }, "");
        Assert.Equal(("out\nerr\n", JsonValueKind.Null), (merged.GetProperty("stdout").GetString(), merged.GetProperty("stderr").ValueKind));
        Assert.Equal(["compile_output", "memory", "message", "status", "stderr", "stdout", "time", "token"], merged.EnumerateObject().Select(static member => member.Name).Order());
    }

    [KernelFact]
    public async Task Base64_goes_both_ways_and_what_is_no_text_needs_it()
    {
        var sent = Judge0Host.Submission(Bash, Convert.ToBase64String("cat; printf '\\377'"u8), new { stdin = Convert.ToBase64String(Encoding.UTF8.GetBytes(new string('x', 99))), expected_output = "AAAA" });
        var (status, body) = await host.SendAsync(HttpMethod.Post, "submissions/?base64_encoded=true&wait=true&fields=stdout,stdin,status_id,token", sent);
        Assert.True(status == HttpStatusCode.Created, body);
        var result = JsonDocument.Parse(body).RootElement;
        Assert.Equal([60, 60, 16, 0], result.GetProperty("stdout").GetString()!.Split('\n').Select(static line => line.Length));
        Assert.Equal(4, result.GetProperty("status_id").GetInt32());

        var token = result.GetProperty("token").GetString();
        const string Unconvertible = "cannot be converted to UTF-8, use base64_encoded=true query parameter";
        var (shown, why) = await host.SendAsync(HttpMethod.Get, $"submissions/{token}");
        Assert.Equal(HttpStatusCode.BadRequest, shown);
        Assert.Contains(Unconvertible, why, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, $"submissions/{token}/?base64_encoded=true")).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, $"submissions/{token}?fields=status")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.SendAsync(HttpMethod.Get, $"submissions/batch?tokens={token}")).Status);

        var waited = await host.SendAsync(HttpMethod.Post, "submissions?wait=true", Judge0Host.Submission(Bash, "printf '\\377'"));
        Assert.Equal(HttpStatusCode.Created, waited.Status);
        Assert.Equal(["error", "token"], JsonDocument.Parse(waited.Body).RootElement.EnumerateObject().Select(static member => member.Name));
    }

    [KernelFact]
    public async Task A_submission_is_sent_polled_listed_and_deleted()
    {
        var (status, body) = await host.SendAsync(HttpMethod.Post, "submissions", Judge0Host.Submission(Bash, "sleep 0.3; echo done", new { number_of_runs = "2" }));
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Equal("token", Assert.Single(JsonDocument.Parse(body).RootElement.EnumerateObject()).Name);
        var token = JsonDocument.Parse(body).RootElement.GetProperty("token").GetString()!;
        var (refused, why) = await host.SendAsync(HttpMethod.Delete, $"submissions/{token}", null, ("X-Auth-User", "somebody"));
        Assert.Equal(HttpStatusCode.BadRequest, refused);
        Assert.Contains("submission cannot be deleted because its status is ", why, StringComparison.Ordinal);

        await EndedAsync(token);

        Assert.Equal(HttpStatusCode.Forbidden, (await host.SendAsync(HttpMethod.Get, "submissions")).Status);
        Assert.Equal((HttpStatusCode.Forbidden, ""), await host.SendAsync(HttpMethod.Delete, $"submissions/{token}", null, ("X-Auth-User", "nobody")));
        var list = JsonDocument.Parse((await host.SendAsync(HttpMethod.Get, "submissions?per_page=1&X-Auth-User=somebody&base64_encoded=true&fields=token")).Body).RootElement;
        Assert.Equal(1, list.GetProperty("submissions").GetArrayLength());
        Assert.Equal((1, JsonValueKind.Null), (list.GetProperty("meta").GetProperty("current_page").GetInt32(), list.GetProperty("meta").GetProperty("prev_page").ValueKind));
        Assert.Equal(list.GetProperty("meta").GetProperty("total_count").GetInt32(), list.GetProperty("meta").GetProperty("total_pages").GetInt32());
        Assert.Equal((HttpStatusCode.BadRequest, "{\"error\":\"invalid page: 0\"}"), await host.SendAsync(HttpMethod.Get, "submissions?page=0", null, ("X-Auth-User", "somebody")));

        var deleted = await host.SendAsync(HttpMethod.Delete, $"submissions/{token}?fields=stdout", null, ("X-Auth-User", "somebody"));
        Assert.Equal((HttpStatusCode.OK, "{\"stdout\":\"ZG9uZQo=\\n\"}"), deleted);
        Assert.Equal((HttpStatusCode.NotFound, ""), await host.SendAsync(HttpMethod.Get, $"submissions/{token}"));
        Assert.Equal((HttpStatusCode.BadRequest, "{\"error\":\"invalid fields: [queue_host]\"}"), await host.SendAsync(HttpMethod.Get, $"submissions/{token}?fields=token,queue_host"));
    }

    [KernelFact]
    public async Task A_batch_is_in_order_and_compiles_what_is_alike_once()
    {
        // What the compiler says differs each time it runs.
        const string Source = "#include <stdio.h>\n#include <sys/time.h>\n#pragma message(__TIMESTAMP__ __TIME__)\nint main(void) { int n; scanf(\"%d\", &n); printf(\"%d\", n * 2); }";
        string[] entries = [.. Enumerable.Range(0, 5).Select(static number => Judge0Host.Submission(C, Source, new { stdin = $"{number}" })), Judge0Host.Submission(999, "x")];
        var (status, body) = await host.SendAsync(HttpMethod.Post, "submissions/batch", $$"""{ "submissions": [{{string.Join(", ", entries)}}] }""");
        Assert.Equal(HttpStatusCode.Created, status);
        var answers = JsonDocument.Parse(body).RootElement.EnumerateArray().ToList();
        Assert.Equal("language with id 999 doesn't exist", answers[5].GetProperty("language_id")[0].GetString());
        string[] tokens = [.. answers.Take(5).Select(static answer => answer.GetProperty("token").GetString()!)];
        foreach (var token in tokens)
        {
            await EndedAsync(token);
        }

        var shown = JsonDocument.Parse((await host.SendAsync(HttpMethod.Get, $"submissions/batch?tokens={string.Join(',', tokens)},{Guid.NewGuid()}&fields=stdout,status_id,compile_output")).Body).RootElement.GetProperty("submissions").EnumerateArray().ToList();
        Assert.Equal(["0", "2", "4", "6", "8"], shown.Take(5).Select(static one => one.GetProperty("stdout").GetString()));
        Assert.Equal(JsonValueKind.Null, shown[5].ValueKind);
        Assert.Single(shown.Take(5).Select(static one => one.GetProperty("compile_output").GetString()).Distinct());
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "submissions/batch", null, ("tokens", tokens[0]))).Status);

        (string Body, HttpStatusCode Status)[] wrong =
        [
            ("""{ "submissions": [] }""", HttpStatusCode.BadRequest), ("{}", HttpStatusCode.BadRequest), ("[", HttpStatusCode.BadRequest),
            ($$"""{ "submissions": [{{string.Join(", ", Enumerable.Repeat(entries[0], 21))}}] }""", HttpStatusCode.BadRequest),
            ("""{ "submissions": [{}, 3] }""", HttpStatusCode.UnprocessableEntity),
        ];
        foreach (var (sent, expected) in wrong)
        {
            Assert.Equal(expected, (await host.SendAsync(HttpMethod.Post, "submissions/batch", sent)).Status);
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await host.SendAsync(HttpMethod.Get, "submissions/batch")).Status);
    }

    [KernelFact]
    public async Task Additional_files_lie_beside_the_source_and_may_be_the_whole_program()
    {
        var beside = await host.RunAsync(Python, "import helper, os\nprint(helper.x, open('data/in.txt').read(), os.getcwd(), os.environ['HOME'])", new { additional_files = Judge0Host.Zip(("helper.py", "x = 1"), ("../../data/in.txt", "text"), ("script.py", "print('replaced')")) });
        Assert.Equal("1 text /box /tmp\n", beside.GetProperty("stdout").GetString());

        var files = Judge0Host.Zip(("compile", "gcc -o program *.c"), ("run", "./program"), ("main.c", "int f(void); int main(void) { return f(); }"), ("f.c", "#include <stdio.h>\nint f(void) { int c; while ((c = getchar()) != -1) putchar(c); return 0; }"));
        var (status, body) = await host.SendAsync(HttpMethod.Post, "submissions?wait=true&fields=stdout,compile_output,status", Judge0Host.Submission(89, null, new { additional_files = files, stdin = "hi" }));
        Assert.True(status == HttpStatusCode.Created, body);
        Assert.Equal("hi", JsonDocument.Parse(body).RootElement.GetProperty("stdout").GetString());

        var bomb = Judge0Host.Zip(("bomb", new string('0', 9_000_000)));
        var refused = await host.SendAsync(HttpMethod.Post, "submissions", Judge0Host.Submission(Bash, "ls", new { additional_files = bomb }));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.Status);
        Assert.Contains("additional_files", refused.Body, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Compiled_languages_run_what_was_compiled()
    {
        Assert.Equal("42\n", (await host.RunAsync(Cpp, "#include <iostream>\nint main() { std::cout << 42 << std::endl; }", new { compiler_options = "-std=c++17 -O1" })).GetProperty("stdout").GetString());
        if (File.Exists("/usr/bin/javac"))
        {
            var java = await host.RunAsync(Java, "public class Main { static class In { } public static void main(String[] a) { System.out.println(new In() != null ? \"java\" : \"\"); } }", new { memory_limit = 512000, wall_time_limit = 20, cpu_time_limit = 15 });
            Assert.True("java\n" == java.GetProperty("stdout").GetString(), $"{java}");
        }
    }

    [KernelFact]
    public async Task Each_process_has_the_limits_where_that_is_asked_for()
    {
        const string Two = "for i in 1 2; do python3 -S -E -c 'import time\nwhile time.process_time() < 0.7: pass'; done; echo over";
        Assert.Equal(5, Status(await host.RunAsync(Bash, Two, new { cpu_time_limit = 1, cpu_extra_time = 0 })));
        Assert.Equal(3, Status(await host.RunAsync(Bash, Two, new { cpu_time_limit = 1, cpu_extra_time = 0, enable_per_process_and_thread_time_limit = true })));
        Assert.Equal(5, Status(await host.RunAsync(Bash, "sh -c 'while :; do :; done'", new { cpu_time_limit = 1, cpu_extra_time = 0, enable_per_process_and_thread_time_limit = true })));

        const string Large = "x = bytearray(100 << 20)";
        Assert.Equal((11, "Exited with error status 1"), StatusAndMessage(await host.RunAsync(Python, Large, new { memory_limit = 80000, enable_per_process_and_thread_memory_limit = true })));
    }

    [KernelFact]
    public async Task The_end_is_told_where_the_operator_allows_it()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var (status, body) = await host.SendAsync(HttpMethod.Post, "submissions", Judge0Host.Submission(Bash, "echo told", new { callback_url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/x" }));
        Assert.True(status == HttpStatusCode.Created, body);

        using var client = await listener.AcceptTcpClientAsync(Cancellation);
        var received = "";
        var buffer = new byte[4096];
        while (!received.Contains("\"status\"", StringComparison.Ordinal) && await client.GetStream().ReadAsync(buffer, Cancellation) is var count and > 0)
        {
            received += Encoding.UTF8.GetString(buffer, 0, count);
        }

        Assert.StartsWith("PUT /x HTTP/1.1\r\n", received, StringComparison.Ordinal);
        Assert.Contains("\"stdout\":\"dG9sZAo=\\n\"", received, StringComparison.Ordinal);
        await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), Cancellation);
    }

    [KernelFact]
    public async Task What_the_server_is_and_has_is_told()
    {
        Assert.Equal("1.13.1", (await GetAsync("about")).GetProperty("version").GetString());
        Assert.Equal("1.13.1", (await host.SendAsync(HttpMethod.Get, "version")).Body);
        Assert.All(["isolate", "license"], path => Assert.NotEmpty(host.SendAsync(HttpMethod.Get, path).Result.Body));
        Assert.Equal(14, (await GetAsync("statuses/")).GetArrayLength());
        Assert.Equal([43, 44, 46, 48, 49, 50, 52, 53, 54, 62, 71, 89], (await GetAsync("languages")).EnumerateArray().Select(static language => language.GetProperty("id").GetInt32()));
        var all = (await GetAsync("languages/all")).EnumerateArray().ToList();
        Assert.Equal((54, 42), (all.Count, all.Count(static language => language.GetProperty("is_archived").GetBoolean())));
        Assert.Equal((1, 89), (all[0].GetProperty("id").GetInt32(), all[^1].GetProperty("id").GetInt32()));
        var archived = await GetAsync("languages/10");
        Assert.Equal((true, "C++ (g++ 7.2.0)", "main.cpp"), (archived.GetProperty("is_archived").GetBoolean(), archived.GetProperty("name").GetString(), archived.GetProperty("source_file").GetString()));
        var language = await GetAsync("languages/50");
        Assert.Equal(("main.c", "gcc %s main.c", "./a.out"), (language.GetProperty("source_file").GetString(), language.GetProperty("compile_cmd").GetString(), language.GetProperty("run_cmd").GetString()));
        Assert.Equal((HttpStatusCode.NotFound, ""), await host.SendAsync(HttpMethod.Get, "languages/60"));
        var configuration = await GetAsync("config_info");
        Assert.Equal((15.0, 20, true, false), (configuration.GetProperty("max_cpu_time_limit").GetDouble(), configuration.GetProperty("max_submission_batch_size").GetInt32(), configuration.GetProperty("enable_callbacks").GetBoolean(), configuration.GetProperty("allow_enable_network").GetBoolean()));
        Assert.Equal(4, (await GetAsync("workers"))[0].GetProperty("available").GetInt32());
        Assert.True((await GetAsync("statistics")).GetProperty("submissions").GetProperty("total").GetInt32() >= 0);
        Assert.Equal(JsonValueKind.Object, (await GetAsync("system_info")).ValueKind);
        Assert.Equal((HttpStatusCode.OK, ""), await host.SendAsync(HttpMethod.Post, "authenticate"));
        Assert.Equal((HttpStatusCode.OK, ""), await host.SendAsync(HttpMethod.Post, "authorize", null, ("X-Auth-User", "somebody")));
        Assert.Equal((HttpStatusCode.Forbidden, ""), await host.SendAsync(HttpMethod.Post, "authorize"));
        Assert.Equal(HttpStatusCode.NotFound, (await host.SendAsync(HttpMethod.Get, "nothing")).Status);
    }

    [KernelFact]
    public async Task Tokens_maintenance_and_what_is_switched_off_are_those_of_judge0_conf()
    {
        var configuration = host.Write("other.conf", "AUTHN_HEADER=X-Key\nAUTHN_TOKEN=0123456789abcdef0123 other0123456789abcdef\nMAINTENANCE_MODE=true\nMAINTENANCE_MESSAGE=back soon\nENABLE_WAIT_RESULT=false\nENABLE_BATCHED_SUBMISSIONS=false\n");
        await using var other = await host.StartAsync(host.NewDirectory(), configuration);
        using var client = Judge0Host.ClientOf(other);
        Task<(HttpStatusCode Status, string Body)> Ask(HttpMethod method, string path, string? body = null, string? key = "0123456789abcdef0123") =>
            Judge0Host.SendAsync(client, method, path, body, key is null ? [] : [("X-Key", key)]);

        Assert.Equal((HttpStatusCode.Unauthorized, ""), await Ask(HttpMethod.Get, "languages", key: null));
        Assert.Equal((HttpStatusCode.Unauthorized, ""), await Ask(HttpMethod.Post, "authenticate", key: "wrong"));
        Assert.Equal(HttpStatusCode.OK, (await Ask(HttpMethod.Get, "languages?X-Key=other0123456789abcdef", key: null)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Ask(HttpMethod.Post, "authenticate")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Ask(HttpMethod.Get, "submissions")).Status);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "{\"error\":\"back soon\"}"), await Ask(HttpMethod.Post, "submissions", Judge0Host.Submission(Bash, "echo")));
        Assert.True(JsonDocument.Parse((await Ask(HttpMethod.Get, "config_info")).Body).RootElement.GetProperty("maintenance_mode").GetBoolean());
        Assert.Equal(HttpStatusCode.BadRequest, (await Ask(HttpMethod.Get, "submissions/batch?tokens=a")).Status);
    }

    [KernelFact]
    public async Task No_page_of_another_site_submits_anything()
    {
        var submission = Judge0Host.Submission(Bash, "echo");
        Assert.Equal((HttpStatusCode.Forbidden, ""), await host.SendAsync(HttpMethod.Post, "submissions", submission, ("Origin", "http://evil.example")));
        Assert.Equal((HttpStatusCode.Forbidden, ""), await host.SendAsync(HttpMethod.Post, "submissions", submission, ("Sec-Fetch-Site", "cross-site")));
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await host.SendAsync(HttpMethod.Post, "submissions", submission, ("Host", "evil.example"))).Status);
    }

    [KernelFact]
    public async Task A_restart_loses_no_submission()
    {
        var directory = host.NewDirectory();
        var configuration = host.Write("third.conf", "");
        string[] arguments = ["--state", directory + "/state", "--slots", "1"];
        string[] tokens;
        var before = await host.StartAsync(directory, configuration, arguments);
        using (var client = Judge0Host.ClientOf(before))
        {
            var over = await Judge0Host.SendAsync(client, HttpMethod.Post, "submissions?wait=true", Judge0Host.Submission(Bash, "echo kept"));
            var running = await Judge0Host.SendAsync(client, HttpMethod.Post, "submissions", Judge0Host.Submission(Bash, "sleep 30", new { wall_time_limit = 20 }));
            var waiting = await Judge0Host.SendAsync(client, HttpMethod.Post, "submissions", Judge0Host.Submission(Bash, "echo later"));
            tokens = [.. new[] { over, running, waiting }.Select(static answer => JsonDocument.Parse(answer.Body).RootElement.GetProperty("token").GetString()!)];
            await UntilAsync(client, tokens[1], static status => status == 2);
        }

        before.Kill();
        await before.EndAsync(Cancellation);
        await before.DisposeAsync();
        File.Delete(directory + "/s");
        await using var next = await host.StartAsync(directory, configuration, arguments);
        using var again = Judge0Host.ClientOf(next);
        await UntilAsync(again, tokens[2], static status => status > 2);
        var shown = JsonDocument.Parse((await Judge0Host.SendAsync(again, HttpMethod.Get, $"submissions/batch?tokens={string.Join(',', tokens)}")).Body).RootElement.GetProperty("submissions").EnumerateArray().ToList();

        Assert.Equal([(3, "kept\n"), (13, null), (3, "later\n")], shown.Select(static one => (one.GetProperty("status").GetProperty("id").GetInt32(), one.GetProperty("stdout").GetString())));
        Assert.Equal("the server ended while the submission ran", shown[1].GetProperty("message").GetString());
    }

    [KernelFact]
    public async Task When_as_many_wait_as_may_the_next_is_refused()
    {
        await using var other = await host.StartAsync(host.NewDirectory(), host.Write("fourth.conf", "MAX_QUEUE_SIZE=2\n"), "--slots", "1");
        using var client = Judge0Host.ClientOf(other);
        var sleep = Judge0Host.Submission(Bash, "sleep 3");
        var batch = $$"""{ "submissions": [{{sleep}}, {{sleep}}, {{sleep}}] }""";

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "{\"error\":\"queue is full\"}"), await Judge0Host.SendAsync(client, HttpMethod.Post, "submissions/batch", batch));
        Assert.Equal(HttpStatusCode.Created, (await Judge0Host.SendAsync(client, HttpMethod.Post, "submissions", sleep)).Status);
        Assert.Equal(HttpStatusCode.Created, (await Judge0Host.SendAsync(client, HttpMethod.Post, "submissions", sleep)).Status);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "{\"error\":\"queue is full\"}"), await Judge0Host.SendAsync(client, HttpMethod.Post, "submissions", sleep));
    }

    private static int Status(JsonElement result) => result.GetProperty("status").GetProperty("id").GetInt32();

    private static (int Status, string? Message) StatusAndMessage(JsonElement result) => (Status(result), result.GetProperty("message").GetString());

    private async Task<JsonElement> GetAsync(string path)
    {
        var (status, body) = await host.SendAsync(HttpMethod.Get, path);
        Assert.True(status == HttpStatusCode.OK, body);
        return JsonDocument.Parse(body).RootElement;
    }

    private async Task EndedAsync(string token)
    {
        for (var left = 2000; JsonDocument.Parse((await host.SendAsync(HttpMethod.Get, $"submissions/{token}?fields=status_id")).Body).RootElement.GetProperty("status_id").GetInt32() < 3; left--)
        {
            Assert.True(left > 0, "it does not end");
            await Task.Delay(10, Cancellation);
        }
    }

    private static async Task UntilAsync(HttpClient client, string token, Func<int, bool> isThere)
    {
        for (var left = 3000; !isThere(JsonDocument.Parse((await Judge0Host.SendAsync(client, HttpMethod.Get, $"submissions/{token}?fields=status_id")).Body).RootElement.GetProperty("status_id").GetInt32()); left--)
        {
            Assert.True(left > 0, "it does not come to be");
            await Task.Delay(10, Cancellation);
        }
    }
}
