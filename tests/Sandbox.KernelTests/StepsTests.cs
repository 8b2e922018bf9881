using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Jobs of steps, from the file to the result.</summary>
public sealed class StepsTests : KernelTest
{
    [KernelFact]
    public async Task What_one_step_makes_the_next_runs()
    {
        var result = await Run("""
            [ { "name": "make", "job": { "command": ["sh", "-c", "printf '#!/bin/sh\\nread n; echo $((n * 2)) $1 $A' > tool"] }, "keep": { "tool": "/work/tool" } },
              { "name": "use", "job": { "command": ["/work/tool"] }, "use": { "/work/tool": "make/tool" }, "check": "tokens", "parallel": 2,
                "forEach": [ { "name": "1", "stdin": { "text": "4" }, "args": ["x"], "env": { "A": "y" }, "answer": { "text": "8 x y" }, "points": 3 },
                             { "name": "2", "stdin": { "text": "5" }, "answer": { "text": "10" }, "points": 4 } ] } ]
            """);

        Assert.True(result.Verdict == Verdict.Ok, result.Message);
        Assert.Equal((7, 7), (result.Points!.Reached, result.Points.Of));
        Assert.Equal(64, result.Steps[0].Kept["tool"].Length);
        Assert.Empty(result.Steps[0].Result!.Outputs);
    }

    [KernelFact]
    public async Task A_failure_skips_what_was_told()
    {
        const string Cases = """
            "forEach": [ { "name": "1", "args": ["exit 0"], "group": "a" }, { "name": "2", "args": ["exit 1"], "group": "a" }, { "name": "3", "args": ["exit 0"], "group": "a" },
                         { "name": "4", "args": ["exit 0"], "group": "b" }, { "name": "5", "args": ["exit 0"], "group": "c" } ],
            "groups": { "a": { "points": 10 }, "b": { "points": 20, "requires": ["a"] }, "c": { "points": 30 } }
            """;
        string Steps(string action) => $$"""[ { "name": "s", "job": { "command": ["sh", "-c"] }, "onFailure": "{{action}}", {{Cases}} }, { "name": "t", "job": { "command": ["true"] } } ]""";

        var (stop, group, all) = (await Run(Steps("stop")), await Run(Steps("skipGroup")), await Run(Steps("continue")));

        Assert.Equal("ok exit-code skipped skipped skipped / skipped", Verdicts(stop));
        Assert.Equal("ok exit-code skipped skipped ok / ok", Verdicts(group));
        Assert.Equal("ok exit-code ok skipped ok / ok", Verdicts(all));
        Assert.All([stop, group, all], result => Assert.Equal(Verdict.ExitCode, result.Verdict));
        Assert.Equal((0, 30, 30), (stop.Points!.Reached, group.Points!.Reached, all.Points!.Reached));
    }

    [KernelFact]
    public async Task A_checker_judges_and_its_failure_is_its_own()
    {
        const string Checker = """
            case "$(cat "$2")" in good) exit 0;; half) echo points 2.5 of it >&2; exit 7;; bad) cat "$1" "$3" >&2; exit 1;; *) exit 3;; esac
            """;
        var checker = System.Text.Json.JsonSerializer.Serialize(Checker);
        var result = await Run($$"""
            [ { "name": "s", "job": { "command": ["echo"] }, "onFailure": "continue", "check": { "program": { "command": ["sh", "-c", {{checker}}, "checker"] } },
                "forEach": [ { "name": "1", "args": ["good"], "points": 5 }, { "name": "2", "args": ["half"], "points": 5 },
                             { "name": "3", "args": ["bad"], "stdin": { "text": "in " }, "answer": { "text": "answer" }, "points": 5 },
                             { "name": "4", "args": ["ugly"], "points": 5 }, { "name": "5", "args": ["good"], "points": 5 } ] } ]
            """);

        Assert.Equal("ok partial wrong-answer check-error skipped", Verdicts(result));
        Assert.Equal("in answer", result.Steps[0].Cases[2].Check!.Message);
        Assert.Equal((Verdict.CheckError, 7.5), (result.Verdict, result.Points!.Reached));
    }

