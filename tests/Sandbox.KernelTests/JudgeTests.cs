using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary><c>examples/judge</c>, started as it is built: each submission has the verdict that it deserves, and does no harm.</summary>
[Trait("as", "any")]
public sealed class JudgeTests : KernelTest
{
    private const string Page = "examples/judge/README.md";
    private const string Sum = "input(); print(sum(map(int, input().split())))";

    private const string Guess = """
        low, high = 1, int(input())
        while True:
            guess = (low + high) // 2
            print(guess, flush=True)
            answer = input()
            if answer == "right":
                break
            low, high = (guess + 1, high) if answer == "higher" else (low, guess - 1)
        """;

    private const string Factors = "p = lambda m: m > 1 and all(m % d for d in range(2, int(m ** .5) + 1))\nn = int(input())\n";

    private static readonly Dictionary<string, Sent[]> s_programs = new()
    {
        ["right"] =
        [
            new("sum", "python", Sum, "accepted", 100),
            new("sum", "c", """
                #include <stdio.h>
                int main(void) { int n; long long sum = 0, one; scanf("%d", &n); while (n-- && scanf("%lld", &one) == 1) sum += one; printf("%lld\n", sum); }
                """, "accepted", 100),
            new("split", "python", Factors + "print(*next((a, n - a) for a in range(2, n) if p(a) and p(n - a)))", "accepted", 100),
            new("guess", "python", Guess, "accepted", 100),
        ],
        ["wrong"] =
        [
            new("sum", "cpp", """
                #include <iostream>
                int main() { int n, sum = 0; std::cin >> n; for (long long one; n-- && std::cin >> one;) sum += one; std::cout << sum; }
                """, "wrong-answer", 40),
            new("split", "python", "n = int(input()); print(1, n - 1)", "wrong-answer", 0),
            new("split", "python", "import sys; sys.stdout.buffer.write(b'\\xff\\x00' * 200000)", "wrong-answer", 0),
            new("sum", "c", "int main(void) { return", "compile-error", 0),
            new("guess", "c", "int main(void) { return 0 }", "compile-error", 0),
        ],
        ["failing"] =
        [
            new("sum", "c", "int main(void) { for (;;); }", "time-limit", 0),
            new("sum", "python", "hoard = b'x' * (1 << 28)", "memory-limit", 0),
            new("sum", "python", "1 / 0", "run-time-error", 0),
            new("sum", "c", "int main(void) { return *(volatile int *)8; }", "run-time-error", 0),
            new("sum", "python", "while True: print('x' * 4096)", "output-limit", 0),
            new("guess", "python", "1 / 0", "run-time-error", 0),
        ],
        ["interactive"] =
        [
            new("guess", "python", Guess.Replace("// 2", "// 2 if high > 100 else low", StringComparison.Ordinal), "wrong-answer", 0),
            new("guess", "python", "input(); print('what?')", "wrong-answer", 0),
            new("guess", "python", "", "wrong-answer", 0),
            new("guess", "python", "input(); input()", "time-limit", 0),
            new("guess", "python", "while True: print('1' * 4096, end='')", "wrong-answer", 0),
        ],
        ["hostile"] =
        [
            new("sum", "c", "#include <unistd.h>\nint main(void) { for (;;) fork(); }", "time-limit", 0),
            new("sum", "python", "import time; time.sleep(60)", "time-limit", 0),
            new("sum", "python", "import os, time\nfor _ in range(20):\n    if os.fork() == 0:\n        os.setsid(); time.sleep(600)\nprint(0)", "wrong-answer", 0),
            new("sum", "python", "import os, signal\nfor pid in range(1, 5000):\n    try: pid == os.getpid() or os.kill(pid, signal.SIGKILL)\n    except OSError: pass\nprint(0)", "wrong-answer", 0),
            new("sum", "c", "char much[1 << 30] = { 1 };\nint main(void) { }", "compile-error", 0),
        ],
    };

    public static TheoryData<string> Kinds => [.. s_programs.Keys];

