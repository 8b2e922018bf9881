using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The habits of other tools, with the built command: what it says is what to do next.</summary>
public sealed class NewcomerTests : KernelTest
{
    [KernelFact]
    public async Task Several_jobs_run_one_after_the_other_a_result_a_line()
    {
        File.WriteAllText($"{Directory}/a.json", """{ "name": "a", "command": ["true"] }""");
        File.WriteAllText($"{Directory}/b.json", """{ "name": "b", "command": ["false"] }""");
        File.WriteAllText($"{Directory}/c.json", """{ "name": "c", "command": ["sh", "-c", "echo c > c; cat c"], "outputs": [ { "path": "/work/c", "to": "c" } ] }""");

        var run = await CommandRun.SandboxAsync("", Cancellation, "exec", $"{Directory}/a.json", $"{Directory}/b.json", $"{Directory}/c.json");

        Assert.True(run.ExitStatus == 1, run.ToString());
        var results = run.Stdout.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(["a ok", "b exit-code", "c ok"], results.Select(result => $"{result.GetProperty("name")} {result.GetProperty("verdict")}"));
        Assert.Equal("c\n", results[2].GetProperty("stdout").GetProperty("text").GetString());
        Assert.Equal("c\n", File.ReadAllText($"{Directory}/c"));
    }

    [KernelFact]
    public async Task A_signal_cancels_the_job_that_runs_and_those_that_come_after()
    {
        File.WriteAllText($"{Directory}/a.json", """{ "name": "a", "command": ["sleep", "60"] }""");
        File.WriteAllText($"{Directory}/b.json", """{ "name": "b", "command": ["sleep", "60"] }""");

        var run = await CommandRun.ShellInAsync(Directory, "$SANDBOX exec a.json b.json & pid=$!; sleep 1; kill -TERM $pid; wait $pid", Cancellation);

        Assert.True(run.ExitStatus == 1, run.ToString());
        Assert.Equal(["cancelled", "cancelled"], run.Stdout.TrimEnd('\n').Split('\n').Select(line => JsonDocument.Parse(line).RootElement.GetProperty("verdict").GetString()));
    }

    [KernelTheory]
    [InlineData("-v .:/x touch /x/a", "-v DIRECTORY:/x:rw (changes stay)")]
    [InlineData("-v .:/x -w /x touch a", "-v DIRECTORY:/x:rw (changes stay)")]
    [InlineData("-v .:/x -w /x -t touch a", "-v DIRECTORY:/x:rw (changes stay)")]
    [InlineData("-v .:/x --stderr stdout touch /x/a", "-v DIRECTORY:/x:rw (changes stay)")]
    [InlineData("touch /usr/a", "/work, /tmp and /dev/shm")]
    public async Task A_write_to_what_is_read_only_is_explained_at_the_end(string line, string expected)
    {
        var run = await CommandRun.ShellInAsync(Directory, $"$SANDBOX run {line}", Cancellation);

        Assert.True(run.ExitStatus == 1, run.ToString());
        Assert.Contains(expected.Replace("DIRECTORY", Directory, StringComparison.Ordinal), run.Stderr, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("-v .:/x sh -c 'touch /x/a || true'")]
    [InlineData("-v .:/x:rw touch /x/a")]
    [InlineData("sh -c 'exit 3'")]
    public async Task Nothing_is_said_of_a_job_that_did_well_or_never_said_so(string line)
    {
        var run = await CommandRun.ShellInAsync(Directory, $"$SANDBOX run {line}", Cancellation);

        Assert.DoesNotContain("hint", run.Stderr, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("ubuntu bash", "sandbox run --image ubuntu -- bash")]
    [InlineData("job.json", "sandbox exec job.json")]
    [InlineData("./program", "-v .:/work")]
    public async Task A_command_that_is_none_is_taken_for_what_it_is(string line, string expected)
    {
        File.WriteAllText($"{Directory}/job.json", "{}");
        File.WriteAllText($"{Directory}/program", "#!/bin/sh\n");

        var run = await CommandRun.ShellInAsync(Directory, $"$SANDBOX run {line}", Cancellation);

        Assert.True(run.ExitStatus == 127, run.ToString());
        Assert.Contains(expected, run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_plan_on_one_page_is_of_this_host()
    {
        var run = await CommandRun.SandboxAsync("""{ "command": ["true"], "limits": { "memory": "64MiB" } }""", Cancellation, "plan", "--summary", "-");

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Contains("memory 64 MiB", run.Stdout, StringComparison.Ordinal);
        Assert.InRange(run.Stdout.Count(letter => letter == '\n'), 8, 25);
    }
}
