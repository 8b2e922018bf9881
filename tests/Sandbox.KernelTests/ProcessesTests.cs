using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Jobs of several processes over real pipes.</summary>
public sealed class ProcessesTests : KernelTest
{
    [KernelFact]
    public async Task Two_processes_talk_over_two_pipes()
    {
        var result = await Run("echo 6; read answer; test \"$answer\" = 12", "read n; echo $((n * 2))");

        Assert.True(result.Verdict == Verdict.Ok, result.Message);
        Assert.Null(result.Culprit);
    }

    [KernelFact]
    public async Task Output_that_is_closed_early_ends_the_reader_s_input()
    {
        // The writer goes on until it hears that its reader has come to the end.
        var result = await Run("exec >&-; read heard; test \"$heard\" = end && exit 3", "cat >/dev/null; echo end");

        Assert.Equal(("a", 3, Verdict.Ok), (result.Culprit, result.Processes[0].Result.ExitCode, result.Processes[1].Result.Verdict));
    }

    [KernelFact]
    public async Task A_flood_into_a_closed_pipe_is_the_reader_s_fault_if_it_failed()
    {
        var result = await Run("exec cat /dev/zero", "exit 4");

        Assert.Equal("b", result.Culprit);
        Assert.Equal("SIGPIPE", result.Processes[0].Result.Signal);
        Assert.Equal(4, result.Processes[1].Result.ExitCode);
    }

    [KernelFact]
    public async Task A_child_that_is_left_behind_does_not_keep_a_pipe_open()
    {
        var result = await Run("sleep 100 & exit 0", "cat >/dev/null");

        Assert.True(result.Verdict == Verdict.Ok, result.Message);
    }

    [KernelFact]
    public async Task A_process_has_no_end_of_a_pipe_but_its_own()
    {
        var listing = Probe.Job("list_fds") with { Stdout = new PipeOutput { Pipe = "x" }, Stdin = new PipeStdin { Pipe = "y" } };
        var job = Job("", "/probes/list_fds >&2; cat >&2", null);
        job = job with { Processes = [job.Processes[0] with { Job = listing }, job.Processes[1] with { Job = job.Processes[1].Job with { Mounts = listing.Mounts } }] };

        var result = (ProcessesResult)await Runner.RunDocumentAsync(job, Cancellation);

        Assert.True(result.Verdict == Verdict.Ok, result.Message);
        Assert.Equal("inherited 0\ninherited 0\n", System.Text.Encoding.UTF8.GetString(result.Processes[1].Result.Stderr.Content!.Value.Span));
    }

    [KernelFact]
    public async Task Pipes_beyond_the_standard_streams_are_at_their_numbers_and_nothing_else_is_there()
    {
        var probe = Probe.Job("list_fds");
        var result = (ProcessesResult)await Runner.RunDocumentAsync(new ProcessesJob
        {
            Processes =
            [
                // The ends of two more pipes than the numbers say: every other process has descriptors at the same ones.
                new() { Name = "a", Job = probe with { Descriptors = [Reads(9, "x"), Writes(3, "y"), Writes(5, "z")] } },
                new() { Name = "b", Job = probe with { Descriptors = [Writes(3, "x")] } },
                new() { Name = "c", Job = probe with { Descriptors = [Reads(4, "y"), Reads(8, "z")] } },
            ],
        }, Cancellation);

        Assert.True(result.Verdict == Verdict.Ok, result.Message);
        Assert.Equal("3 (write), 5 (write), 9 (read)", Shown(result, 0));
        Assert.Equal("3 (write)", Shown(result, 1));
        Assert.Equal("4 (read), 8 (read)", Shown(result, 2));
    }

    [KernelFact]
    public async Task Processes_talk_over_further_pipes_and_keep_their_output()
    {
        var talks = Shell("echo out; echo 6 >&7; read answer <&3; echo $answer", "", "", null) with { Stdin = Stdin.Null, Stdout = OutputStream.Capture, Descriptors = [Writes(7, "x"), Reads(3, "y")] };
        var answers = Shell("read n; echo $((n * 2))", "x", "y", null);
        var result = await Run(talks, answers);

        Assert.True(result.Verdict == Verdict.Ok, result.Message);
        Assert.Equal("out\n12\n", Text(result.Processes[0].Result.Stdout));
    }

    [KernelFact]
    public async Task The_fewest_open_files_are_enough_beside_further_pipes()
    {
        var few = Probe.Job("list_fds") with { Descriptors = [Writes(3, "x")], Limits = new() { OpenFiles = 5 } };
        var result = await Run(few, Shell("cat", "x", "", null) with { Stdout = OutputStream.Capture });

        Assert.True(result.Verdict == Verdict.Ok, result.Message);
        Assert.Equal("3 (write)", Shown(result, 0));
    }

