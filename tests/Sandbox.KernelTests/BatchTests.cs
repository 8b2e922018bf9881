using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary><c>sandbox batch</c> with real jobs: every job has one result, whatever happens to the batch.</summary>
public sealed class BatchTests : KernelTest
{
    [KernelTheory]
    [InlineData("input")]
    [InlineData("completion")]
    public async Task Every_job_has_one_result(string order)
    {
        var file = Jobs(30, number => $"exit {number % 2}");

        var run = await BatchAsync("-j", "3", "--order", order, file);

        Assert.Equal(1, run.ExitStatus);
        var lines = Lines(run);
        Assert.Equal(Enumerable.Range(0, 30), order == "input" ? lines.Select(Index) : lines.Select(Index).Order());
        Assert.All(lines, line => Assert.Equal(Index(line) % 2 == 0 ? "ok" : "exit-code", VerdictOf(line)));
        Assert.All(lines, line => Assert.Equal($"{file}:{Index(line) + 1}", line.GetProperty("input").GetString()));
        Assert.Contains("together                 30", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_bad_line_is_a_result_and_the_others_run()
    {
        var file = Write("jobs.jsonl", $"{Line("true")}\n\n{{ \"comand\": 1 }}\nrubbish\n{Line("true")}");

        var run = await BatchAsync("--order", "input", "--quiet", file);

        Assert.Equal((2, ""), (run.ExitStatus, run.Stderr));
        var lines = Lines(run);
        Assert.Equal(["ok", "invalid-job", "invalid-job", "ok"], lines.Select(VerdictOf));
        Assert.Equal([1, 3, 4, 5], lines.Select(line => line.GetProperty("line").GetInt32()));
        Assert.Equal(3, lines[1].GetProperty("result").GetProperty("error").GetProperty("problems")[0].GetProperty("line").GetInt32());
    }

    // What only shows when the job is to start, such as a policy that is not there, has its place in the file too.
    [KernelFact]
    public async Task What_is_wrong_only_at_the_start_is_told_by_its_line()
    {
        var file = Write("jobs.jsonl", $"\n{{ \"command\": [\"true\"], \"seccomp\": \"./nothing.json\" }}\n{{ \"command\": [\"true\"], \"stdout\": \"inherit\" }}\n");

        var run = await BatchAsync("--order", "input", file);

        Assert.Equal(2, run.ExitStatus);
        var lines = Lines(run);
        Assert.Equal(["invalid-job", "invalid-job"], lines.Select(VerdictOf));
        Assert.Equal(2, lines[0].GetProperty("result").GetProperty("error").GetProperty("problems")[0].GetProperty("line").GetInt32());
    }

    [KernelFact]
    public async Task Paths_are_relative_to_the_file_and_each_file_of_a_directory()
    {
        Write("a/in.txt", "of a");
        Write("b/in.txt", "of b");
        Write("a/jobs.jsonl", """{ "command": ["cat"], "stdin": { "from": "in.txt" }, "outputs": [ { "path": "/work/out", "to": "made", "optional": true } ] }""");
        Write("b/job.json", """{ "command": ["cat"], "stdin": { "from": "in.txt" } }""");

        var run = await BatchAsync("--order", "input", $"{Directory}/a/jobs.jsonl", $"{Directory}/b");

        Assert.Equal(0, run.ExitStatus);
        Assert.Equal(["of a", "of b"], Lines(run).Select(Stdout));
    }

    [KernelTheory]
    [InlineData("1", 1)]
    [InlineData("3", 3)]
    public async Task No_more_jobs_run_at_once_than_were_asked_for(string jobs, int most)
    {
        var marks = Path.Combine(Directory, "marks");
        System.IO.Directory.CreateDirectory(marks);
        File.SetUnixFileMode(marks, (UnixFileMode)0b111_111_111);
        var file = Jobs(8, number => $"touch /marks/{number}; ls /marks | wc -l; sleep 0.2; rm /marks/{number}", $"\"mounts\": [ {{ \"type\": \"bind\", \"source\": \"{marks}\", \"target\": \"/marks\", \"writable\": true }} ]");

        var run = await BatchAsync("-j", jobs, file);

        Assert.Equal(0, run.ExitStatus);
        var seen = Lines(run).Select(line => int.Parse(Stdout(line), System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.All(seen, count => Assert.InRange(count, 1, most));
    }

    // The batch is killed in the middle, three times; every job leaves a mark each time it runs to its end.
    [KernelFact]
    public async Task After_a_kill_nothing_is_lost_and_nothing_done_runs_again()
    {
        const int Count = 200;
        var marks = Write("marks", "");
        File.SetUnixFileMode(marks, (UnixFileMode)0b110_110_110);
        var file = Jobs(Count, number => $"echo {number} >> /marks", $"\"mounts\": [ {{ \"type\": \"bind\", \"source\": \"{marks}\", \"target\": \"/marks\", \"writable\": true }} ]");
        var journal = Path.Combine(Directory, "journal");
        var script = $"\"$SANDBOX\" batch -j 2 --quiet --journal {journal} {file} > first & pid=$!; until [ $(wc -l < first) -ge $BEFORE ]; do sleep 0.02; done; kill -9 $pid; wait $pid";
        foreach (var before in new[] { 10, 60, 120 })
        {
            await CommandRun.ShellInAsync(Directory, $"BEFORE={before}; : > first; {script}", Cancellation);
        }

        var done = (await File.ReadAllLinesAsync(journal, Cancellation)).Length;
        var run = await BatchAsync("-j", "2", "--order", "input", "--journal", journal, file);

        Assert.InRange(done, 100, Count);
        Assert.Equal(0, run.ExitStatus);
        Assert.Equal(Enumerable.Range(0, Count), Lines(run).Select(Index));
        Assert.Matches("from the journal", run.Stderr);
        var times = (await File.ReadAllLinesAsync(marks, Cancellation)).CountBy(line => line).ToDictionary();
        Assert.Equal(Count, times.Count);

        // Only what ran when the batch was killed, two at a time, and what had ended without having been noted yet.
        Assert.InRange(times.Values.Sum() - Count, 0, 3 * 2);
    }

    [KernelFact]
    public async Task A_result_that_waits_for_its_turn_is_kept()
    {
        var file = Jobs(6, number => number == 0 ? "sleep 100" : "true");

        var run = await CommandRun.ShellInAsync(
            Directory,
            $"\"$SANDBOX\" batch -j 2 --order input --quiet --journal journal {file} > out & pid=$!; until [ -e journal ] && [ $(wc -l < journal) -eq 6 ]; do sleep 0.02; done; kill -9 $pid; wait $pid; cat out; echo killed",
            Cancellation);

        Assert.Equal("killed\n", run.Stdout);
    }

    [KernelFact]
    public async Task A_changed_job_runs_again_and_the_others_do_not()
    {
        var file = Jobs(3, _ => "date +%N");
        var journal = Path.Combine(Directory, "journal");
        var first = Lines(await BatchAsync("--order", "input", "--journal", journal, file));
        var lines = await File.ReadAllLinesAsync(file, Cancellation);
        lines[1] = lines[1].Replace("%N", "again", StringComparison.Ordinal);
        await File.WriteAllLinesAsync(file, lines, Cancellation);

        var second = Lines(await BatchAsync("--order", "input", "--journal", journal, file));

        Assert.Equal("again\n", Stdout(second[1]));
        Assert.Equal((first[0].GetRawText(), first[2].GetRawText()), (second[0].GetRawText(), second[2].GetRawText()));
    }

    // A shell starts what runs in the background to ignore SIGINT.
    [KernelTheory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_the_jobs_and_prints_what_is_done(string signal)
    {
        var file = Jobs(20, number => number < 2 ? "true" : "sleep 100");

        var run = await CommandRun.ShellInAsync(
            Directory,
            $"env --default-signal=INT \"$SANDBOX\" batch -j 4 --journal journal {file} > out & pid=$!; until [ $(wc -l < out) -ge 2 ]; do sleep 0.05; done; sleep 0.5; kill -{signal} $pid; wait $pid; status=$?; cat out; exit $status",
            Cancellation);

        Assert.Equal(1, run.ExitStatus);
        Assert.Equal(["cancelled", "cancelled", "cancelled", "cancelled", "ok", "ok"], Lines(run).Select(VerdictOf).Order());
        Assert.Equal(3, (await File.ReadAllLinesAsync(Path.Combine(Directory, "journal"), Cancellation)).Length);
    }

    [KernelFact]
    public async Task Two_batches_cannot_share_a_journal()
    {
        var file = Jobs(1, _ => "sleep 1");

        var run = await CommandRun.ShellInAsync(
            Directory,
            $"\"$SANDBOX\" batch --quiet --journal journal {file} > out & until [ -s journal ]; do sleep 0.02; done; \"$SANDBOX\" batch --journal journal {file}; status=$?; wait; exit $status",
            Cancellation);

        Assert.Equal((2, ""), (run.ExitStatus, run.Stdout));
        Assert.Contains("another batch is using it", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_reader_that_goes_away_ends_the_batch()
    {
        var file = Jobs(50, _ => "sleep 0.1");

        var run = await CommandRun.ShellInAsync(Directory, $"{{ \"$SANDBOX\" batch -j 2 {file}; echo $? > status; }} | head -1 > first; cat status", Cancellation);

        Assert.Equal("3\n", run.Stdout);
        Assert.Contains("EPIPE", run.Stderr, StringComparison.Ordinal);
    }

    // The submissions of the example, each as a file and as a directory: it is at /work, and the job may write there.
    [KernelTheory]
    [InlineData("gcc")]
    [InlineData("python3")]
    public async Task Submissions_are_at_work_and_can_be_built_there(string tool)
    {
        Assert.SkipUnless(Path.Exists("/usr/bin/" + tool), $"needs {tool} in /usr/bin");
        var (name, text, command) = tool == "gcc"
            ? ("main.c", "int main(void) { return 0; }", "gcc -o main main.c && ./main")
            : ("main.py", "print(6 * 7)", "python3 main.py > out && grep -q 42 out");
        Write("students/alice/" + name, text);
        Write("students/" + name, text);
        Write("students/bob/" + name, "syntax error(");
        var template = Write("grade.json", $$"""{ "command": ["sh", "-c", "test -e \"/work/$SUBMISSION\" || touch /work/new; {{command}}"], "limits": { "cpuTime": "10s" } }""");

        var run = await BatchAsync("--order", "input", "--template", template, $"{Directory}/students");

        Assert.Equal(1, run.ExitStatus);
        var lines = Lines(run);
        Assert.Equal(["alice", "bob", name], lines.Select(line => line.GetProperty("result").GetProperty("name").GetString()));
        Assert.Equal(["ok", "exit-code", "ok"], lines.Select(VerdictOf));
        Assert.Single(System.IO.Directory.GetFileSystemEntries($"{Directory}/students/alice"));
    }

    // Compiled once, tried on every input: by the first step alone each submission is seen, and no step sees another's.
    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_submission_goes_through_all_steps_of_a_template(bool isDirectory)
    {
        var place = isDirectory ? "/program.sh" : "";
        Write("students/right.sh" + place, "read a; echo $((a + 1))");
        Write("students/wrong.sh" + place, "read a; echo 2");
        Write("students/broken.sh" + place, "if");
        var template = Write("grade.json", $$"""
            { "steps": [
              { "name": "compile", "job": { "command": ["sh", "-c", "f={{(isDirectory ? "program.sh" : "$SUBMISSION")}}; sh -n $f && cp $f /work/made"] }, "keep": { "program": "/work/made" } },
              { "name": "tests", "job": { "command": ["sh", "-c", "ls /work | grep -v made; test -n \"$SUBMISSION\" && sh /work/made"] }, "use": { "/work/made": "compile/program" },
                "forEach": [ { "name": "1", "stdin": { "text": "1" }, "answer": { "text": "2" }, "group": "small" }, { "name": "2", "stdin": { "text": "5" }, "answer": { "text": "6" }, "group": "large" } ],
                "groups": { "small": { "points": 40 }, "large": { "points": 60 } }, "check": "tokens", "onFailure": "skipGroup" } ] }
            """);

        var run = await BatchAsync("--order", "input", "--template", template, "--csv", $"{Directory}/csv", "--junit", $"{Directory}/junit", $"{Directory}/students");

        Assert.Equal(1, run.ExitStatus);
        Assert.Equal(["broken.sh exit-code 0", "right.sh ok 100", "wrong.sh wrong-answer 40"], Lines(run).Select(line => line.GetProperty("result"))
            .Select(result => $"{result.GetProperty("name").GetString()} {result.GetProperty("verdict").GetString()} {result.GetProperty("points").GetDouble()}"));
        Assert.Equal(["0,100,tests/small=0/40 tests/large=0/60", "100,100,tests/small=40/40 tests/large=60/60", "40,100,tests/small=40/40 tests/large=0/60"],
            File.ReadLines($"{Directory}/csv").Skip(1).Select(line => string.Join(',', line.Split(',')[^3..])));
        Assert.Contains("<property name=\"points.tests/small\" value=\"40\" />", await File.ReadAllTextAsync($"{Directory}/junit", Cancellation), StringComparison.Ordinal);
        Assert.Empty(System.IO.Directory.GetFileSystemEntries($"{Directory}/students", "made", SearchOption.AllDirectories));
    }

    [KernelFact]
    public async Task A_submission_that_was_changed_goes_through_its_steps_again()
    {
        Write("students/one.sh", "exit 0");
        Write("students/two.sh", "exit 0");
        var template = Write("grade.json", """{ "steps": [ { "name": "run", "job": { "command": ["sh", "-c", "exec sh $SUBMISSION"] } } ] }""");
        string[] words = ["--order", "input", "--quiet", "--journal", $"{Directory}/journal", "--template", template, $"{Directory}/students"];
        var before = await BatchAsync(words);
        Write("students/two.sh", "exit 1 # longer");

        var after = await BatchAsync(words);

        Assert.Equal((0, 1), (before.ExitStatus, after.ExitStatus));
        Assert.Equal(Lines(before)[0].GetRawText(), Lines(after)[0].GetRawText());
        Assert.Equal(["ok", "exit-code"], Lines(after).Select(VerdictOf));
    }

    [KernelFact]
    public async Task A_template_of_processes_is_refused_before_anything_starts()
    {
        Write("students/one.sh", "exit 0");
        var template = Write("grade.json", """{ "processes": { "a": { "command": ["true"] } } }""");

        var run = await BatchAsync("--template", template, $"{Directory}/students");

        Assert.Equal((2, ""), (run.ExitStatus, run.Stdout));
        Assert.Contains("must be a job in one sandbox or of steps", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Memory_does_not_grow_with_the_number_of_lines()
    {
        var few = await PeakKiBAsync(200);
        var many = await PeakKiBAsync(20_000);

        Assert.InRange(many, 1, few + (48 << 10));
    }

    private async Task<long> PeakKiBAsync(int lines)
    {
        var file = Path.Combine(Directory, "lines.jsonl");
        await File.WriteAllLinesAsync(file, Enumerable.Range(0, lines).Select(number => $"{{ \"command\": [\"true\"], \"nmae\": \"{number}\" }}"), Cancellation);
        using var batch = Process.Start(new ProcessStartInfo(Probe.CommandLine, ["batch", "--order", "input", "--csv", $"{Directory}/csv", "--junit", $"{Directory}/junit", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = batch.StandardOutput.ReadToEndAsync(Cancellation);
        var errors = batch.StandardError.ReadToEndAsync(Cancellation);
        await using (var input = batch.StandardInput.BaseStream)
        {
            await using var text = File.OpenRead(file);
            await text.CopyToAsync(input, Cancellation);

            // Most of them are done, and it waits for more.
            while (!File.Exists($"{Directory}/csv") || File.ReadLines($"{Directory}/csv").Count() < lines * 8 / 10)
            {
                await Task.Delay(50, Cancellation);
            }

            var status = await File.ReadAllLinesAsync($"/proc/{batch.Id}/status", Cancellation);
            var peak = status.Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            batch.StandardInput.Close();
            await batch.WaitForExitAsync(Cancellation);
            _ = await errors;
            Assert.Equal((2, lines), (batch.ExitCode, (await output).Count(letter => letter == '\n')));
            return long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    private static Task<CommandRun> BatchAsync(params string[] arguments) => CommandRun.SandboxAsync("", Cancellation, ["batch", .. arguments]);

    private static string Line(string script, string more = "") =>
        $$"""{ "command": ["sh", "-c", {{JsonSerializer.Serialize(script)}}]{{(more.Length > 0 ? ", " + more : "")}} }""";

    private static List<JsonElement> Lines(CommandRun run) =>
        [.. run.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    private static int Index(JsonElement line) => line.GetProperty("index").GetInt32();

    private static string VerdictOf(JsonElement line) => line.GetProperty("result").GetProperty("verdict").GetString()!;

    private static string Stdout(JsonElement line) => line.GetProperty("result").GetProperty("stdout").GetProperty("text").GetString()!;

    private string Jobs(int count, Func<int, string> script, string more = "") =>
        Write("jobs.jsonl", string.Join('\n', Enumerable.Range(0, count).Select(number => Line(script(number), more))));

    private string Write(string name, string text)
    {
        var path = Path.Combine(Directory, name);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
