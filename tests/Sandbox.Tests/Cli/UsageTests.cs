using System.Text.Json;
using Xunit;

namespace Sandbox.Tests.Cli;

public sealed class UsageTests
{
    [Theory]
    [InlineData("")]
    [InlineData("exex", "did you mean \"exec\"?")]
    [InlineData("exec")]
    [InlineData("exec a.json b.json", "none of the jobs was started")]
    [InlineData("exec --result r.json a.json b.json", "--result is for one job")]
    [InlineData("exec --memory 1g a.json", "\"limits.memory\"")]
    [InlineData("exec --prety a.json", "did you mean --pretty?")]
    [InlineData("exec --pretty=yes a.json", "takes no value")]
    [InlineData("plan a.json b.json", "b.json is one word too many")]
    [InlineData("job.json", "sandbox exec job.json")]
    [InlineData("uname -a", "sandbox run -- uname")]
    [InlineData("--pretty job.json", "\"sandbox help\"")]
    [InlineData("help nothing", "sandbox help")]
    [InlineData("image lst", "did you mean \"image ls\"?")]
    [InlineData("store frobnicate x", "\"sandbox help store\" lists them")]
    [InlineData("exec a.json --nope", "--nope")]
    [InlineData("exec a.json --result", "needs a value: FILE")]
    [InlineData("exec /nowhere/job.json", "no such file")]
    [InlineData("exec /")]
    [InlineData("batch", "which jobs?")]
    [InlineData("batch /nowhere.jsonl", "no such file")]
    [InlineData("batch -j 0 -", "a number from 1 to 64")]
    [InlineData("batch -j65 -", "a number from 1 to 64")]
    [InlineData("batch -j two -", "a number from 1 to 64")]
    [InlineData("batch - -j", "needs a value: N")]
    [InlineData("batch -k 2 -", "unknown option -k")]
    [InlineData("batch --order random -", "completion or input")]
    [InlineData("batch --template /nowhere.json /tmp", "no such file")]
    [InlineData("batch --csv /tmp/x --junit /tmp/../tmp/x -", "used otherwise")]
    [InlineData("batch --journal /nowhere/journal -", "no such file")]
    [InlineData("batch --csv /nowhere/table.csv -", "no such file")]
    [InlineData("batch - -", "stdin can be read once")]
    [InlineData("batch --quiet -", "there is no job in it")]
    [InlineData("schema jop", "did you mean \"job\"?")]
    [InlineData("completion powershell")]
    [InlineData("policy")]
    [InlineData("image")]
    [InlineData("image pull python")]
    [InlineData("image import")]
    [InlineData("image import /nowhere.tar", "no such file")]
    [InlineData("image import /nowhere.tar --name UPPER", "cannot be the name")]
    [InlineData("image rm")]
    [InlineData("image rm nothing-of-this-name", "there is no image")]
    public async Task Bad_usage_is_status_2_with_words_on_stderr_only(string line, string? expected = null)
    {
        var run = await Run(line);

        Assert.Equal((2, ""), (run.ExitStatus, run.Output));
        Assert.Contains(expected ?? "", run.Error, StringComparison.Ordinal);
        Assert.NotEqual("", run.Error);
    }