    // Several at once, because the runtime takes most of the time to start. One that is right afterwards finds the judge as it was.
    [KernelTheory(Needs.NativeKernel, "g++")]
    [MemberData(nameof(Kinds))]
    public async Task Each_program_has_its_verdict_and_its_points(string kind)
    {
        await using var judge = await StartAsync();

        var sent = new List<string>();
        foreach (var program in s_programs[kind])
        {
            using var answer = await judge.PostAsync(program.Problem, program.Language, program.Source + "\n", Cancellation);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            sent.Add(answer.Headers.Location!.ToString());
        }

        foreach (var (program, path) in s_programs[kind].Zip(sent))
        {
            var report = await judge.ReportAsync(path, Cancellation);
            Assert.True((program.Outcome, program.Points) == (Outcome(report), report.GetProperty("points").GetDouble()), $"{program}: {report}");
        }

        Assert.Equal("accepted", Outcome(await judge.JudgeAsync("sum", "python", Sum, Cancellation)));
        Assert.Equal("Healthy", await judge.Client.GetStringAsync("/health", Cancellation));
    }

    [KernelFact(Needs.NativeKernel, "javac")]
    public async Task A_program_in_Java_is_compiled_and_judged_like_the_others()
    {
        const string summing = """
            import java.util.Scanner;
            class Main {
                public static void main(String[] arguments) {
                    var in = new Scanner(System.in);
                    long sum = 0;
                    for (int count = in.nextInt(); count > 0; count--) sum += in.nextLong();
                    System.out.println(sum);
                }
            }
            """;
        await using var judge = await StartAsync();

        Assert.Equal("accepted", Outcome(await judge.JudgeAsync("sum", "java", summing, Cancellation)));
        Assert.Equal("wrong-answer", Outcome(await judge.JudgeAsync("sum", "java", summing.Replace("sum += ", "sum -= ", StringComparison.Ordinal), Cancellation)));
        Assert.Equal("run-time-error", Outcome(await judge.JudgeAsync("sum", "java", summing.Replace("println(sum)", "println(1 / (sum - sum))", StringComparison.Ordinal), Cancellation)));
        Assert.Equal("compile-error", Outcome(await judge.JudgeAsync("sum", "java", summing.Replace("long sum", "int sum = 1L", StringComparison.Ordinal), Cancellation)));
    }

    // One that finds something prints it, which is right then.
    [KernelFact(Needs.NativeKernel, "python3")]
    public async Task The_answers_are_out_of_reach()
    {
        var problems = Path.Combine(RunningJudge.Program, "problems");
        var search = $$"""
            import os
            wanted = ["{{problems}}/sum/tests/%d.ans" % test for test in range(5)] + ["/check/answer", "/check/program.py"]
            found = [path for path in wanted if os.path.exists(path)]
            for top in ["/work", "/tmp", "/proc", "/dev", "/home", "/var", "/opt", "/etc", "/run", "/usr/local"]:
                for path, directories, names in os.walk(top):
                    found += [path + "/" + name for name in names if name.endswith(".ans") or name == "interact.py"]
            for number in range(3, 1000):
                try:
                    found.append(os.read(number, 100))
                except OSError:
                    pass
            print(sum(map(int, open(0).read().split()[1:])) if found else "nothing")
            """;
        Assert.True(File.Exists(problems + "/sum/tests/4.ans"));
        await using var judge = await StartAsync();

        var report = await judge.JudgeAsync("sum", "python", search, Cancellation);
        var control = await judge.JudgeAsync("sum", "python", search.Replace("if found", "if not found", StringComparison.Ordinal), Cancellation);
        var included = await judge.JudgeAsync("sum", "c", $"#include \"{problems}/sum/tests/4.ans\"", Cancellation);
        var interactive = await judge.JudgeAsync("guess", "python", "import os; input(); print(open('/check/input').read().split()[1] if os.path.exists('/check/input') else 0)", Cancellation);

        Assert.Equal(("wrong-answer", 0), (Outcome(report), report.GetProperty("points").GetDouble()));
        Assert.Equal("accepted", Outcome(control));
        Assert.Equal("compile-error", Outcome(included));
        Assert.Contains("No such file or directory", included.GetProperty("log").GetString(), StringComparison.Ordinal);
        Assert.Equal("wrong-answer", Outcome(interactive));
    }

    // What a check says quotes answers.
    [KernelFact(Needs.NativeKernel, "python3")]
    public async Task Messages_are_shown_of_examples_only()
    {
        await using var judge = await StartAsync();

        var first = await judge.JudgeAsync("sum", "python", "print(5)", Cancellation);
        var split = await judge.JudgeAsync("split", "python", "print(5)", Cancellation);

        var example = first.GetProperty("subtasks")[0].GetProperty("tests")[0];
        Assert.Equal(("wrong-answer", true), (example.GetProperty("outcome").GetString(), example.GetProperty("message").GetString()!.Length > 0));
        Assert.Equal("accepted", first.GetProperty("subtasks")[1].GetProperty("tests")[0].GetProperty("outcome").GetString());
        Assert.All(first.GetProperty("subtasks").EnumerateArray().Skip(1).Concat(split.GetProperty("subtasks").EnumerateArray()), subtask =>
            Assert.All(subtask.GetProperty("tests").EnumerateArray(), test => Assert.Equal("", test.GetProperty("message").GetString())));
    }

