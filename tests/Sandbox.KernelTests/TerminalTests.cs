using System.Text;
using Sandbox.Execution;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job's terminal is one, and its own: programs find what they expect, and the host's terminals are out of reach.</summary>
public sealed class TerminalTests : KernelTest
{
    private const string State = "isatty 1 1 1\nname /dev/pts/0\nsize 24 80\nowner 1 mode 620\nsame 1\nleader 1 foreground 1";

    [KernelFact]
    public async Task A_job_has_a_terminal_of_its_own() =>
        AssertShown(State, await RunAsync(InTerminal("terminal_state")));

    [KernelFact]
    public async Task Without_asking_there_is_none() =>
        AssertPrinted("isatty 0 0 0\nname /dev/null\nno /dev/tty: ENXIO", await RunAsync(Probe.Job("terminal_state")));

    [KernelTheory]
    [InlineData("default")]
    [InlineData("judge")]
    [InlineData("build")]
    public async Task Every_built_in_policy_leaves_it_usable(string policy) =>
        AssertShown(State, await RunAsync(InTerminal("terminal_state") with { Seccomp = new NamedPolicy { Name = policy } }));

    [KernelFact]
    public async Task Nothing_prepared_ahead_is_needed() =>
        AssertShown(State, await RunAsync(InTerminal("terminal_state") with { Isolation = IsolationLevel.Strict }));

    [KernelFact]
    public async Task The_root_of_a_job_owns_it_too() =>
        AssertShown(State, await RunAsync(InTerminal("terminal_state") with { User = new JobUser { Uid = 0, Gid = 0 } }));

    // The process that waits for the next job was made before anybody knew whether it would have a terminal.
    [KernelFact]
    public async Task Jobs_with_and_without_one_follow_each_other()
    {
        for (var round = 0; round < 6; round++)
        {
            AssertShown(State, await RunAsync(InTerminal("terminal_state")));
            AssertPrinted("isatty 0 0 0\nname /dev/null\nno /dev/tty: ENXIO", await RunAsync(Probe.Job("terminal_state")));
        }
    }

    [KernelFact]
    public async Task Nothing_but_the_three_descriptors_is_inherited() =>
        AssertShown("inherited 0", await RunAsync(InTerminal("list_fds")));

    [KernelFact]
    public async Task Tools_of_the_host_see_it()
    {
        var result = await RunAsync(Probe.Tool("sh", "-c", "tty; echo $TERM; test -t 2 && echo err >&2; ls -l /dev/pts/0 | cut -c1-10") with { Terminal = true });

        AssertShown("/dev/pts/0\nxterm\nerr\ncrw--w----", result);
        Assert.Equal(0, result.Stderr.Bytes);
    }

