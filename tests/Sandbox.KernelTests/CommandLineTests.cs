using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a user of the command relies on: exit statuses, where the result goes, and who is told what.</summary>
public sealed class CommandLineTests : KernelTest
{
    [KernelFact]
    public async Task A_job_that_is_ok_exits_zero_and_prints_its_result()
    {
        var run = await ExecAsync(["/probes/say", "hello"]);

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Equal("sandbox.result/1", run.Result.GetProperty("schema").GetString());
        Assert.Equal("ok", run.Verdict);
        Assert.Equal("hello\n", run.Result.GetProperty("stdout").GetProperty("text").GetString());
        Assert.Equal("", run.Stderr);
    }

    [KernelTheory]
    [InlineData("exit-code", "/probes/exit_with", "3")]
    [InlineData("signal", "/probes/self_signal", "9")]
    [InlineData("exec-failed", "/probes/absent", "")]
    public async Task Any_other_verdict_exits_one(string verdict, string command, string argument)
    {
        var run = await ExecAsync([command, argument]);

        Assert.True(run.ExitStatus == 1, run.ToString());
        Assert.Equal(verdict, run.Verdict);
    }

    [KernelTheory]
    [InlineData("{ \"command\": [] }")]
    [InlineData("{ \"comand\": [\"ls\"] }")]
    [InlineData("{ \"command\": [\"ls\"], \"limits\": { \"memory\": \"lots\" } }")]
    [InlineData("not json")]
    [InlineData("")]
    [InlineData("{ \"command\": [\"ls\"], \"seccomp\": \"no-such-policy\" }")]
    [InlineData("{ \"command\": [\"ls\"], \"outputs\": [{ \"path\": \"/work/LONG\", \"to\": \"/tmp/x\" }] }")]
    [InlineData("{ \"command\": [\"ls\"], \"files\": { \"/work/LONG\": { \"text\": \"\" } } }")]
    [InlineData("{ \"command\": [\"\\ud800\"] }")]
    [InlineData("{ \"command\": [\"ls\"], \"env\": { \"A\\udc00\": \"\\ud800\" } }")]
    [InlineData("{ \"command\": [\"ls\"], \"\\udc00\\ud800\": 1 }")]
    public async Task An_invalid_job_exits_two_with_a_result_that_lists_every_problem(string job)
    {
        var run = await CommandRun.SandboxAsync(job.Replace("LONG", new string('a', 256), StringComparison.Ordinal), Cancellation, "exec", "-");

        Assert.True(run.ExitStatus == 2, run.ToString());
        Assert.Equal("invalid-job", run.Verdict);
        Assert.Equal(run.Stderr.Count(letter => letter == '\n'), run.Result.GetProperty("error").GetProperty("problems").GetArrayLength());
        Assert.NotEqual("", run.Stderr);
    }