    [KernelFact(Needs.NativeKernel, "gcc")]
    public async Task What_a_submission_writes_is_text()
    {
        await using var judge = await StartAsync();

        var report = await judge.JudgeAsync("sum", "c", "#error <img src=x onerror=alert(1)> \u001b[2J \u202egnp\n", Cancellation, "<b>ada</b>");
        var raw = await judge.Client.GetStringAsync("/api/submissions/1", Cancellation);
        var row = (await judge.Client.GetFromJsonAsync<JsonElement>("/api/scoreboard", Cancellation))[0];

        var log = report.GetProperty("log").GetString()!;
        Assert.Contains("<img src=x onerror=alert(1)>", log, StringComparison.Ordinal);
        Assert.DoesNotContain(log, static letter => letter != '\n' && (char.IsControl(letter) || letter == '\u202e'));
        Assert.DoesNotContain("<", raw, StringComparison.Ordinal);
        Assert.Equal("<b>ada</b>", row.GetProperty("author").GetString());
    }

    [KernelFact]
    public async Task The_page_is_its_own_and_makes_no_markup_of_texts()
    {
        await using var judge = await StartAsync();

        using var page = await judge.Client.GetAsync("/", Cancellation);
        var html = await page.Content.ReadAsStringAsync(Cancellation);
        var script = await judge.Client.GetStringAsync("/page.js", Cancellation);
        var style = await judge.Client.GetStringAsync("/page.css", Cancellation);

        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType!.ToString());
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
        Assert.All([html, script, style], text => Assert.DoesNotContain("://", text, StringComparison.Ordinal));
        Assert.All(["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("], word => Assert.DoesNotContain(word, script, StringComparison.Ordinal));
    }

    [KernelFact(Needs.NativeKernel, "python3")]
    public async Task What_waits_is_bounded_and_nothing_accepted_is_lost()
    {
        await using var judge = await StartAsync("--Judge:Queue", "2", "--Judge:Kept", "1000");

        var accepted = new List<string>();
        var (refused, wait) = (0, 0.0);
        for (var number = 0; number < Environment.ProcessorCount + 10; number++)
        {
            using var answer = await judge.PostAsync("sum", "python", "import time; time.sleep(0.5)", Cancellation);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                (refused, wait) = (refused + 1, answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
            }
            else
            {
                accepted.Add(answer.Headers.Location!.ToString());
            }
        }

        Assert.InRange(accepted.Count, 2, Environment.ProcessorCount + 4);
        Assert.Equal(Environment.ProcessorCount + 10, accepted.Count + refused);
        Assert.InRange(wait, 1, 60);
        foreach (var path in accepted)
        {
            Assert.Equal("wrong-answer", Outcome(await judge.ReportAsync(path, Cancellation)));
        }

        using var afterwards = await judge.PostAsync("sum", "python", "print(0)", Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, afterwards.StatusCode);
    }

    [KernelFact(Needs.NativeKernel, "python3")]
    public async Task The_scoreboard_has_the_best_of_each_problem_and_only_of_what_is_kept()
    {
        await using var judge = await StartAsync("--Judge:Kept", "4");

        await judge.JudgeAsync("sum", "python", "print(1)", Cancellation, "forgotten");
        var reports = new[]
        {
            judge.JudgeAsync("sum", "python", Sum, Cancellation, "ada"),
            judge.JudgeAsync("sum", "python", "print(1)", Cancellation, "ada"),
            judge.JudgeAsync("guess", "python", Guess.Replace("int(input())", "int(input())\nassert high <= 100", StringComparison.Ordinal), Cancellation, "ada"),
            judge.JudgeAsync("sum", "python", Sum, Cancellation, "ben"),
        };
        await Task.WhenAll(reports);

        var rows = await judge.Client.GetFromJsonAsync<JsonElement>("/api/scoreboard", Cancellation);
        using var forgotten = await judge.Client.GetAsync("/api/submissions/1", Cancellation);

        Assert.Equal(["ada 130", "ben 100"], rows.EnumerateArray().Select(static row => $"{row.GetProperty("author").GetString()} {row.GetProperty("points").GetDouble()}"));
        Assert.Equal((30, 100), (rows[0].GetProperty("problems").GetProperty("guess").GetDouble(), rows[0].GetProperty("problems").GetProperty("sum").GetDouble()));
        Assert.Equal(HttpStatusCode.NotFound, forgotten.StatusCode);
    }

    [KernelFact]
    public async Task What_is_no_submission_is_refused()
    {
        await using var judge = await StartAsync();

        using var wrong = await judge.PostAsync("nothing", "cobol", "", Cancellation, "a\u202eb");
        using var large = await judge.PostAsync("sum", "c", new string('x', 70_000), Cancellation);
        // Or the connection may be closed while it is still being sent.
        using var much = new HttpRequestMessage(HttpMethod.Post, "/api/submissions") { Content = new StringContent(new string(' ', 700_000), Encoding.UTF8, "application/json"), Headers = { ExpectContinue = true } };
        using var huge = await judge.Client.SendAsync(much, Cancellation);
        using var form = await judge.Client.PostAsync("/api/submissions", new StringContent("""{"author":"a","problem":"sum","language":"c","source":"x"}"""), Cancellation);
        using var foreign = new HttpRequestMessage(HttpMethod.Get, "/api/scoreboard") { Headers = { Host = "judge.example" } };
        using var rebound = await judge.Client.SendAsync(foreign, Cancellation);

        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        var errors = (await wrong.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("errors");
        Assert.Equal(["author", "language", "problem", "source"], errors.EnumerateObject().Select(static error => error.Name).Order(StringComparer.Ordinal));
        Assert.Equal(HttpStatusCode.BadRequest, large.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, huge.StatusCode);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, form.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, rebound.StatusCode);
        Assert.Equal("[]", await judge.Client.GetStringAsync("/api/submissions", Cancellation));
    }

    [KernelFact]
    public async Task Every_mistake_of_a_problem_is_told_before_anything_starts()
    {
        Write("one/problem.json", """{ "title": "One", "time": "1 s", "memory": "64MiB", "check": "tokens", "subtasks": [] }""");
        Write("one/statement.txt", "");
        Write("two/problem.json", """{ "title": "Two", "time": "1s", "memory": "64MiB", "check": "tokens", "subtasks": [{ "name": "all", "points": -1, "tests": ["a"], "requires": ["none"] }] }""");
        Write("two/statement.txt", "");
        Write("two/tests/a.in", "");
        Write("two/tests/a.ans", "");
        Write("three/problem.json", """{ "title": "Three", "colour": 1 }""");

        var (status, said) = await RunningJudge.RunAsync(Directory, Cancellation, "--Judge:Problems", Directory + "/problems");

        Assert.Equal(1, status);
        Assert.All(["one: ", "two: /steps/1/groups/all/points must not be negative", "/requires/0", "three: "], mistake => Assert.Contains(mistake, said, StringComparison.Ordinal));
    }

    [KernelFact(Needs.Unprivileged | Needs.NativeKernel, "curl")]
    public async Task Every_block_of_its_README_does_what_it_says()
    {
        await using var judge = await StartAsync();
        var blocks = CodeBlock.Of(Page, await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "documents", Page), Cancellation)).Where(static block => block.Mark == "elsewhere:").ToList();
        var directory = System.IO.Directory.CreateDirectory(Directory + "/here").FullName;

        Assert.InRange(blocks.Count, 3, 20);
        foreach (var (command, expected) in blocks.SelectMany(static block => PrintedOutput.Of(block.Text)))
        {
            var run = await CommandRun.StartAsync("/usr/bin/env", "", Cancellation, "-C", directory, "sh", "-c", command.Replace("http://127.0.0.1:5080/", judge.Client.BaseAddress!.ToString(), StringComparison.Ordinal));

            Assert.True(PrintedOutput.Matches(expected, run.Stdout), $"{command}\nprinted\n{run.Stdout}{run.Stderr}\nand not\n{expected}");
        }
    }

    private Task<RunningJudge> StartAsync(params string[] arguments) => RunningJudge.StartAsync(Directory, Cancellation, arguments);

    private static string Outcome(JsonElement report) => report.GetProperty("outcome").GetString()!;

    private void Write(string path, string text)
    {
        var whole = Path.Combine(Directory, "problems", path);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(whole)!);
        File.WriteAllText(whole, text);
    }

    private sealed record Sent(string Problem, string Language, string Source, string Outcome, double Points);
}
