using System.Buffers;
using System.Text;
using Sandbox.Execution.Judging;
using Xunit;

namespace Sandbox.Tests.Jobs;

/// <summary>Jobs of several processes as text, and who is to blame.</summary>
public sealed class ProcessesFormTests
{
    [Fact]
    public void What_is_written_is_read_back()
    {
        var text = Write(Read("""{ "name": "n", "processes": { "a": { "command": ["x"], "stdout": { "pipe": "p" } }, "b": { "command": ["y"], "stdin": { "pipe": "p" } } } }"""));

        Assert.Equal(text, Write(Read(text)));
        Assert.Contains("\"pipe\": \"p\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Descriptors_are_read_back_and_told_by_their_numbers()
    {
        var text = Write(Read("""{ "processes": { "a": { "command": ["x"], "descriptors": { "3": { "pipe": "p", "write": true }, "47": { "pipe": "q" } } }, "b": { "command": ["y"], "stdin": { "pipe": "p" }, "stdout": { "pipe": "q" } } } }"""));

        Assert.Equal(text, Write(Read(text)));
        Assert.Equal([(3, "p", true), (47, "q", false)], ((ProcessesJob)Read(text)).Processes[0].Job.Descriptors.Select(pipe => (pipe.Number, pipe.Pipe, pipe.Write)));
    }

    [Theory]
    [InlineData("""{ "2": { "pipe": "p" } }""", "/processes/a/descriptors/2")]
    [InlineData("""{ "48": { "pipe": "p" } }""", "/processes/a/descriptors/48")]
    [InlineData("""{ "03": { "pipe": "p" } }""", "/processes/a/descriptors/03")]
    [InlineData("""{ "1": { "pipe": "p" } }""", "/processes/a/descriptors/1")]
    [InlineData("""{ "1a": { "pipe": "p" } }""", "/processes/a/descriptors/1a")]
    [InlineData("""{ "3": { "write": true } }""", "/processes/a/descriptors/3/pipe")]
    [InlineData("""{ "3": { "pipe": "p", "write": true } }""", "/processes/a/descriptors/3/pipe")]
    [InlineData("""{ "3": { "pipe": "p" }, "4": { "pipe": "p" } }""", "/processes/a/descriptors/4/pipe")]
    [InlineData("""{ "3": { "pipe": "" } }""", "/processes/a/descriptors/3/pipe")]
    [InlineData("""{ "3": "p" }""", "/processes/a/descriptors/3")]
    public void A_problem_of_a_descriptor_has_its_place(string descriptors, string pointer)
    {
        var invalid = Assert.Throws<InvalidJobException>(() => Read($$"""{ "processes": { "a": { "command": ["x"], "descriptors": {{descriptors}} }, "b": { "command": ["x"], "stdout": { "pipe": "p" } } } }"""));

        Assert.Contains(invalid.Problems, problem => problem.Pointer == pointer);
    }

    [Fact]
    public void A_limit_on_open_files_leaves_a_number_for_the_policy()
    {
        static string Job(int files) => $$"""
            { "processes": { "a": { "command": ["x"], "limits": { "openFiles": {{files}} }, "descriptors": { "3": { "pipe": "p" }, "4": { "pipe": "q" } } },
              "b": { "command": ["x"], "stdout": { "pipe": "p" }, "stderr": { "pipe": "q" } } } }
            """;

        var invalid = Assert.Throws<InvalidJobException>(() => Read(Job(5)));

        Assert.Equal("/processes/a/limits/openFiles", Assert.Single(invalid.Problems).Pointer);
        _ = Read(Job(6));
    }

    [Fact]
    public void One_number_is_given_once_also_in_code()
    {
        var job = new ProcessesJob
        {
            Processes =
            [
                new() { Name = "a", Job = new() { Command = ["x"], Descriptors = [new() { Number = 3, Pipe = "p" }, new() { Number = 3, Pipe = "q" }, new() { Number = 2, Pipe = "r" }] } },
                new() { Name = "b", Job = new() { Command = ["x"], Descriptors = [new() { Number = 3, Pipe = "p", Write = true }, new() { Number = 4, Pipe = "q", Write = true }, new() { Number = 5, Pipe = "r", Write = true }] } },
            ],
        };

        var invalid = Assert.Throws<InvalidJobException>(() => Sandbox.Jobs.JobValidator.Validate(job));

        Assert.Equal(["/processes/a/descriptors/3", "/processes/a/descriptors/2"], invalid.Problems.Select(problem => problem.Pointer));
    }

    [Fact]
    public void Limits_of_all_and_pipes_are_read_back()
    {
        var text = Write(Read(Together("\"limits\": { \"wallTime\": \"10s\", \"output\": \"1MiB\" }, \"pipes\": { \"p\": { \"relay\": true, \"limit\": \"2KiB\", \"transcript\": \"4KiB\" } }")));
        var job = (ProcessesJob)Read(text);

        Assert.Equal(text, Write(job));
        Assert.Equal((TimeSpan.FromSeconds(10), 1 << 20), (job.Limits.WallTime, job.Limits.OutputBytes));
        Assert.Equal(new JobPipe { Name = "p", Relay = true, LimitBytes = 2048, TranscriptBytes = 4096 }, Assert.Single(job.Pipes));
    }

    [Theory]
    [InlineData("\"limits\": { \"memory\": \"1GiB\" }", "/limits/memory")]
    [InlineData("\"limits\": { \"wallTime\": \"0s\" }", "/limits/wallTime")]
    [InlineData("\"pipes\": { \"q\": { \"relay\": true } }", "/pipes/q")]
    [InlineData("\"pipes\": { \"p\": { \"limit\": 0 } }", "/pipes/p/limit")]
    [InlineData("\"pipes\": { \"p\": { \"transcript\": \"17MiB\" } }", "/pipes/p/transcript")]
    [InlineData("\"pipes\": { \"p\": { \"size\": 1 } }", "/pipes/p/size")]
    [InlineData("\"pipes\": { \"p\": true }", "/pipes/p")]
    public void A_problem_of_what_they_have_together_has_its_place(string together, string pointer)
    {
        var invalid = Assert.Throws<InvalidJobException>(() => Read(Together(together)));

        Assert.Contains(invalid.Problems, problem => problem.Pointer == pointer);
    }

    [Fact]
    public void What_was_said_is_in_the_result()
    {
        var pipe = new PipeResult
        {
            Name = "p", From = "a", To = "b", Bytes = 9, ClosedBy = "a", Truncated = true,
            Transcript = [new() { At = TimeSpan.FromMilliseconds(1.5), Content = "hi\n"u8.ToArray() }, new() { At = TimeSpan.FromMilliseconds(2), Content = new byte[] { 0xff } }],
        };
        using var bytes = new MemoryStream();
        using (var json = new System.Text.Json.Utf8JsonWriter(bytes))
        {
            Sandbox.Jobs.ProcessesForm.Write(json, new() { Name = null, Verdict = Verdict.Ok, Message = "", Processes = [], Pipes = [pipe] });
        }

        Assert.Contains(
            "\"pipes\":" + """{"p":{"from":"a","to":"b","bytes":9,"closedBy":"a","transcript":[{"ms":1.5,"text":"hi\n"},{"ms":2,"base64":"/w=="}],"truncated":true}}""",
            Encoding.UTF8.GetString(bytes.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_failed_before_all_were_ended_is_to_blame_and_nobody_who_failed_after()
    {
        var stop = new Sandbox.Execution.JointStop(Verdict.WallTimeLimit, "late", null, 10);

        Assert.Equal(("a", Verdict.ExitCode), Judge(stop, Ended("a", Verdict.ExitCode, 9), Ended("b", Verdict.Cancelled, 11)));
        Assert.Equal((null, Verdict.WallTimeLimit), Judge(stop, Ended("a", Verdict.ExitCode, 11), Ended("b", Verdict.Cancelled, 11)));
        Assert.Equal(("b", Verdict.WallTimeLimit), Judge(stop, Ended("a", Verdict.Ok, 9), Ended("b", Verdict.Cancelled, 11)));
        Assert.Equal((null, Verdict.WallTimeLimit), Judge(stop, Ended("a", Verdict.Cancelled, 11), Ended("b", Verdict.Cancelled, 11)));
        Assert.Equal(("a", Verdict.InternalError), Judge(stop, Ended("a", Verdict.InternalError, 12), Ended("b", Verdict.Cancelled, 11)));
    }

    [Theory]
    [InlineData("""{ "processes": {} }""", "/processes")]
    [InlineData("""{ "command": ["x"], "processes": { "a": { "command": ["x"] } } }""", "/command")]
    [InlineData("""{ "processes": { "a": { "command": ["x"], "limits": { "memory": 0 } } } }""", "/processes/a/limits/memory")]
    [InlineData("""{ "processes": { "a b": { "command": ["x"] } } }""", "/processes/a b")]
    [InlineData("""{ "processes": { "a": { "command": ["x"], "stdin": { "pipe": "p" } } } }""", "/processes/a/stdin/pipe")]
    [InlineData("""{ "processes": { "a": { "command": ["x"], "stdin": { "pipe": "p" }, "stdout": { "pipe": "p" } } } }""", "/processes/a/stdin/pipe")]
    [InlineData("""{ "command": ["x"], "stdout": { "pipe": "p" } }""", "/stdout/pipe")]
    [InlineData("""{ "command": ["x"], "descriptors": { "3": { "pipe": "p" } } }""", "/descriptors/3/pipe")]
    public void A_problem_has_its_place(string text, string pointer)
    {
        var invalid = Assert.Throws<InvalidJobException>(() => Read(text));

        Assert.Contains(invalid.Problems, problem => problem.Pointer == pointer);
    }

    [Fact]
    public void The_memory_of_all_counts()
    {
        var job = Read("""{ "processes": { "a": { "command": ["x"], "limits": { "memory": "1MiB" } }, "b": { "command": ["y"], "limits": { "memory": "2MiB" } } } }""");

        Assert.Equal(3 << 20, job.MemoryAtOnce());
    }

    [Fact]
    public void The_first_failure_is_to_blame() => Assert.Equal("b", Culprit(Ended("a", Verdict.ExitCode, 20), Ended("b", Verdict.MemoryLimit, 10)));

    [Fact]
    public void A_broken_pipe_is_the_failed_reader_s_fault_whoever_was_seen_first() =>
        Assert.Equal("b", Culprit(Ended("a", Verdict.Signal, 10, "SIGPIPE", "b"), Ended("b", Verdict.ExitCode, 20)));

    [Fact]
    public void A_broken_pipe_is_the_writer_s_own_fault_if_its_reader_did_well() =>
        Assert.Equal("a", Culprit(Ended("a", Verdict.Signal, 10, "SIGPIPE", "b"), Ended("b", Verdict.Ok, 5)));

    // The end of one that had closed its side of a pipe is often heard after that of the other, which failed because of it.
    [Fact]
    public void Of_ends_at_one_time_the_first_is_of_who_closed_the_pipe_between_them()
    {
        var (left, failed) = (Ended("a", Verdict.ExitCode, 2_000_000) with { Closed = ["b"] }, Ended("b", Verdict.ExitCode, 1_000_000));
        var other = Ended("c", Verdict.ExitCode, 1_500_000);

        Assert.Equal("a", Culprit(left, failed));
        Assert.Equal("a", Culprit(failed, other, left));
        Assert.Equal("b", Culprit(left with { Closed = [] }, failed));
        Assert.Equal("c", Culprit(failed, left, other with { Closed = ["a"] }));
    }

    [Fact]
    public void Who_closed_a_pipe_and_failed_long_after_is_not_to_blame()
    {
        var late = (ProcessesBlame.AtOneTime.Ticks * 100) + 1_001_000;

        Assert.Equal("b", Culprit(Ended("a", Verdict.ExitCode, late) with { Closed = ["b"] }, Ended("b", Verdict.ExitCode, 1_000_000)));
        Assert.Equal("a", Culprit(Ended("a", Verdict.ExitCode, late - 1_000) with { Closed = ["b"] }, Ended("b", Verdict.ExitCode, 1_000_000)));
    }

    [Theory]
    [InlineData("a", 1, "a", 2, "a")]
    [InlineData("a", 2, "a", 1, "a")]
    [InlineData("a", 1, null, 2, "a")]
    [InlineData(null, 1, "a", 2, "a")]
    [InlineData("b", 2, "a", 1, "a")] // ended in the middle of leaving
    [InlineData("a", 1, "b", 2, "b")] // had nothing more to say, and was there when the other left
    [InlineData("b", 1, "a", 2, "b")]
    [InlineData("b", 1, "b", 2, "b")]
    [InlineData(null, 1, null, 2, "b")]
    public void With_relayed_pipes_both_ways_the_first_is_known_whenever_the_ends_are_heard(string? there, long thereAt, string? back, long backAt, string culprit)
    {
        var job = (ProcessesJob)Read("""{ "processes": { "a": { "command": ["x"], "stdin": { "pipe": "back" }, "stdout": { "pipe": "there" } }, "b": { "command": ["y"], "stdin": { "pipe": "there" }, "stdout": { "pipe": "back" } } } }""");
        JobResult[] results = [JobResult.NotRun("a", Verdict.ExitCode, "", null), JobResult.NotRun("b", Verdict.ExitCode, "", null)];
        Sandbox.Execution.JobAttachment[] attachments = [new() { EndedAt = 9_000_000_000 }, new() { EndedAt = 1_000_000 }];

        var result = Sandbox.Execution.ProcessesOutcome.Of(
            job, results, attachments, [new() { Name = "there", From = "a", To = "b", Bytes = 1, ClosedBy = there, ClosedAt = thereAt }, new() { Name = "back", From = "b", To = "a", Bytes = 1, ClosedBy = back, ClosedAt = backAt }], stop: null);

        Assert.Equal(culprit, result.Culprit);
    }

    [Fact]
    public void Who_closed_a_pipe_and_did_well_is_not_to_blame() =>
        Assert.Equal("b", Culprit(Ended("a", Verdict.Ok, 2) with { Closed = ["b"] }, Ended("b", Verdict.ExitCode, 1)));

    [Fact]
    public void A_circle_of_pipes_has_an_end() =>
        Assert.NotNull(Culprit(Ended("a", Verdict.ExitCode, 2) with { Closed = ["b"] }, Ended("b", Verdict.ExitCode, 1) with { Closed = ["a"] }));

    [Fact]
    public void A_fault_of_the_sandbox_comes_before_what_it_led_to() => Assert.Equal("b", Culprit(Ended("a", Verdict.ExitCode, 1), Ended("b", Verdict.SetupError, 0)));

    [Fact]
    public void Nobody_is_to_blame_if_all_ended_well() => Assert.Null(Culprit(Ended("a", Verdict.Ok, 1), Ended("b", Verdict.Ok, 2)));

    private static (string?, Verdict) Judge(Sandbox.Execution.JointStop stop, params EndedProcess[] processes)
    {
        var (culprit, verdict, _) = Sandbox.Execution.ProcessesOutcome.Judge(processes, stop);
        return (culprit, verdict);
    }

    private static string Together(string together) =>
        $$"""{ {{together}}, "processes": { "a": { "command": ["x"], "stdout": { "pipe": "p" } }, "b": { "command": ["y"], "stdin": { "pipe": "p" } } } }""";

    private static string? Culprit(params EndedProcess[] processes) => ProcessesBlame.Culprit(processes)?.Name;

    private static EndedProcess Ended(string name, Verdict verdict, long at, string? signal = null, params string[] readers) =>
        new(name, JobResult.NotRun(name, verdict, "", null) with { Signal = signal }, at, readers);

    private static JobDocument Read(string text) => JobFile.ParseDocument(Encoding.UTF8.GetBytes(text), "/");

    private static string Write(JobDocument job)
    {
        var text = new ArrayBufferWriter<byte>();
        JobFile.Write(text, job);
        return Encoding.UTF8.GetString(text.WrittenSpan);
    }
}
