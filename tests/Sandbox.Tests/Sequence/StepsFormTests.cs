using System.Buffers;
using System.Text;
using Xunit;

namespace Sandbox.Tests.Sequence;

public sealed class StepsFormTests
{
    private const string Whole = """
        { "name": "n", "steps": [
          { "name": "c", "job": { "command": ["cc"] }, "keep": { "p": "/work/p" }, "cache": { "tools": ["/usr/bin/cc", "/usr/lib/gcc"] } },
          { "name": "t", "job": { "command": ["/work/p"], "limits": { "memory": "64MiB" } }, "use": { "/work/p": "c/p" }, "parallel": 3, "onFailure": "skipGroup",
            "check": { "program": { "command": ["check"], "limits": { "memory": "100MiB" } }, "protocol": "kattis" },
            "forEach": [ { "name": "1", "args": ["x"], "env": { "A": "b" }, "stdin": { "from": "/in" }, "files": { "/work/f": { "text": "" } }, "answer": { "from": "/ans" }, "group": "g", "points": 2 } ],
            "groups": { "g": { "points": 5, "score": "sum" } } } ] }
        """;

    [Fact]
    public void What_is_written_is_read_back()
    {
        var text = Write(Read(Whole));

        Assert.Equal(text, Write(Read(text)));
        Assert.Contains("\"kattis\"", text, StringComparison.Ordinal);
        Assert.Contains("skipGroup", text, StringComparison.Ordinal);
        Assert.Contains("/usr/lib/gcc", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[]""", "/steps")]
    [InlineData("""[ { "job": { "command": ["x"] } } ]""", "/steps/0/name")]
    [InlineData("""[ { "name": "a" } ]""", "/steps/0/job")]
    [InlineData("""[ { "name": "a b", "job": { "command": ["x"] } } ]""", "/steps/0/name")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] } }, { "name": "a", "job": { "command": ["x"] } } ]""", "/steps/1/name")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"], "limits": { "memory": 0 } } } ]""", "/steps/0/job/limits/memory")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "use": { "/work/p": "a/p" } } ]""", "/steps/0/use/~1work~1p")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "keep": { "p": "work" } } ]""", "/steps/0/keep/p")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "keep": { "../p": "/work/p" } } ]""", "/steps/0/keep/..~1p")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "keep": { "p": "/work/*" } } ]""", "/steps/0/keep/p")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "check": "tokens" } ]""", "/steps/0/check")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "check": "tokens", "forEach": [ { "name": "1" } ] } ]""", "/steps/0/forEach/0")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "forEach": [ { "name": "1", "answer": { "text": "" } } ] } ]""", "/steps/0/forEach/0/answer")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "forEach": [ { "name": "1", "group": "g" } ] } ]""", "/steps/0/forEach/0/group")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "forEach": [ { "name": "1", "stdin": "inherit" } ] } ]""", "/steps/0/forEach/0/stdin")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"], "files": { "/f": { "text": "" } } }, "forEach": [ { "name": "1", "files": { "/f": { "text": "" } } } ] } ]""", "/steps/0/forEach/0/files/~1f")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "forEach": [ { "name": "1", "points": -1 } ] } ]""", "/steps/0/forEach/0/points")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "forEach": [ { "name": "1" } ], "groups": { "g": { "points": 1 } } } ]""", "/steps/0/groups/g")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "forEach": [ { "name": "1", "group": "g" } ], "groups": { "g": { "points": 1, "requires": ["g"] } } } ]""", "/steps/0/groups/g/requires/0")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "check": { "floats": -1 }, "forEach": [ { "name": "1", "answer": { "text": "" } } ] } ]""", "/steps/0/check/floats")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "check": { "floats": 1, "program": { "command": ["x"] } } } ]""", "/steps/0/check")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"], "stdout": "discard" }, "check": { "program": { "command": ["x"] } } } ]""", "/steps/0/job/stdout")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "check": { "program": { "command": ["x"], "stdin": { "text": "" } } } } ]""", "/steps/0/check/program/stdin")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "check": { "interactor": { "command": ["x"] }, "program": { "command": ["x"] } } } ]""", "/steps/0/check")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "check": { "interactor": { "command": ["x"], "stdin": { "text": "" } } } } ]""", "/steps/0/check/interactor/stdin")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "check": { "interactor": { "command": ["x"], "terminal": true } } } ]""", "/steps/0/check/interactor/terminal")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"], "terminal": true }, "check": { "interactor": { "command": ["x"] } } } ]""", "/steps/0/job/terminal")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"], "stdout": "discard" }, "check": { "interactor": { "command": ["x"] } } } ]""", "/steps/0/job/stdout")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"], "stderr": "stdout" }, "check": { "interactor": { "command": ["x"] } } } ]""", "/steps/0/job/stderr")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"], "stdin": "inherit" }, "check": { "interactor": { "command": ["x"] } } } ]""", "/steps/0/job/stdin")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "parallel": 0 } ]""", "/steps/0/parallel")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "cache": true } ]""", "/steps/0/cache")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "cache": 1 } ]""", "/steps/0/cache")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "cache": { "tools": [] } } ]""", "/steps/0/cache")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "cache": { "tools": ["/etc/passwd"] } } ]""", "/steps/0/cache/tools/0")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "cache": { "tools": ["/usr/../root"] } } ]""", "/steps/0/cache/tools/0")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "cache": { "tools": ["/usr/bin/x"] }, "forEach": [ { "name": "1" } ] } ]""", "/steps/0/cache")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "cache": { "tools": ["/usr/bin/x"] }, "check": { "program": { "command": ["y"] } } } ]""", "/steps/0/cache")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"], "rootfs": { "image": "/i.tar" } }, "cache": true } ]""", "/steps/0/job/rootfs")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"], "rootfs": "empty", "mounts": [ { "type": "bind", "source": "/srv", "target": "/x" } ] }, "cache": true } ]""", "/steps/0/job/mounts")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"], "rootfs": "empty", "stdin": "inherit" }, "cache": true } ]""", "/steps/0/job/stdin")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"], "rootfs": "empty", "stdout": { "to": "/o" } }, "cache": true } ]""", "/steps/0/job")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"], "rootfs": "empty", "outputs": [ { "path": "/work/a", "to": "store" } ] }, "cache": true } ]""", "/steps/0/job")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"], "rootfs": "empty", "network": "host" }, "cache": true } ]""", "/steps/0/job")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "processes": { "b": { "command": ["x"] } } } ]""", "/steps/0/processes")]
    [InlineData("""[ { "name": "a", "job": { "command": ["x"] }, "processes": { "b": { "command": ["x"] } }, "check": { "program": { "command": ["x"] } } } ]""", "/steps/0/processes")]
    public void A_problem_has_its_place(string steps, string pointer)
    {
        var invalid = Assert.Throws<InvalidJobException>(() => Read($$"""{ "steps": {{steps}} }"""));

        Assert.Contains(invalid.Problems, problem => problem.Pointer == pointer);
    }

    [Theory]
    [InlineData("", "\"job\": { \"command\": [\"x\"] }", "/steps/0/processes/job")]
    [InlineData("", "\"interactor\": { \"command\": [\"x\"] }", "/steps/0/processes/interactor")]
    [InlineData("", "\"b c\": { \"command\": [\"x\"] }", "/steps/0/processes/b c")]
    [InlineData("", "\"b\": { \"command\": [\"x\"], \"limits\": { \"memory\": 0 } }", "/steps/0/processes/b/limits/memory")]
    [InlineData("", "\"b\": { \"command\": [\"x\"], \"stdin\": \"inherit\" }", "/steps/0/processes/b/stdin")]
    [InlineData("", "\"b\": { \"command\": [\"x\"], \"stdout\": \"inherit\" }", "/steps/0/processes/b/stdout")]
    [InlineData("", "\"b\": { \"command\": [\"x\"], \"stderr\": { \"to\": \"/e\" } }", "/steps/0/processes/b/stderr")]
    [InlineData("", "\"b\": { \"command\": [\"x\"], \"terminal\": true }", "/steps/0/processes/b/terminal")]
    [InlineData("", "\"b\": { \"command\": [\"x\"], \"outputs\": [ { \"path\": \"/work/a\", \"to\": \"/a\" } ] }", "/steps/0/processes/b")]
    [InlineData("", "\"b\": { \"command\": [\"x\"], \"stdout\": { \"pipe\": \"p\" } }", "/steps/0/processes/b/stdout/pipe")]
    [InlineData("", "\"b\": { \"command\": [\"x\"], \"stdout\": { \"pipe\": \"to-job\" } }", "/steps/0/processes/b/stdout/pipe")]
    [InlineData("\"descriptors\": { \"3\": { \"pipe\": \"p\" } }", "", "/steps/0/job/descriptors/3/pipe")]
    [InlineData("\"stdin\": { \"pipe\": \"from-job\" }", "", "/steps/0/job/stdin")]
    public void A_problem_of_a_process_beside_the_job_has_its_place(string job, string processes, string pointer)
    {
        var text = $$"""{ "steps": [ { "name": "a", "job": { "command": ["x"]{{(job.Length > 0 ? ", " + job : "")}} }, "processes": { {{processes}} }, "check": { "interactor": { "command": ["x"] } } } ] }""";

        var invalid = Assert.Throws<InvalidJobException>(() => Read(text));

        Assert.Contains(invalid.Problems, problem => problem.Pointer == pointer);
    }

    [Fact]
    public void No_more_processes_than_a_job_may_have()
    {
        string Text(int count) => $$"""{ "steps": [ { "name": "a", "job": { "command": ["x"] }, "processes": { {{string.Join(',', Enumerable.Range(0, count).Select(static number => $"\"p{number}\": {{ \"command\": [\"x\"] }}"))}} }, "check": { "interactor": { "command": ["x"] } } } ] }""";

        var most = (StepsJob)Read(Text(30));
        var invalid = Assert.Throws<InvalidJobException>(() => Read(Text(31)));

        Assert.Equal(30, most.Steps[0].Processes.Count);
        Assert.Equal("/steps/0/processes", Assert.Single(invalid.Problems).Pointer);
    }

    // 64, 448 and twice 32 MiB at once.
    [Fact]
    public void Processes_beside_the_job_are_read_back_seen_and_counted()
    {
        const string Beside = "\"processes\": { \"b\": { \"command\": [\"y\"], \"limits\": { \"memory\": \"32MiB\" }, \"stdout\": { \"pipe\": \"p\" } }, \"c\": { \"command\": [\"z\"], \"limits\": { \"memory\": \"32MiB\" }, \"stdin\": { \"pipe\": \"p\" } } }, ";
        var job = Read(Interactive.Replace("\"check\":", Beside + "\"check\":", StringComparison.Ordinal));

        Assert.Equal(Write(job), Write(Read(Write(job))));
        Assert.Equal(Write(job), Write(job.WithParts(static part => part.Job)));
        Assert.Equal(["/steps/1/job", "/steps/1/processes/b", "/steps/1/processes/c", "/steps/1/forEach/0", "/steps/1/check/interactor"], job.Parts().Skip(1).Select(static part => part.Pointer));
        Assert.All(job.WithParts(part => part.Job with { Limits = new() { MemoryBytes = 1 << 20 } }).Parts(), part => Assert.Equal(1 << 20, part.Job.Limits.MemoryBytes));
        Assert.Equal(576L << 20, job.MemoryAtOnce());
    }

    [Fact]
    public void Whoever_decides_sees_every_path_of_the_host()
    {
        var job = Read(Whole);

        var paths = job.Parts().SelectMany(part => part.Job.Files.Select(file => (part.Pointer, (file.Content as FileContent)?.Path))
            .Append((part.Pointer, ((part.Job.Stdin as ContentStdin)?.Content as FileContent)?.Path))).Where(path => path.Path is not null);
        Assert.Equal([("/steps/1/forEach/0", "/ans"), ("/steps/1/forEach/0", "/in")], paths.Order());
        Assert.Equal(["/steps/0/job", "/steps/1/job", "/steps/1/forEach/0", "/steps/1/check/program"], job.Parts().Select(part => part.Pointer));
    }

    [Fact]
    public void What_was_decided_is_taken_back()
    {
        var job = Read(Whole);

        var same = job.WithParts(part => part.Job);
        var held = job.WithParts(part => part.Job with { Limits = part.Job.Limits with { MemoryBytes = 1 << 20 } });

        Assert.Equal(Write(job), Write(same));
        Assert.All(held.Parts(), part => Assert.Equal(1 << 20, part.Job.Limits.MemoryBytes));
    }

    [Fact]
    public void Memory_is_that_of_the_cases_at_one_time() => Assert.Equal(512L << 20, Read(Whole).MemoryAtOnce());

    [Fact]
    public void An_interactor_has_its_memory_at_the_same_time() => Assert.Equal(512L << 20, Read(Interactive).MemoryAtOnce());

    [Fact]
    public void An_interactor_is_read_back_and_seen_by_whoever_decides()
    {
        var job = Read(Interactive);

        Assert.Equal(Write(job), Write(Read(Write(job))));
        Assert.IsType<InteractorCheck>(((StepsJob)job).Steps[1].Check);
        Assert.Equal("/steps/1/check/interactor", job.Parts().Last().Pointer);
        Assert.All(job.WithParts(part => part.Job with { Limits = new() { MemoryBytes = 1 << 20 } }).Parts(), part => Assert.Equal(1 << 20, part.Job.Limits.MemoryBytes));
    }

    [Fact]
    public void Many_cases_count_together() => Assert.Equal(640L << 20, Parallel(cases: 10).MemoryAtOnce());

    [Fact]
    public void No_more_run_at_one_time_than_there_are() => Assert.Equal(576L << 20, Parallel(cases: 9).MemoryAtOnce());

    private static StepsJob Parallel(int cases)
    {
        var job = (StepsJob)Read(Whole.Replace("100MiB", "1MiB", StringComparison.Ordinal));
        return job with { Steps = [job.Steps[0], job.Steps[1] with { Parallel = 10, Cases = [.. Enumerable.Repeat(job.Steps[1].Cases[0], cases)] }] };
    }

    // 64 and 448 MiB at once, and less in the step before.
    private static string Interactive => Whole.Replace("\"program\": { \"command\": [\"check\"]", "\"interactor\": { \"command\": [\"check\"]", StringComparison.Ordinal)
        .Replace("100MiB", "448MiB", StringComparison.Ordinal).Replace("[\"cc\"]", "[\"cc\"], \"limits\": { \"memory\": \"1MiB\" }", StringComparison.Ordinal);

    private static JobDocument Read(string text) => JobFile.ParseDocument(Encoding.UTF8.GetBytes(text), "/");

    private static string Write(JobDocument job)
    {
        var json = new ArrayBufferWriter<byte>();
        JobFile.Write(json, job);
        return Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
