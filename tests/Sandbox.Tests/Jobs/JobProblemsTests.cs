using System.Text;
using Xunit;

namespace Sandbox.Tests.Jobs;

public sealed class JobProblemsTests
{
    public static TheoryData<string> BadJobs =>
    [
        .. Directory.GetFiles(Repository.PathOf("tests/Sandbox.Tests/Jobs/bad"), "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(),
    ];

    [Theory]
    [MemberData(nameof(BadJobs))]
    public void All_problems_of_a_bad_job_are_told_in_the_order_of_the_file(string name)
    {
        var file = Repository.PathOf($"tests/Sandbox.Tests/Jobs/bad/{name}");

        var problems = Job.Problems(File.ReadAllBytes(file + ".json"));

        Assert.Equal(File.ReadAllText(file + ".txt").TrimEnd(), string.Join("\n", problems));
    }

    [Theory]
    [InlineData("", "1:1: the job is empty")]
    [InlineData(" \n\t ", "1:1: the job is empty")]
    [InlineData("[]", "1:1: a job must be a JSON object")]
    [InlineData("null", "1:1: a job must be a JSON object")]
    [InlineData("{", "1:2: the JSON breaks off here")]
    [InlineData("{\n  \"ä\": x }", "2:8: not valid JSON at \"x\": names and texts are in double quotes")]
    [InlineData("{ 'command': ['ls'] }", "1:3: not valid JSON at \"'\": names and texts are in double quotes")]
    [InlineData("{ command: [] }", "1:3: not valid JSON at \"c\": names and texts are in double quotes")]
    [InlineData("{ # no\n }", "1:3: not valid JSON at \"#\": comments begin with //")]
    [InlineData("command: ls", "1:1: not valid JSON at \"c\": a job is a JSON object, such as { \"command\": [\"ls\", \"-l\"] }")]
    [InlineData("#!/bin/sh", "1:1: not valid JSON at \"#\": a job is a JSON object, such as { \"command\": [\"ls\", \"-l\"] }")]
    [InlineData("{\"command\":[\"a\"]} {", "1:19: not valid JSON at \"{\"")]
    public void A_file_that_is_no_job_says_where(string json, string expected)
    {
        var problems = Job.Problems(json);

        Assert.Equal(expected, problems[^1].ToString());
    }

    [Theory]
    [InlineData("memory", "limits.memory")]
    [InlineData("cpuTime", "limits.cpuTime")]
    [InlineData("timeout", "limits.wallTime")]
    [InlineData("image", "rootfs.image")]
    [InlineData("cmd", "command")]
    [InlineData("cwd", "workingDirectory")]
    [InlineData("volumes", "mounts")]
    [InlineData("comand", "command")]
    [InlineData("frobnicate", null)]
    public void A_member_by_the_name_of_another_tool_is_known(string name, string? meant)
    {
        var problem = Assert.Single(Job.Problems($$"""{ "command": ["ls"], "{{name}}": 1 }"""));

        Assert.Equal(meant, problem.Suggestion);
    }

    [Fact]
    public void A_syntax_error_does_not_hide_the_problems_before_it()
    {
        var problems = Job.Problems("{ \"comand\": [], \"name\": 1, oops }");

        Assert.Equal(["/comand", "/name", ""], problems.Select(problem => problem.Pointer));
    }

    [Theory]
    [InlineData("{\"command\":[\"a\\ud800\"]}")]
    [InlineData("{\"command\":[\"a\"],\"env\":{\"A\":\"\\udc00x\"}}")]
    [InlineData("{\"command\":[\"a\"],\"env\":{\"\\ud800\":\"\"}}")]
    [InlineData("{\"command\":[\"a\"],\"\\ud800\":1}")]
    [InlineData("{\"command\":[\"a\"],\"stdin\":{\"text\":\"\\ud800\"}}")]
    [InlineData("{\"command\":[\"a\"],\"stdin\":{\"\\ud800\":\"\"}}")]
    [InlineData("{\"command\":[\"a\"],\"seccomp\":\"\\ud800\"}")]
    [InlineData("{\"command\":[\"a\"],\"limits\":{\"memory\":\"\\ud800\"}}")]
    [InlineData("{\"command\":[\"a\"],\"mounts\":[{\"type\":\"\\ud800\"}]}")]
    public void A_lone_surrogate_is_refused_wherever_it_is(string json)
    {
        var problems = Job.Problems(json);

        Assert.Contains(problems, problem => problem.Message.StartsWith("is not valid text", StringComparison.Ordinal));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        var json = Encoding.Latin1.GetBytes("{\"command\":[\"caf\u00e9\"],\"\u00e9\":1,\"stdin\":{\"text\":\"\u00e9\"}}");

        var problems = Job.Problems(json);

        Assert.Equal(3, problems.Count(problem => problem.Message.StartsWith("is not valid text", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("{\"command\":[\"a\"],\"comm\\u0061nd\":[\"b\"]}", "/command")]
    [InlineData("{\"command\":[\"a\"],\"env\":{\"A\":\"1\",\"\\u0041\":\"2\"}}", "/env/A")]
    [InlineData("{\"command\":[\"a\"],\"files\":{\"/a\":{\"text\":\"\"},\"/\\u0061\":{\"text\":\"\"}}}", "/files/~1a")]
    [InlineData("{\"command\":[\"a\"],\"limits\":{\"disk\":1,\"disk\":1}}", "/limits/disk")]
    public void A_member_that_appears_twice_is_refused_however_it_is_escaped(string json, string pointer)
    {
        var problem = Assert.Single(Job.Problems(json));

        Assert.Equal(pointer, problem.Pointer);
        Assert.Contains("appears twice", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_secret_says_is_never_repeated()
    {
        var problems = Job.ProblemsWith("""
            "env": { "TOKEN": "s3cret\u0000" },
            "files": { "/a": { "base64": "s3cret!" }, "/b": { "text": "s3cret", "base64": "s3cret" } },
            "stdin": { "text": "s3cret", "from": "s3cret" }
            """);

        Assert.Contains("/env/TOKEN", problems, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", problems, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"limits\": { \"disk\": \"1Mib\" }, \"mounts\": [{ \"type\": \"tmpfs\", \"target\": \"/t\", \"size\": \"300MiB\" }]", "/limits/disk")]
    [InlineData("\"limits\": { \"cpuTime\": \"1x\" }, \"require\": [\"cpuTime\"]", "/limits/cpuTime")]
    [InlineData("\"mounts\": [{ \"type\": \"bind\", \"target\": \"/t\", \"source\": 1 }]", "/mounts/0/source")]
    [InlineData("\"command\": 1", "/command")]
    public void What_could_not_be_read_has_no_second_problem(string members, string pointer)
    {
        var json = members.Contains("command", StringComparison.Ordinal) ? $"{{ {members} }}" : $"{{ \"command\": [\"a\"], {members} }}";

        var problem = Assert.Single(Job.Problems(json));

        Assert.Equal(pointer, problem.Pointer);
    }

    [Fact]
    public void Nesting_without_end_is_a_syntax_error()
    {
        var problems = Job.Problems("{\"x\":" + new string('[', 100_000));

        Assert.Equal("", problems[^1].Pointer);
    }
}