    [KernelFact]
    public async Task The_result_of_an_invalid_job_goes_where_results_go()
    {
        var run = await CommandRun.SandboxAsync("{ \"command\": [] }", Cancellation, "exec", "--result", Path.Combine(Directory, "r.json"), "--pretty", "-");

        Assert.True(run.ExitStatus == 2, run.ToString());
        Assert.Equal("", run.Stdout);
        Assert.Contains("  \"verdict\": \"invalid-job\"", await File.ReadAllTextAsync(Path.Combine(Directory, "r.json"), Cancellation), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("exec --nope job.json")]
    [InlineData("exec")]
    [InlineData("exec /nowhere/job.json")]
    public async Task Bad_usage_prints_no_result(string line)
    {
        var run = await CommandRun.SandboxAsync("", Cancellation, line.Split(' '));

        Assert.Equal((2, ""), (run.ExitStatus, run.Stdout));
    }

    [KernelFact]
    public async Task Every_problem_of_a_job_is_told_at_once()
    {
        var run = await CommandRun.SandboxAsync("""{ "comand": ["ls"], "limits": { "memory": "lots", "cputime": "1s" } }""", Cancellation, "exec", "-");

        Assert.Contains("command", run.Stderr, StringComparison.Ordinal);
        Assert.Contains("/limits/memory", run.Stderr, StringComparison.Ordinal);
        Assert.Contains("cpuTime", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_low_limit_of_file_size_is_named_and_not_fatal()
    {
        var job = JobFiles.Write(Directory, ["/probes/say", "x"]);

        var run = await CommandRun.ShellAsync("ulimit -f 1; exec \"$SANDBOX\" exec \"$JOB\"", job, Cancellation);

        Assert.True(run.ExitStatus == 3, run.ToString());
        Assert.Equal("EFBIG", run.Result.GetProperty("error").GetProperty("errno").GetString());
    }

    [KernelTheory]
    [InlineData("\"mounts\": [ { \"type\": \"bind\", \"source\": \"/no/such/directory\", \"target\": \"/x\" } ]", "/mounts/0")]
    [InlineData("\"seccomp\": \"no-such-policy\"", "/seccomp")]
    [InlineData("\"rootfs\": { \"directory\": \"/no/such/root\" }", "/rootfs")]
    [InlineData("\"stdin\": { \"from\": \"/no/such/file\" }", "/stdin")]
    [InlineData("\"files\": { \"/work/x\": { \"from\": \"/no/such/file\" } }", "/files")]
    public async Task What_cannot_be_set_up_exits_three_and_is_named(string member, string pointer)
    {
        var run = await CommandRun.SandboxAsync($$"""{ "command": ["true"], {{member}} }""", Cancellation, "exec", "-");

        Assert.True(run.ExitStatus is 2 or 3, run.ToString());
        Assert.Contains(pointer, run.ExitStatus == 3 ? run.Result.GetProperty("error").GetProperty("pointer").GetString() : run.Stderr, StringComparison.Ordinal);
        Assert.True(run.ExitStatus == 2 || run.Verdict == "setup-error", run.ToString());
    }

    [KernelFact]
    public async Task The_message_of_a_setup_error_names_the_file_and_the_reason()
    {
        var run = await CommandRun.SandboxAsync("""{ "command": ["true"], "stdin": { "from": "/absent/in.txt" } }""", Cancellation, "exec", "-");

        Assert.Equal("cannot read stdin: /absent/in.txt: ENOENT", run.Result.GetProperty("message").GetString());
    }

    [KernelFact]
    public async Task A_missing_job_file_exits_two()
    {
        var run = await CommandRun.SandboxAsync("", Cancellation, "exec", Path.Combine(Directory, "absent.json"));

        Assert.True(run.ExitStatus == 2, run.ToString());
        Assert.Contains("absent.json", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_secret_never_shows_in_diagnostics_or_the_plan()
    {
        var text = JobFiles.Text(["/probes/say"], "\"env\": { \"TOKEN\": \"s3cr3t-value\" }, \"files\": { \"/work/k\": { \"text\": \"s3cr3t-file\" } }, \"stdin\": { \"text\": \"s3cr3t-input\" }");

        var plan = await CommandRun.SandboxAsync(text, Cancellation, "plan", "-");
        var run = await CommandRun.SandboxAsync(text, Cancellation, "exec", "-");

        Assert.True(plan.ExitStatus == 0, plan.ToString());
        Assert.DoesNotContain("s3cr3t", plan.Stdout + plan.Stderr + run.Stdout + run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task The_plan_starts_nothing()
    {
        var shared = System.IO.Directory.CreateDirectory(Path.Combine(Directory, "shared")).FullName;
        var text = JobFiles.Text(["/probes/say"], $"\"stdout\": {{ \"to\": \"{shared}/out.txt\" }}");

        var plan = await CommandRun.SandboxAsync(text, Cancellation, "plan", "-");

        Assert.True(plan.ExitStatus == 0, plan.ToString());
        Assert.Contains("/probes", plan.Stdout, StringComparison.Ordinal);
        Assert.Empty(System.IO.Directory.EnumerateFileSystemEntries(shared));
    }

    [KernelFact]
    public async Task The_result_can_go_to_a_file()
    {
        var job = JobFiles.Write(Directory, ["/probes/say", "relayed"], "\"stdout\": \"inherit\"");
        var result = Path.Combine(Directory, "result.json");

        var run = await CommandRun.SandboxAsync("", Cancellation, "exec", "--result", result, job);

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Equal("relayed\n", run.Stdout);
        Assert.Contains("\"verdict\"", await File.ReadAllTextAsync(result, Cancellation), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Paths_are_relative_to_the_job_file()
    {
        await File.WriteAllTextAsync(Path.Combine(Directory, "in.txt"), "relative", Cancellation);
        var job = JobFiles.Write(Directory, ["/probes/copy_stdin"], "\"stdin\": { \"from\": \"in.txt\" }");

        var run = await CommandRun.SandboxAsync("", Cancellation, "exec", job);

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Equal("relative", run.Result.GetProperty("stdout").GetProperty("text").GetString());
    }

    private static Task<CommandRun> ExecAsync(string[] command) =>
        CommandRun.SandboxAsync(JobFiles.Text([.. command.Where(word => word.Length > 0)]), Cancellation, "exec", "-");
}