    [KernelFact]
    public async Task A_job_never_sees_the_answer_nor_another_case()
    {
        var result = await Run("""
            [ { "name": "s", "job": { "command": ["sh", "-c", "cat /check/* /work/* /tmp/* 2>/dev/null; echo x > /work/x; echo x > /tmp/y; echo end"] }, "check": "lines",
                "forEach": [ { "name": "1", "answer": { "text": "end" } }, { "name": "2", "answer": { "text": "end" } } ] } ]
            """);

        Assert.True(result.Verdict == Verdict.Ok, result.Message);
    }

    // The job may write to the directory of the answers, by whatever mistake of whoever wrote the job file.
    [KernelTheory]
    [InlineData("echo forged > /answers/answer", "\"tokens\"")]
    [InlineData("echo forged > /answers/new; mv /answers/new /answers/answer", "\"lines\"")]
    [InlineData("echo forged > /answers/answer", """{ "program": { "command": ["sh", "-c", "cmp \"$2\" \"$3\"", "checker"] } }""")]
    public async Task A_job_that_forges_the_answer_is_not_right(string forge, string check)
    {
        var answers = System.IO.Directory.CreateTempSubdirectory("answers-");
        try
        {
            File.SetUnixFileMode(answers.FullName, (UnixFileMode)0x1ff);
            var answer = Path.Combine(answers.FullName, "answer");
            await File.WriteAllTextAsync(answer, "true answer\n", Cancellation);
            File.SetUnixFileMode(answer, (UnixFileMode)0x1b6);

            var result = await Run($$"""
                [ { "name": "s", "job": { "command": ["sh", "-c", "{{forge}}; echo forged"], "mounts": [ { "type": "bind", "source": "{{answers.FullName}}", "target": "/answers", "writable": true } ] },
                    "check": {{check}}, "forEach": [ { "name": "1", "answer": { "from": "{{answer}}" } } ] } ]
                """);

            Assert.True(result.Verdict == Verdict.CheckError, $"{result.Verdict}: {result.Message}");
        }
        finally
        {
            answers.Delete(recursive: true);
        }
    }

    [KernelFact]
    public async Task What_was_not_made_is_not_used()
    {
        var result = await Run("""
            [ { "name": "a", "job": { "command": ["true"] }, "keep": { "f": "/work/f" }, "onFailure": "continue" },
              { "name": "b", "job": { "command": ["true"] }, "use": { "/work/f": "a/f" } } ]
            """);

        Assert.Equal((Verdict.OutputError, Verdict.Skipped), (result.Steps[0].Verdict, result.Steps[1].Verdict));
        Assert.Contains("a/f was not made", result.Steps[1].Message, StringComparison.Ordinal);
    }

    // It has a number, and answers "no" to any other.
    private const string Interactor = """
        read wanted < "$1"; test "$wanted" != broken || exit 3
        while read guess; do
          if test "$guess" = "$wanted"; then echo yes; echo judged > "$2"; exit 0; fi
          if test "$guess" = half; then echo points 1 >&2; exit 7; fi
          test "$guess" != bad || { echo "bad, and not $(cat "$3")" >&2; exit 1; }
          echo no
        done
        echo "never said" >&2; exit 1
        """;