    [KernelFact]
    public async Task Input_is_typed_and_has_an_end()
    {
        var result = await RunAsync(Typing("cat", "one\ntwo\n"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(["one", "one", "two", "two"], Lines(result).Order());
    }

    [KernelFact]
    public async Task Input_that_ends_in_the_middle_of_a_line_has_an_end_too()
    {
        var result = await RunAsync(Typing("cat", "one\ntwo"));

        AssertVerdict(Verdict.Ok, result);
        Assert.EndsWith("two", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_job_without_input_finds_its_end() =>
        AssertShown("", await RunAsync(Probe.Tool("cat") with { Terminal = true }));

    [KernelFact]
    public async Task Much_input_arrives_whole_where_lines_are_short()
    {
        var text = string.Concat(Enumerable.Range(0, 20_000).Select(number => $"line {number}\n"));

        var result = await RunAsync(Typing("sh", text, "-c", "stty -echo -onlcr; echo; cat | cksum; exit 0"));

        AssertVerdict(Verdict.Ok, result);
        Assert.EndsWith($" {text.Length}", Out(result).TrimEnd(), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Output_is_kept_byte_by_byte_once_the_job_wants_it_so()
    {
        var bytes = new byte[300_000];
        new Random(8).NextBytes(bytes);
        await File.WriteAllBytesAsync(Path.Combine(Directory, "bytes"), bytes, Cancellation);
        File.SetUnixFileMode(Path.Combine(Directory, "bytes"), (UnixFileMode)0b110_100_100);
        var job = Probe.Tool("sh", "-c", "stty raw -echo; exec cat /data/bytes") with { Terminal = true };

        var result = await RunAsync(job with { Mounts = [new BindMount { Source = Directory, Target = "/data" }] });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(bytes, result.Stdout.Content!.Value.ToArray());
    }

    [KernelFact]
    public async Task What_is_written_just_before_the_end_is_never_lost()
    {
        for (var round = 0; round < 30; round++)
        {
            Assert.Equal(65536, (await RunAsync(InTerminal("flood", "1", "1", "65536"))).Stdout.Bytes);
        }
    }

    [KernelFact]
    public async Task A_job_may_let_go_of_it_and_come_back() =>
        AssertShown("first\nsecond", await RunAsync(InTerminal("terminal_reopen")));

    [KernelFact]
    public async Task A_shell_has_job_control()
    {
        using var keyboard = new Keyboard(Directory);
        var job = Start(Probe.Tool("sh", "-i") with { Terminal = true, Stdin = keyboard.Stdin });
        keyboard.Type("PS1='ne''xt> '\n");
        await job.SaysAsync("next> ");

        keyboard.Type("sh -c 'trap \"echo resumed; exit\" CONT; echo began; while :; do sleep 0.05; done'\n");
        await job.SaysAsync("\nbegan");
        keyboard.Type("\u001a");
        await job.SaysAsync("Stopped");
        keyboard.Type("fg\n");
        await job.SaysAsync("\nresumed");
        keyboard.Type("exit 5\n");

        var (result, output) = await job.EndAsync();
        AssertVerdict(Verdict.ExitCode, result);
        Assert.Equal(5, result.ExitCode);
        Assert.DoesNotContain("job control turned off", output, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task The_key_for_interrupt_reaches_the_foreground()
    {
        using var keyboard = new Keyboard(Directory);
        var script = "trap 'echo interrupted; exit 4' INT; echo ready; while :; do sleep 0.05; done";
        var job = Start(Probe.Tool("sh", "-c", script) with { Terminal = true, Stdin = keyboard.Stdin });
        await job.SaysAsync("ready");

        keyboard.Type("\u0003");

        var (result, output) = await job.EndAsync();
        AssertVerdict(Verdict.ExitCode, result);
        Assert.Equal(4, result.ExitCode);
        Assert.Contains("interrupted", output, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task An_end_by_its_keys_is_not_called_the_jobs_own_doing()
    {
        var result = await RunAsync(Typing("sleep", "\u0003", "60"));

        AssertVerdict(Verdict.Signal, result);
        Assert.Equal(("SIGINT", null), (result.Signal, result.KilledBy));
    }

    [KernelFact]
    public async Task Its_size_is_the_callers_from_the_beginning()
    {
        var attachment = new JobAttachment();
        attachment.Resize(new TerminalSize(50, 132));

        var (result, output) = await AttachedJob.Start(Runner, InTerminal("terminal_state"), Directory, attachment, Cancellation).EndAsync();

        AssertVerdict(Verdict.Ok, result);
        Assert.Contains("size 50 132", output, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_change_of_size_is_told()
    {
        var job = AttachedJob.Start(Runner, InTerminal("terminal_resize"), Directory, Cancellation);
        await job.SaysAsync("before 24 80");

        job.Attachment.Resize(new TerminalSize(33, 99));

        var (result, output) = await job.EndAsync();
        AssertVerdict(Verdict.Ok, result);
        Assert.Contains("after 33 99", output, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Outputs_are_collected_beside_it()
    {
        var job = Probe.Tool("sh", "-c", "tty > /work/name") with { Terminal = true };

        var result = await RunAsync(job with { Outputs = [new OutputSpec { Path = "/work/name", To = Path.Combine(Directory, "name") }] });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal("/dev/pts/0\n", await File.ReadAllTextAsync(Path.Combine(Directory, "name"), Cancellation));
    }

    [KernelFact]
    public async Task A_command_that_is_not_found_is_told_all_the_same() =>
        AssertVerdict(Verdict.ExecFailed, await RunAsync(Probe.Job("no_such_probe") with { Terminal = true }));

    private AttachedJob Start(JobSpec spec) => AttachedJob.Start(Runner, spec, Directory, Cancellation);

    private static JobSpec InTerminal(string probe, params string[] arguments) => Probe.Job(probe, arguments) with { Terminal = true };

    private static JobSpec Typing(string tool, string text, params string[] arguments) => Probe.Tool([tool, .. arguments]) with
    {
        Terminal = true,
        Stdin = new ContentStdin { Content = new InlineContent { Bytes = Encoding.UTF8.GetBytes(text) } },
    };

    private static string[] Lines(JobResult result) => Out(result).Replace("\r", "", StringComparison.Ordinal).TrimEnd('\n').Split('\n');

    private static void AssertShown(string expected, JobResult result)
    {
        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(expected, Out(result).Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n'));
    }
}
