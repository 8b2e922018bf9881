using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The languages of this machine, as clients of Piston and Jobe run them. What CONTRIBUTING.md says that tests want is there; others are tried where they are.</summary>
[Trait("as", "any")]
public sealed class FrontLanguageTests
{
    // By their names in Piston and in Jobe, null for none: a program that reads a word and prints it, and its file.
    private static readonly (string Piston, string? Jobe, string File, string Source)[] s_programs =
    [
        ("bash", "bash", "main.sh", "read a; echo \"got $a\""),
        ("c", "c", "main.c", "#include <math.h>\n#include <stdio.h>\nint main(void) { char a[99]; return scanf(\"%98s\", a) == 1 && sqrt(4) == 2 ? printf(\"got %s\\n\", a) < 0 : 1; }"),
        ("c++", "cpp", "main.cpp", "#include <iostream>\nint main() { std::string a; std::cin >> a; std::cout << \"got \" << a << std::endl; }"),
        ("python", "python3", "main.py", "print('got', input())"),
        ("perl", null, "main.pl", "my $a = <STDIN>; print \"got $a\";"),
        ("java", "java", "Main.java", "public class Main { public static void main(String[] a) { System.out.println(\"got \" + new java.util.Scanner(System.in).next()); } }"),
        ("javascript", "nodejs", "main.js", "process.stdin.once('data', data => { console.log('got ' + data.toString().trim()); process.exit(0); })"),
        ("pascal", "pascal", "main.pas", "var a: string;\nbegin readln(a); writeln('got ', a); end."),
    ];

    private static readonly string[] s_wanted = ["bash", "c", "c++", "perl", "python"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [KernelFact]
    public async Task Every_language_that_is_found_runs_a_program_in_both_apis_and_one_with_a_client_that_stays()
    {
        var directory = Directory.CreateTempSubdirectory("sandbox-test-").FullName;
        File.SetUnixFileMode(directory, (UnixFileMode)0b111_111_111);
        await using var served = await ServedHost.StartAsync(directory, new Dictionary<string, string> { ["SANDBOX_STORE"] = directory + "/store" }, Cancellation, "--api", "piston=127.0.0.1:0", "--api", "jobe=127.0.0.1:0", "--slots", "2");
        using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(2) };
        var (piston, jobe) = ($"http://127.0.0.1:{served.PortOf("piston")}/api/v2/", $"http://127.0.0.1:{served.PortOf("jobe")}/jobe/index.php/restapi/");
        var found = JsonDocument.Parse(await client.GetStringAsync(piston + "runtimes", Cancellation)).RootElement.EnumerateArray().Select(static runtime => runtime.GetProperty("language").GetString()!).ToHashSet();
        Assert.Superset(s_wanted.ToHashSet(), found);

        foreach (var (language, other, file, source) in s_programs.Where(program => found.Contains(program.Piston)))
        {
            // A machine that is busy with other things may need longer for Java than Piston gives it, in which case the status says so.
            var run = await PostAsync(client, piston + "execute", new { language, version = "*", files = (object[])[new { name = file, content = source }], stdin = "wörd", args = (string[])[], run_memory_limit = -1 });
            Assert.True(run.GetProperty("run") is var stage && (stage.GetProperty("stdout").GetString() == "got wörd\n" || (language == "java" && stage.GetProperty("status").GetString() == "TO")), $"{language}: {run}");
            if (other is not null)
            {
                var result = await PostAsync(client, jobe + "runs", new { run_spec = new { language_id = other, sourcecode = source, input = "wörd\n", parameters = new { cputime = 20, linkargs = (string[])["-lm"] } } });
                Assert.True((result.GetProperty("outcome").GetInt32(), result.GetProperty("stdout").GetString()) == (15, "got wörd\n"), $"{other}: {result}");
            }
        }

        foreach (var (language, _, file, source) in s_programs.Where(static program => program.Piston is "c" or "python"))
        {
            Assert.Equal(["runtime", .. language == "c" ? (string[])["compile", "exit 0"] : [], "run", "got hi\n", "exit 0"], await TalkAsync(served.PortOf("piston"), language, source, """{ "type": "data", "stream": "stdin", "data": "hi\n" }"""));
        }

        const string Waits = "import signal, os, time\nsignal.signal(signal.SIGUSR1, lambda *_: os.write(1, b'usr1\\n'))\nprint('ready', flush=True)\nwhile True: time.sleep(0.02)";
        Assert.Equal(["runtime", "run", "ready\n", "exit SIGINT"], await TalkAsync(served.PortOf("piston"), "python", Waits.Replace("import signal", "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); import signal", StringComparison.Ordinal), """{ "type": "signal", "signal": "SIGINT" }""", after: "ready"));
        Assert.Equal(["runtime", "run", "ready\n", "exit SIGKILL"], await TalkAsync(served.PortOf("piston"), "python", Waits, """{ "type": "signal", "signal": "SIGKILL" }""", after: "ready"));
        Assert.Equal(["runtime", "run", "ready\n", "usr1\n", "exit SIGTERM"], await TalkAsync(served.PortOf("piston"), "python", Waits, """{ "type": "signal", "signal": "SIGUSR1" }""", after: "ready", """{ "type": "signal", "signal": "SIGTERM" }"""));
    }

    private static async Task<JsonElement> PostAsync(HttpClient client, string url, object body)
    {
        using var answer = await client.PostAsync(url, new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"), Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement;
    }

    // What was heard of a program: one message is sent once it runs, or has said something, and another one at the next thing it says.
    private static async Task<List<string>> TalkAsync(int port, string language, string source, string message, string after = "run", string? then = null)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new($"ws://127.0.0.1:{port}/api/v2/connect"), Cancellation);
        await SayAsync(socket, JsonSerializer.Serialize(new { type = "init", language, version = "*", files = (object[])[new { content = source }] }));
        var (heard, next) = (new List<string>(), (string?)message);
        while (await GoJudgeHost.ReceiveAsync(socket) is { } bytes)
        {
            var told = JsonDocument.Parse(bytes).RootElement;
            heard.Add(told.GetProperty("type").GetString() switch
            {
                "stage" => told.GetProperty("stage").GetString()!,
                "data" => told.GetProperty("data").GetString()!,
                "exit" => $"exit {(told.GetProperty("code").ValueKind == JsonValueKind.Null ? told.GetProperty("signal") : told.GetProperty("code"))}",
                var type => type!,
            });
            if (next is not null && (heard[^1].StartsWith(after, StringComparison.Ordinal) || (next == then && heard[^1] == "usr1\n")))
            {
                await SayAsync(socket, next);
                (next, after) = (next == then ? null : then, "nothing else");
            }
        }

        Assert.Equal(4999, (int)socket.CloseStatus!.Value);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
        return heard;
    }

    private static Task SayAsync(ClientWebSocket socket, string message) => socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, true, Cancellation);
}