    [KernelFact]
    public async Task An_interactor_talks_to_each_case_and_judges_it()
    {
        var interactor = System.Text.Json.JsonSerializer.Serialize(Interactor);
        var result = await Run($$"""
            [ { "name": "s", "job": { "command": ["sh", "-c"], "limits": { "wallTime": "1s", "output": "64KiB" } }, "onFailure": "continue", "check": { "interactor": { "command": ["sh", "-c", {{interactor}}, "interactor"] } },
                "forEach": [ { "name": "right", "args": ["n=0; while echo $n; read a; test $a = no; do n=$((n + 1)); done"], "stdin": { "text": "5\n" }, "points": 5 },
                             { "name": "part", "args": ["echo half; read a || true"], "stdin": { "text": "5\n" }, "points": 4 },
                             { "name": "wrong", "args": ["echo bad; cat"], "stdin": { "text": "5\n" }, "answer": { "text": "five" } },
                             { "name": "silent", "args": ["exit 0"], "stdin": { "text": "5\n" } },
                             { "name": "broken", "args": ["exit 9"], "stdin": { "text": "5\n" } },
                             { "name": "waits", "args": ["read a"], "stdin": { "text": "5\n" } },
                             { "name": "floods", "args": ["exec tr '\\0' 0 < /dev/zero"], "stdin": { "text": "5\n" } },
                             { "name": "peeks", "args": ["cat /check/* 2>/dev/null; echo bad; cat"], "stdin": { "text": "5\n" } } ] } ]
            """);

        Assert.Equal("ok partial wrong-answer wrong-answer exit-code wall-time-limit output-limit wrong-answer", Verdicts(result));
        Assert.Equal("bad, and not five", result.Steps[0].Cases[2].Message);
        Assert.Equal(6, result.Points!.Reached);
    }

    // The job ends badly of the end of the interactor, which another process has to tell first.
    [KernelFact]
    public async Task An_interactor_that_ends_first_has_judged_however_busy_the_machine_is()
    {
        using var over = new CancellationTokenSource();
        var busy = Enumerable.Range(0, 4 * Environment.ProcessorCount).Select(_ => Task.Factory.StartNew(() => Spin(over.Token), TaskCreationOptions.LongRunning)).ToList();

        var result = await Run("""
            [ { "name": "s", "job": { "command": ["sh", "-c", "echo 1; read a || exit 7"] }, "onFailure": "continue", "check": { "interactor": { "command": ["sh", "-c", "read a; echo no >&2; exit 1", "interactor"] } },
                "forEach": [ { "name": "1" }, { "name": "2" }, { "name": "3" }, { "name": "4" }, { "name": "5" }, { "name": "6" }, { "name": "7" }, { "name": "8" }, { "name": "9" }, { "name": "10" } ] } ]
            """);
        await over.CancelAsync();
        await Task.WhenAll(busy);

        Assert.All(result.Steps[0].Cases, one => Assert.True((one.Verdict, one.Message) == (Verdict.WrongAnswer, "no"), $"{one.Name}: {one.Verdict}: {one.Message}"));
    }

    [KernelFact]
    public async Task An_interactor_that_fails_is_not_the_jobs_failure()
    {
        var result = await Run($$"""
            [ { "name": "s", "job": { "command": ["sh", "-c", "echo 1; read a || true"] }, "check": { "interactor": { "command": ["sh", "-c", {{System.Text.Json.JsonSerializer.Serialize(Interactor)}}, "interactor"] } },
                "forEach": [ { "name": "1", "stdin": { "text": "broken\n" } } ] } ]
            """);

        Assert.Equal(Verdict.CheckError, result.Verdict);
        Assert.Contains("the interactor failed", result.Message, StringComparison.Ordinal);
    }

    // The manager gives each of the two a half of the numbers, which they cannot see, and adds up what they say. They have one program, and the second has one more way to fail.
    private const string Manager = """
        read a b mode < "$1"
        echo "$a $mode"; echo "$b $mode" >&4
        read first || { echo "the first said nothing" >&2; exit 1; }
        read second <&3 || { echo "the second said nothing" >&2; exit 1; }
        test $((first + second)) = "$(cat "$3")" || { echo "$first and $second" >&2; exit 1; }
        """;