    [KernelFact]
    public async Task The_end_of_who_has_a_further_pipe_is_seen_by_who_has_its_other_end()
    {
        // pid 1, which stays for the output, keeps none of them open; neither does a child that is left behind.
        var leaves = Shell("sleep 100 & : > /work/kept; exit 0", "", "", null) with
        {
            Stdin = Stdin.Null, Stdout = OutputStream.Capture, Descriptors = [Writes(3, "x"), Reads(4, "y")], Diff = null,
            Outputs = [new() { Path = "/work/kept", To = Path.Combine(Directory, "kept") }],
        };
        var sees = Shell("cat <&5 >/dev/null; while :; do echo more >&6; done", "", "", null) with { Stdin = Stdin.Null, Stdout = OutputStream.Capture, Descriptors = [Reads(5, "x"), Writes(6, "y")] };
        var result = await Run(leaves, sees);

        Assert.Equal(("b", "SIGPIPE"), (result.Culprit, result.Processes[1].Result.Signal));
        Assert.Equal(Verdict.Ok, result.Processes[0].Result.Verdict);
    }

    [KernelFact]
    public async Task A_flood_into_a_further_pipe_that_is_closed_is_the_reader_s_fault_if_it_failed()
    {
        var floods = Shell("exec cat /dev/zero >&9", "", "", null) with { Stdin = Stdin.Null, Stdout = OutputStream.Capture, Descriptors = [Writes(9, "x")] };
        var fails = Shell("exit 4", "", "", null) with { Stdin = Stdin.Null, Stdout = OutputStream.Capture, Descriptors = [Reads(3, "x")] };
        var result = await Run(floods, fails);

        Assert.Equal(("b", "SIGPIPE", 4), (result.Culprit, result.Processes[0].Result.Signal, result.Processes[1].Result.ExitCode));
    }

    [KernelFact]
    public async Task Pipes_can_be_opened_again_by_name_by_both_sides()
    {
        var result = await Run("echo 6 >/dev/stdout; read answer </dev/stdin; test \"$answer\" = 12", "read n </dev/stdin; echo $((n * 2)) >/proc/self/fd/1");

        Assert.True(result.Verdict == Verdict.Ok, result.Message);
    }

    [KernelFact]
    public async Task Who_is_waited_for_is_idle()
    {
        var result = await Run("read line", "read line; read line", TimeSpan.FromSeconds(0.3));

        Assert.Equal(Verdict.IdleLimit, result.Verdict);
        Assert.Equal("b", result.Culprit);
    }

    [KernelFact]
    public async Task A_process_that_cannot_be_started_keeps_nobody_waiting()
    {
        var job = Job("cat >/dev/null", "true", null);
        job = job with { Processes = [job.Processes[0], job.Processes[1] with { Job = job.Processes[1].Job with { Command = ["/no/such/program"] } }] };

        var result = (ProcessesResult)await Runner.RunDocumentAsync(job, Cancellation);

        Assert.Equal(Verdict.ExecFailed, result.Verdict);
        Assert.Equal(Verdict.Ok, result.Processes[0].Result.Verdict);
    }

    private async Task<ProcessesResult> Run(string first, string second, TimeSpan? idle = null) =>
        (ProcessesResult)await Runner.RunDocumentAsync(Job(first, second, idle), Cancellation);

    private async Task<ProcessesResult> Run(JobSpec first, JobSpec second) =>
        (ProcessesResult)await Runner.RunDocumentAsync(new ProcessesJob { Processes = [new() { Name = "a", Job = first }, new() { Name = "b", Job = second }] }, Cancellation);

    private static PipeDescriptor Reads(int number, string pipe) => new() { Number = number, Pipe = pipe };

    private static PipeDescriptor Writes(int number, string pipe) => new() { Number = number, Pipe = pipe, Write = true };

    private static string Text(StreamResult stream) => System.Text.Encoding.UTF8.GetString(stream.Content!.Value.Span);

    // What list_fds printed, without the inodes of the pipes.
    private static string Shown(ProcessesResult result, int process)
    {
        var lines = Text(result.Processes[process].Result.Stdout).TrimEnd('\n').Split('\n');
        Assert.Equal($"inherited {lines.Length - 1}", lines[^1]);
        Assert.All(lines[..^1], line => Assert.Contains(" -> pipe:[", line, StringComparison.Ordinal));
        return string.Join(", ", lines[..^1].Select(line => $"{line[0]} {line[line.IndexOf('(', StringComparison.Ordinal)..]}"));
    }

    private static ProcessesJob Job(string first, string second, TimeSpan? idle) => new()
    {
        Processes =
        [
            new() { Name = "a", Job = Shell(first, "y", "x", null) },
            new() { Name = "b", Job = Shell(second, "x", "y", idle) },
        ],
    };

    private static JobSpec Shell(string script, string input, string output, TimeSpan? idle) => new()
    {
        Command = ["/bin/sh", "-c", script],
        Stdin = new PipeStdin { Pipe = input },
        Stdout = new PipeOutput { Pipe = output },
        Limits = new() { WallTime = TimeSpan.FromSeconds(20), IdleTime = idle },
    };
}