    [Theory]
    [InlineData("image", "import")]
    [InlineData("policy", "check")]
    [InlineData("store", "put")]
    [InlineData("exec")]
    [InlineData("plan")]
    public async Task An_empty_name_is_bad_usage(params string[] line)
    {
        var run = await CommandRun.Of([.. line, ""], "", TestContext.Current.CancellationToken);

        Assert.Equal((2, ""), (run.ExitStatus, run.Output));
        Assert.Equal(1, run.Error.Count(letter => letter == '\n'));
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run --nope ls", "--nope")]
    [InlineData("run -v a ls", "-v a")]
    [InlineData("run --memory")]
    [InlineData("run -h name", "--help is the help")]
    [InlineData("run --result /nowhere/r.json true", "cannot write the result")]
    public async Task Bad_usage_of_run_is_status_125_with_words_on_stderr_only(string line, string? expected = null)
    {
        var run = await Run(line);

        Assert.Equal((125, ""), (run.ExitStatus, run.Output));
        Assert.StartsWith("sandbox: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(expected ?? "", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_job_that_run_prints_is_one_that_exec_accepts()
    {
        var run = await Run("run --job -m 256m -v /usr:/u:overlay --text /work/a=b make -j4 --help");
        var job = Sandbox.Tests.Jobs.Job.Parse(run.Output);

        Assert.Equal((0, ""), (run.ExitStatus, run.Error));
        Assert.Equal(["make", "-j4", "--help"], job.Command);
        Assert.Equal(256 << 20, job.Limits.MemoryBytes);
        Assert.Contains("\"wallTime\": \"none\"", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", "exec")]
    [InlineData("--help", "run")]
    [InlineData("run --help", "--volume")]
    [InlineData("run -i --help", "--volume")]
    [InlineData("run -h", "--volume")]
    [InlineData("run -i -h", "--volume")]
    [InlineData("help", "First steps")]
    [InlineData("-h", "First steps")]
    [InlineData("help run", "--volume")]
    [InlineData("help image", "image import")]
    [InlineData("help image import", "--name NAME")]
    [InlineData("image --help", "image rm IMAGE...")]
    [InlineData("store -h", "store verify")]
    [InlineData("policy --help", "policy check FILE")]
    [InlineData("version", "sandbox 0.")]
    [InlineData("version --json", "\"schema\":\"sandbox.version/1\"")]
    [InlineData("exec --help", "--result")]
    [InlineData("--version", "sandbox 0.")]
    public async Task What_was_asked_for_is_status_0_on_stdout_only(string line, string expected)
    {
        var run = await Run(line);

        Assert.Equal((0, ""), (run.ExitStatus, run.Error));
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("job")]
    [InlineData("result")]
    [InlineData("batch")]
    public async Task A_schema_is_the_published_file(string kind)
    {
        var run = await Run("schema " + kind);

        Assert.Equal(File.ReadAllText(Repository.PathOf($"schemas/{kind}.schema.json")), run.Output);
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", JsonDocument.Parse(run.Output).RootElement.GetProperty("$schema").GetString());
    }

    [Fact]
    public async Task The_directory_of_a_job_or_its_name_without_ending_leads_to_it()
    {
        using var directory = new TemporaryDirectory();
        var job = directory.Write("a/job.json", "{}");

        var ofDirectory = await CommandRun.Of(["exec", $"{directory.Path}/a/"], "", TestContext.Current.CancellationToken);
        var ofName = await CommandRun.Of(["exec", job[..^".json".Length]], "", TestContext.Current.CancellationToken);

        Assert.All([ofDirectory, ofName], run => Assert.Equal((2, true), (run.ExitStatus, run.Error.EndsWith($"; did you mean {job}?\n", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task One_invalid_job_of_several_keeps_all_from_being_started()
    {
        using var directory = new TemporaryDirectory();
        var valid = directory.Write("a.json", """{ "command": ["true"] }""");
        var invalid = directory.Write("b.json", """{ "comand": ["true"] }""");

        var run = await CommandRun.Of(["exec", valid, invalid], "", TestContext.Current.CancellationToken);

        Assert.Equal(2, run.ExitStatus);
        Assert.Equal("invalid-job", JsonDocument.Parse(run.Output).RootElement.GetProperty("verdict").GetString());
        Assert.Contains("none of the jobs was started", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_job_names_every_problem_with_its_place_and_starts_nothing()
    {
        var run = await CommandRun.Of(["exec", "-"], "{ \"comand\": [],\n \"name\": 1 }", TestContext.Current.CancellationToken);

        var result = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal((2, "invalid-job"), (run.ExitStatus, result.GetProperty("verdict").GetString()));
        Assert.Equal(["/command", "/comand", "/name"], result.GetProperty("error").GetProperty("problems").EnumerateArray().Select(problem => problem.GetProperty("pointer").GetString()));
        Assert.Equal(
            """
            sandbox: <stdin>:1:1: /command: is missing
            sandbox: <stdin>:1:3: /comand: unknown member "comand"; did you mean "command"?
            sandbox: <stdin>:2:10: /name: must be a string

            """,
            run.Error);
    }

    [Fact]
    public async Task Names_from_a_job_reach_the_terminal_without_control_characters()
    {
        var run = await CommandRun.Of(["exec", "-"], """{ "\u001b[2J\u009b": 1 }""", TestContext.Current.CancellationToken);

        Assert.DoesNotContain('\u001b', run.Error);
        Assert.DoesNotContain('\u009b', run.Error);
        Assert.Contains("\\u001b[2J", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exec - --result /nowhere/r.json", """{ "command": ["true"] }""", "cannot write the result")]
    [InlineData("exec - --result /", """{ "command": ["true"] }""", "cannot write the result")]
    [InlineData("exec -", """{ "command": ["true"], "stdout": "inherit" }""", "needs --result")]
    [InlineData("exec -", """{ "command": ["true"], "stdin": "inherit" }""", "inherit")]
    public async Task A_result_that_could_not_be_told_apart_or_written_starts_nothing(string line, string job, string expected)
    {
        var run = await CommandRun.Of(line.Split(' '), job, TestContext.Current.CancellationToken);

        Assert.Equal((2, ""), (run.ExitStatus, run.Output));
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
    }

    private static Task<CommandRun> Run(string line) =>
        CommandRun.Of(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), "", TestContext.Current.CancellationToken);
}
