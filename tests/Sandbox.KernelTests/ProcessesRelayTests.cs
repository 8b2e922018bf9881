using System.Diagnostics;
using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Pipes between processes, of the kernel and relayed: what their processes see is the same.</summary>
public sealed class ProcessesRelayTests : KernelTest
{
    private const string Doubles = "read n; echo $((n * 2))";

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task They_talk(bool relay)
    {
        var result = await Run(relay, "echo 6; read answer; test \"$answer\" = 12", Doubles);

        Assert.True(result.Verdict == Verdict.Ok, result.Message);
        Assert.Equal(relay ? [("x", 2L), ("y", 3L)] : [], result.Pipes.Select(pipe => (pipe.Name, pipe.Bytes)));
    }

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_reads_sees_the_end_once_nobody_writes(bool relay)
    {
        var result = await Run(relay, "echo first; exec >&-; read heard; test \"$heard\" = end && exit 3", "cat >/dev/null; echo end");

        Assert.Equal(("a", 3, Verdict.Ok), (result.Culprit, result.Processes[0].Result.ExitCode, result.Processes[1].Result.Verdict));
    }

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_writes_gets_SIGPIPE_once_nobody_reads(bool relay)
    {
        var result = await Run(relay, "exec cat /dev/zero", "exit 4");

        Assert.Equal(("b", "SIGPIPE", 4), (result.Culprit, result.Processes[0].Result.Signal, result.Processes[1].Result.ExitCode));
    }

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_ignores_SIGPIPE_gets_the_error_instead(bool relay)
    {
        // dash says so and returns 1 from echo; nothing ends the loop but that.
        var result = await Run(relay, "trap '' PIPE; while echo more 2>/dev/null; do :; done; exit 9", "exec <&-; read none </dev/null; exit 0");

        Assert.Equal(("a", 9), (result.Culprit, result.Processes[0].Result.ExitCode));
    }

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Everything_arrives_and_in_order_although_the_reader_is_slow(bool relay)
    {
        var result = await Run(relay, "head -c 3000000 /dev/urandom >/work/f; sha256sum </work/f >&2; cat /work/f; exec >&-; read sum; echo \"$sum\" >&2", "dd bs=700 2>/dev/null | sha256sum");

        Assert.True(result.Verdict == Verdict.Ok, result.Message);
        var sums = Text(result.Processes[0].Result.Stderr).Split('\n');
        Assert.Equal(sums[0], sums[1]);
        Assert.Equal(relay ? [3000000L] : [], result.Pipes.Where(pipe => pipe.Name == "x").Select(pipe => pipe.Bytes));
    }

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("as", "any")]
    public async Task Who_writes_to_somebody_who_does_not_read_is_stopped_and_idle(bool relay)
    {
        var result = await Run(relay, "exec cat /dev/zero", "sleep 5", idleOfFirst: TimeSpan.FromSeconds(0.5));

        Assert.Equal((Verdict.IdleLimit, "a"), (result.Verdict, result.Culprit));
        Assert.All(result.Pipes.Where(pipe => pipe.Name == "x"), pipe => Assert.InRange(pipe.Bytes, 32 << 10, 128 << 10));
    }

    [KernelTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_two_who_wait_for_each_other_the_one_with_the_idle_limit_is_to_blame(bool relay)
    {
        var result = await Run(relay, "read line", "read line", idleOfFirst: TimeSpan.FromSeconds(0.3));

        Assert.Equal((Verdict.IdleLimit, "a"), (result.Verdict, result.Culprit));
    }

    [KernelFact]
    public async Task A_transcript_has_what_was_said_in_order_and_who_closed_first()
    {
        var job = Job("echo 6; read answer; echo 7; read answer; exit 0", $"{Doubles}; {Doubles}; cat >/dev/null") with { Pipes = [Keeps("x", 1024), Keeps("y", 1024)] };
        var result = await Run(job);

        var said = result.Pipes.SelectMany(pipe => pipe.Transcript.Select(piece => (piece.At, Said: $"{pipe.From}>{pipe.To} {Encoding.UTF8.GetString(piece.Content.Span)}"))).OrderBy(piece => piece.At);
        Assert.Equal(["a>b 6\n", "b>a 12\n", "a>b 7\n", "b>a 14\n"], said.Select(piece => piece.Said));
        Assert.All(result.Pipes, pipe => Assert.False(pipe.Truncated));
        Assert.Equal("a", result.Pipes.Single(pipe => pipe.Name == "x").ClosedBy);
    }

    [KernelFact]
    public async Task A_transcript_ends_at_its_size_and_nothing_else_does()
    {
        var job = Job("head -c 500000 /dev/zero", "test $(wc -c) = 500000") with { Pipes = [Keeps("x", 1000)] };
        var result = await Run(job);

        Assert.True(result.Verdict == Verdict.Ok, result.Message);
        var pipe = Assert.Single(result.Pipes);
        Assert.Equal((500000L, true), (pipe.Bytes, pipe.Truncated));
        Assert.InRange(pipe.Transcript.Sum(piece => piece.Content.Length + 32), 900, 1000);
    }

    [KernelFact]
    public async Task Single_bytes_do_not_cost_more_than_a_transcript_may()
    {
        var job = Job("i=0; while test $i -lt 3000; do printf x; read y; i=$((i + 1)); done", "while read -r -n 1 x 2>/dev/null || x=$(dd bs=1 count=1 2>/dev/null) && test -n \"$x\"; do echo y; done") with { Pipes = [Keeps("x", 2000), Keeps("y", 2000)] };
        var result = await Run(job with { Limits = new() { WallTime = TimeSpan.FromSeconds(15) } });

        Assert.All(result.Pipes, pipe => Assert.InRange(pipe.Transcript.Sum(piece => piece.Content.Length + 32), 1, 2000));
    }

    [KernelFact]
    public async Task Who_writes_more_than_a_pipe_may_take_is_to_blame()
    {
        var job = Job("exec cat /dev/zero", "exec cat >/dev/null") with { Pipes = [new() { Name = "x", LimitBytes = 1 << 20 }] };
        var result = await Run(job);

        Assert.Equal((Verdict.OutputLimit, "a", "a: wrote more than 1 MiB to the pipe \"x\""), (result.Verdict, result.Culprit, result.Message));
        Assert.All(result.Processes, process => Assert.Equal(Verdict.Cancelled, process.Result.Verdict));
    }

    [KernelFact]
    public async Task Who_wrote_the_most_is_to_blame_for_the_output_of_all()
    {
        var job = Job("echo little; read x", "cat /dev/zero >&2; exit") with { Limits = new() { OutputBytes = 1 << 20 } };
        var result = await Run(job);

        Assert.Equal((Verdict.OutputLimit, "b"), (result.Verdict, result.Culprit));
    }

    [KernelFact]
    public async Task The_time_of_all_ends_those_who_wait_for_each_other_and_nobody_alone_is_to_blame()
    {
        var result = await Run(Job("read line", "read line") with { Limits = new() { WallTime = TimeSpan.FromSeconds(0.5) } });

        Assert.Equal((Verdict.WallTimeLimit, (string?)null), (result.Verdict, result.Culprit));
        Assert.Equal("the processes together took longer than 500ms", result.Message);
        // The second to be ended may see the end of file first, and end by itself.
        Assert.Contains(result.Processes, process => process.Result.Message.Contains("with the other processes", StringComparison.Ordinal));
    }

    [KernelFact]
    public async Task Who_alone_is_left_when_the_time_of_all_is_up_is_to_blame()
    {
        var result = await Run(Job("exit 0", "sleep 15") with { Limits = new() { WallTime = TimeSpan.FromSeconds(0.5) } });

        Assert.Equal((Verdict.WallTimeLimit, "b"), (result.Verdict, result.Culprit));
    }

    [KernelFact]
    public async Task Who_failed_before_the_time_of_all_was_up_is_to_blame()
    {
        var result = await Run(Job("exit 5", "sleep 15") with { Limits = new() { WallTime = TimeSpan.FromSeconds(0.5) } });

        Assert.Equal((Verdict.ExitCode, "a"), (result.Verdict, result.Culprit));
    }

    [KernelTheory(Timeout = 60_000)]
    [InlineData("{}")]
    [InlineData("""{ "x": { "transcript": "1KiB" } }""")]
    public async Task A_killed_command_leaves_no_process_of_any_of_them(string pipes)
    {
        var mark = $"mark-{Guid.NewGuid():N}";
        var file = Path.Combine(Directory, "several.json");
        await File.WriteAllTextAsync(file, $$"""
            { "pipes": {{pipes}}, "processes": {
              "a": { "command": ["/bin/sh", "-c", "cat /dev/zero; : {{mark}}"], "stdout": { "pipe": "x" } },
              "b": { "command": ["/bin/sh", "-c", "cat >/dev/null; : {{mark}}"], "stdin": { "pipe": "x" } } } }
            """, Cancellation);
        using var command = Process.Start(new ProcessStartInfo(Probe.CommandLine, ["exec", "--server", "none", file]) { RedirectStandardOutput = true })!;

        // A shell that has forked and is about to execute cat is one more for a moment.
        await Until(() => HostProcesses.WithArgument(mark).Count >= 2);
        Assert.NotEmpty(HostProcesses.WithArgument(mark));
        command.Kill();
        await command.WaitForExitAsync(Cancellation);
        await Until(() => HostProcesses.WithArgument(mark).Count == 0);

        Assert.Empty(HostProcesses.WithArgument(mark));
    }

    [KernelFact]
    public async Task A_caller_who_gives_up_ends_them_and_no_limit_is_blamed()
    {
        using var gives = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        gives.CancelAfter(TimeSpan.FromSeconds(0.5));
        var job = Job("read line", "read line") with { Limits = new() { WallTime = TimeSpan.FromSeconds(30) } };
        var result = (ProcessesResult)await Runner.RunDocumentAsync(job, gives.Token);

        Assert.Equal(Verdict.Cancelled, result.Verdict);
    }

    [KernelFact]
    public async Task The_example_of_an_interactive_problem_is_solved()
    {
        var result = await Run(Example("interactive"));

        Assert.True(result.Verdict == Verdict.Ok, result.Message);
    }

    [KernelTheory(tool: "python3")]
    [InlineData("right", Verdict.Ok, null)]
    [InlineData("wrong", Verdict.ExitCode, "manager")]
    [InlineData("cheat", Verdict.ExitCode, "manager")]
    [InlineData("crash", Verdict.ExitCode, "alice")]
    [InlineData("greedy", Verdict.MemoryLimit, "bob")]
    [InlineData("slow", Verdict.CpuTimeLimit, "alice")]
    [InlineData("silent", Verdict.WallTimeLimit, null)]
    [InlineData("loud", Verdict.OutputLimit, "alice")]
    [InlineData("hostile", Verdict.Signal, "alice")]
    [Trait("as", "any")]
    public async Task Solutions_of_the_communication_problem_get_what_they_deserve(string solution, Verdict verdict, string? culprit)
    {
        var job = Example("communication");
        var right = job.Processes[1].Job.Files[0];
        var other = right with { Content = Content.File(((FileContent)right.Content).Path.Replace("right", solution, StringComparison.Ordinal)) };
        var result = await Run(job with { Processes = [.. job.Processes.Select(process => process.Name == "manager" ? process : process with { Job = process.Job with { Files = [other] } })] });

        Assert.True((result.Verdict, result.Culprit) == (verdict, culprit), $"{result.Verdict} {result.Message}");
    }

    [KernelFact]
    public async Task Who_sends_SIGPIPE_to_itself_blames_nobody_else()
    {
        var result = await Run(Job("kill -PIPE $$", "read line || { sleep 2; exit 1; }") with { Pipes = [new() { Name = "x", Relay = true }] });

        Assert.Equal(("a", "SIGPIPE"), (result.Culprit, result.Processes[0].Result.Signal));
    }

    private static ProcessesJob Example(string name)
    {
        var directory = Path.Combine(AppContext.BaseDirectory, "documents", "examples", name);
        return (ProcessesJob)JobFile.ParseDocument(File.ReadAllBytes(Path.Combine(directory, "job.json")), directory);
    }

    private static async Task Until(Func<bool> condition)
    {
        for (var tries = 0; !condition() && tries < 3000; tries++)
        {
            await Task.Delay(10, Cancellation);
        }
    }

    private static JobPipe Keeps(string name, long bytes) => new() { Name = name, TranscriptBytes = bytes };

    private static string Text(StreamResult stream) => Encoding.UTF8.GetString(stream.Content!.Value.Span);

    private Task<ProcessesResult> Run(bool relay, string first, string second, TimeSpan? idleOfFirst = null)
    {
        var job = Job(first, second, idleOfFirst);
        return Run(relay ? job with { Pipes = [new() { Name = "x", Relay = true }, new() { Name = "y", Relay = true }] } : job);
    }

    private async Task<ProcessesResult> Run(ProcessesJob job) => (ProcessesResult)await Runner.RunDocumentAsync(job, Cancellation);

    private static ProcessesJob Job(string first, string second, TimeSpan? idleOfFirst = null) => new()
    {
        Processes = [new() { Name = "a", Job = Shell(first, "y", "x", idleOfFirst) }, new() { Name = "b", Job = Shell(second, "x", "y", null) }],
    };

    private static JobSpec Shell(string script, string input, string output, TimeSpan? idle) => new()
    {
        Command = ["/bin/sh", "-c", script],
        Stdin = new PipeStdin { Pipe = input },
        Stdout = new PipeOutput { Pipe = output },
        Limits = new() { WallTime = TimeSpan.FromSeconds(20), IdleTime = idle },
    };
}
