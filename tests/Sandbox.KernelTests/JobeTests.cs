using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What clients of Jobe rely on.</summary>
public sealed class JobeTests(JobeHost host) : IClassFixture<JobeHost>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [KernelFact]
    public async Task The_outcome_is_the_number_that_clients_know()
    {
        (string Language, string Source, string Parameters, int Outcome, string Stdout)[] cases =
        [
            ("bash", "read a; echo got $a; exit 3", "{}", 15, "got in\n"),
            ("Python3", "import sys\nprint(input(), sys.argv[1:])", """{ "runargs": ["a b"] }""", 15, "in ['a', 'b']\n"),
            ("python3", "print(", "{}", 11, ""),
            ("c", "int main(void) { return 0; } static int unused;", "{}", 11, ""),
            ("c", "#include <stdio.h>\nint main(void) { puts(\"hi\"); return 0; }", "{}", 15, "hi\n"),
            ("bash", "echo oops >&2; echo out", "{}", 12, "out\n"),

            // The shell around it is not among the processes that it may have, and says how it ended.
            ("c", "#include <stdio.h>\n#include <unistd.h>\nint main(void) { int n = 0; for (int i = 0; i < 20; i++) { int pid = fork(); if (pid == 0) { pause(); } n += pid > 0; } printf(\"%d\\n\", n); return 0; }", """{ "numprocs": 4 }""", 15, "3\n"),
            ("c", "#include <stdio.h>\nint main(void) { puts(\"one\"); return 0; }", """{ "numprocs": 1 }""", 15, "one\n"),
            ("c", "int main(void) { volatile int *nowhere = 0; return *nowhere; }", "{}", 12, ""),
            ("bash", "kill -SEGV $$", "{}", 12, ""),
            ("bash", "while :; do :; done", """{ "cputime": 1 }""", 13, ""),
            ("bash", "!** TESTING OVERLOAD EXCEPTION **!", "{}", 21, ""),
            ("bash", "printf 'a\\377\\303\\251\\n'", "{}", 15, "a\\xff\\xc3\\xa9\n"),
            ("bash", "echo é $LANG $PWD", """{ "cputime": "x" }""", 15, "é C.UTF-8 /home/jobe/runs/job\n"),
        ];

        foreach (var (language, source, parameters, outcome, stdout) in cases)
        {
            var (status, body) = await host.RunAsync($$"""{ "language_id": "{{language}}", "sourcecode": {{JsonSerializer.Serialize(source)}}, "input": "in\n", "parameters": {{parameters}}, "jobeserver": "x" }""");
            Assert.True(status == HttpStatusCode.OK, body);
            var result = JsonDocument.Parse(body).RootElement;
            Assert.True((outcome, stdout) == (result.GetProperty("outcome").GetInt32(), result.GetProperty("stdout").GetString()), $"{source}: {result}");
            Assert.Equal(outcome == 11, result.GetProperty("cmpinfo").GetString()!.Length > 0);
            Assert.Equal(outcome == 12, result.GetProperty("stderr").GetString()!.Length > 0);
            Assert.Equal(JsonValueKind.Null, result.GetProperty("run_id").ValueKind);
        }

        var flood = await host.RunAsync("""{ "language_id": "bash", "sourcecode": "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done", "parameters": { "streamsize": 0.001 } }""");
        Assert.Equal(13, JsonDocument.Parse(flood.Body).RootElement.GetProperty("outcome").GetInt32());
    }

    [KernelFact]
    public async Task A_file_that_is_missing_is_said_sent_and_found()
    {
        const string Id = "0123456789abcdef0123456789abcdef";
        const string Run = $$"""{ "language_id": "bash", "sourcecode": "cat data.txt; echo more >> data.txt", "file_list": [["{{Id}}", "data.txt"]] }""";

        Assert.Equal((HttpStatusCode.NotFound, "\"One or more of the specified files is missing/unavailable\""), await host.RunAsync(Run));
        Assert.Equal(HttpStatusCode.NotFound, (await host.SendAsync(HttpMethod.Head, "files/" + Id, null)).Status);
        Assert.Equal((HttpStatusCode.NoContent, ""), await host.SendAsync(HttpMethod.Put, "files/" + Id, """{ "file_contents": "ZGF0YQ==" }"""));
        Assert.Equal(HttpStatusCode.NoContent, (await host.SendAsync(HttpMethod.Head, "files/" + Id, null)).Status);
        foreach (var _ in (int[])[1, 2])
        {
            Assert.Equal("data", JsonDocument.Parse((await host.RunAsync(Run)).Body).RootElement.GetProperty("stdout").GetString());
        }

        // With line breaks, without what fills it up, and with nothing in it.
        foreach (var (contents, length) in ((string, int)[])[("ZGF0\\r\\nYQ", 4), ("ZGF0YQ==\\n", 4), ("", 0)])
        {
            Assert.Equal((HttpStatusCode.NoContent, ""), await host.SendAsync(HttpMethod.Put, "files/" + Id, $$"""{ "file_contents": "{{contents}}" }"""));
            Assert.Equal(length, JsonDocument.Parse((await host.RunAsync(Run)).Body).RootElement.GetProperty("stdout").GetString()!.Length);
        }

        // Hidden files are among those that the program finds after it was compiled.
        var hidden = await host.RunAsync($$"""{ "language_id": "python3", "sourcefilename": "a b.py", "sourcecode": "import os\nprint(sorted(os.listdir()), len(open('.env').read()))", "file_list": [["{{Id}}", ".env", true], ["{{Id}}", "-x"]], "parameters": { "cputime": "5" } }""");
        Assert.StartsWith("['-x', '.env', ", JsonDocument.Parse(hidden.Body).RootElement.GetProperty("stdout").GetString(), StringComparison.Ordinal);

        Assert.Equal((HttpStatusCode.BadRequest, "\"put: missing file_contents parameter\""), await host.SendAsync(HttpMethod.Put, "files/" + Id, "{}"));
        Assert.Equal((HttpStatusCode.BadRequest, $"\"put: contents of file {Id} are not valid base-64\""), await host.SendAsync(HttpMethod.Put, "files/" + Id, """{ "file_contents": "&" }"""));
    }

    [KernelFact]
    public async Task What_is_wrong_is_a_string_and_languages_are_told()
    {
        (string Spec, string Message)[] cases =
        [
            ("{}", "run_spec is missing the required attribute 'language_id'"),
            ("""{ "language_id": "bash" }""", "run_spec is missing the required attribute 'sourcecode'"),
            ("""{ "language_id": "cobol", "sourcecode": "" }""", "Language 'cobol' is not known"),
            ("""{ "language_id": "bash", "sourcecode": "", "sourcefilename": "a/b" }""", "The sourcefilename for the run_spec is illegal"),
            ("""{ "language_id": "bash", "sourcecode": "", "sourcefilename": ".a" }""", "The sourcefilename for the run_spec is illegal"),
            ("""{ "language_id": "bash", "sourcecode": "", "parameters": { "cputime": 121 } }""", "cputime exceeds maximum allowed on this Jobe server (120 secs)"),
            ("""{ "language_id": "bash", "sourcecode": "", "file_list": [["short", "a"]] }""", "Invalid file specifier: [\"short\", \"a\"]"),
        ];
        foreach (var (spec, message) in cases)
        {
            var (status, body) = await host.RunAsync(spec);
            Assert.Equal((HttpStatusCode.BadRequest, message), (status, JsonDocument.Parse(body).RootElement.GetString()));
        }

        Assert.Equal((HttpStatusCode.BadRequest, "\"Non-JSON post data received\""), await host.SendAsync(HttpMethod.Post, "runs", "{"));
        Assert.Equal((HttpStatusCode.BadRequest, "\"No run_spec attribute found in post data\""), await host.SendAsync(HttpMethod.Post, "runs/", "{}"));
        Assert.Equal((HttpStatusCode.OK, """[["c","12.2.0"],["python3","3.11.2"],["bash","5.2.0"]]"""), await host.SendAsync(HttpMethod.Get, "languages", null));
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "languages/", null)).Status);
        Assert.Equal((HttpStatusCode.NoContent, ""), await host.SendAsync(HttpMethod.Options, "runs", null));
        Assert.Equal(HttpStatusCode.Forbidden, (await host.SendAsync(HttpMethod.Options, "runs", null, ("Origin", "http://example.org"))).Status);
    }

    [KernelFact]
    public async Task A_key_is_a_token()
    {
        var directory = Directory.CreateTempSubdirectory("sandbox-test-").FullName;
        const string Key = "a-key-of-twenty-characters";
        await File.WriteAllTextAsync(directory + "/moodle", Key, Cancellation);
        File.SetUnixFileMode(directory + "/moodle", UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var served = await ServedHost.StartAsync(directory, Cancellation, "--api", "jobe=127.0.0.1:0", "--runtimes", host.Runtimes, "--token-file", directory + "/moodle");
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{served.PortOf("jobe")}/jobe/index.php/restapi/") };

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("languages", Cancellation)).StatusCode);
        foreach (var (key, status, said) in ((string?, HttpStatusCode, string)[])[(null, HttpStatusCode.Forbidden, "\"Missing API key\""), ("another-of-twenty-characters", HttpStatusCode.Forbidden, "\"Unknown API key\""), (Key, HttpStatusCode.BadRequest, "\"No run_spec attribute found in post data\"")])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "runs") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
            if (key is not null)
            {
                request.Headers.Add("X-API-KEY", key);
            }

            using var answer = await client.SendAsync(request, Cancellation);
            Assert.Equal((status, said), (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancellation)));
        }
    }
}