    private const string Half = """
        #!/bin/sh
        read n mode
        test "$mode" != wrong || n=0
        test "$1 $mode" != "1 crash" || kill -SEGV $$
        test "$1 $mode" != "1 leave" || exit 0
        test "$1 $mode" != "1 wait" || read more
        test "$1 $mode" != "1 flood" || exec tr '\\0' 0 < /dev/zero
        test "$mode" != peek || cat /check/* 2>/dev/null
        echo $((n * 2))
        """;

    [KernelFact]
    public async Task Two_programs_and_a_manager_are_one_step()
    {
        var (manager, half) = (System.Text.Json.JsonSerializer.Serialize(Manager), System.Text.Json.JsonSerializer.Serialize(Half));
        var result = await Run($$"""
            [ { "name": "make", "job": { "command": ["sh", "-c", "printf '%s' \"$A\" > half"], "env": { "A": {{half}} } }, "keep": { "half": "/work/half" } },
              { "name": "s", "use": { "/work/half": "make/half" }, "onFailure": "continue", "parallel": 3,
                "job": { "command": ["/work/half", "0"], "limits": { "wallTime": "10s", "output": "64KiB" } },
                "processes": { "second": { "command": ["/work/half", "1"], "limits": { "wallTime": "1s", "output": "64KiB" }, "stdin": { "pipe": "ask" }, "stdout": { "pipe": "say" } } },
                "check": { "interactor": { "command": ["sh", "-c", {{manager}}, "manager"], "descriptors": { "3": { "pipe": "say" }, "4": { "pipe": "ask", "write": true } } } },
                "forEach": [ { "name": "right", "stdin": { "text": "3 4\n" }, "answer": { "text": "14" }, "points": 5 },
                             { "name": "peeks", "stdin": { "text": "3 4 peek\n" }, "answer": { "text": "14" }, "points": 2 },
                             { "name": "wrong", "stdin": { "text": "3 4 wrong\n" }, "answer": { "text": "14" } },
                             { "name": "crashes", "stdin": { "text": "3 4 crash\n" }, "answer": { "text": "14" } },
                             { "name": "leaves", "stdin": { "text": "3 4 leave\n" }, "answer": { "text": "14" } },
                             { "name": "waits", "stdin": { "text": "3 4 wait\n" }, "answer": { "text": "14" } },
                             { "name": "floods", "stdin": { "text": "3 4 flood\n" }, "answer": { "text": "14" } } ] } ]
            """);

        Assert.Equal("ok / ok ok wrong-answer signal wrong-answer wall-time-limit output-limit", Verdicts(result));
        Assert.Equal(7, result.Points!.Reached);
        var cases = result.Steps[1].Cases;
        Assert.Equal(["0 and 0", "the second said nothing"], new[] { cases[2].Message, cases[4].Message });
        Assert.All([cases[3], cases[5], cases[6]], static one => Assert.StartsWith("second: ", one.Message, StringComparison.Ordinal));
        Assert.All(cases, static one => Assert.Equal("second", Assert.Single(one.Processes).Name));
        Assert.Equal([Verdict.Signal, Verdict.WallTimeLimit, Verdict.OutputLimit], new[] { cases[3], cases[5], cases[6] }.Select(static one => one.Processes[0].Result.Verdict));
    }

    private static string Verdicts(StepsResult result) =>
        string.Join(" / ", result.Steps.Select(step => step.Cases.Count > 0 ? string.Join(' ', step.Cases.Select(@case => ResultFile.NameOf(@case.Verdict))) : ResultFile.NameOf(step.Verdict)));

    private async Task<StepsResult> Run(string steps)
    {
        var job = JobFile.ParseDocument(System.Text.Encoding.UTF8.GetBytes($$"""{ "steps": {{steps}} }"""), "/");
        return Assert.IsType<StepsResult>(await Runner.RunDocumentAsync(job, Cancellation));
    }

    private static void Spin(CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
        }
    }
}
