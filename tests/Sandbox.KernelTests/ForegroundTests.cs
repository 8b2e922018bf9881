using System.Diagnostics;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A user at a terminal finds in <c>sandbox run</c> what any program in the foreground does, and gets the terminal back whatever happens.</summary>
public sealed class ForegroundTests : KernelTest
{
    private static readonly string[] s_probes = ["--rootfs", "empty", "-v", $"{Probe.Directory}:/probes", "--wall-time", "20s"];

    [KernelFact]
    public async Task Keys_are_typed_at_the_jobs_terminal_and_shown_once()
    {
        using var terminal = Run("-it", "--wall-time", "20s", "--", "sh", "-c", "tty; read line; echo \"got $line\"");
        await terminal.ShowsAsync("/dev/pts/0");

        terminal.Type("hello\r");

        Assert.Equal(0, await terminal.EndAsync(Cancellation));
        Assert.Equal("/dev/pts/0\r\nhello\r\ngot hello\r\n", terminal.Shown);
        Assert.True(terminal.IsCooked);
    }

    [KernelFact]
    public async Task The_window_is_the_jobs_and_so_are_its_changes()
    {
        using var terminal = Run(["-it", .. s_probes, "--", "/probes/terminal_resize"]);
        await terminal.ShowsAsync("before 24 80");

        terminal.Resize(33, 99);

        Assert.Equal(0, await terminal.EndAsync(Cancellation));
        Assert.Contains("after 33 99", terminal.Shown, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task The_interrupt_key_is_the_jobs()
    {
        using var terminal = Run("-it", "--wall-time", "20s", "--", "sh", "-c", "trap 'exit 9' INT; echo ready; while :; do sleep 0.05; done");
        await terminal.ShowsAsync("ready");

        terminal.Type("\u0003");

        Assert.Equal(9, await terminal.EndAsync(Cancellation));
        Assert.True(terminal.IsCooked);
    }

    [KernelFact]
    public async Task The_interrupt_key_reaches_a_job_without_a_terminal_too()
    {
        using var terminal = Run("--wall-time", "20s", "--", "sh", "-c", "trap 'exit 9' INT; echo ready; while :; do sleep 0.05; done");
        await terminal.ShowsAsync("ready");

        terminal.Type("\u0003");

        Assert.Equal(9, await terminal.EndAsync(Cancellation));
    }

    [KernelTheory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    [InlineData("HUP", 129)]
    [InlineData("QUIT", 131)]
    [InlineData("USR1", 138)]
    public async Task A_signal_to_the_command_ends_the_job_and_gives_the_terminal_back(string signal, int status)
    {
        using var terminal = Run("-it", "--wall-time", "20s", "--", "sh", "-c", "echo ready; exec sleep 20");
        await terminal.ShowsAsync("ready");
        Assert.False(terminal.IsCooked);

        Send(signal, terminal.Process.Id);

        Assert.Equal(status, await terminal.EndAsync(Cancellation));
        Assert.True(terminal.IsCooked);
    }

    [KernelFact]
    public async Task Three_interrupts_end_a_job_that_ignores_them()
    {
        using var terminal = Run([.. s_probes, "--", "/probes/sleep_forever", "ready"]);
        await terminal.ShowsAsync("ready");

        for (var count = 0; count < 3; count++)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
            terminal.Type("\u0003");
        }

        Assert.Equal(130, await terminal.EndAsync(Cancellation));
    }

    [KernelFact]
    public async Task Two_interrupts_do_not()
    {
        using var terminal = Run(["--rootfs", "empty", "-v", $"{Probe.Directory}:/probes", "--wall-time", "1500ms", "--", "/probes/sleep_forever", "ready"]);
        await terminal.ShowsAsync("ready");

        Send("INT", terminal.Process.Id);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Send("INT", terminal.Process.Id);

        Assert.Equal(124, await terminal.EndAsync(Cancellation));
    }

    [KernelFact]
    public async Task A_stop_gives_the_terminal_back_and_a_continuation_takes_it_again()
    {
        using var terminal = CallerTerminal.Start("/bin/sh", "-i");
        terminal.Type("PS1='ne''xt> '\n");
        await terminal.ShowsAsync("next> ");
        terminal.Type($"{Probe.CommandLine} run -it --wall-time 20s -- sh -c 'echo be''gan; read line; echo \"got $line\"'\n");
        await terminal.ShowsAsync("\nbegan");
        Assert.False(terminal.IsCooked);

        Send("TSTP", HostProcesses.ChildrenOf(terminal.Process.Id).Single());
        await terminal.ShowsAsync("Stopped");
        await terminal.UntilAsync(() => terminal.IsCooked, "the terminal as it was");
        terminal.Type("fg\n");
        await terminal.UntilAsync(() => !terminal.IsCooked, "the terminal in raw mode");
        terminal.Type("hello\r");

        await terminal.ShowsAsync("\ngot hello");
        await terminal.UntilAsync(() => terminal.IsCooked, "the terminal as it was");
        terminal.Type("exit 5\n");
        Assert.Equal(5, await terminal.EndAsync(Cancellation));
    }

    [KernelFact(Timeout = 60_000)]
    [Trait("as", "any")]
    public async Task A_closed_window_ends_the_job_even_if_it_ignores_that()
    {
        var mark = $"mark-{Guid.NewGuid():N}";
        using var terminal = Run(["-it", "--rootfs", "empty", "-v", $"{Probe.Directory}:/probes", "--wall-time", "50s", "--", "/probes/sleep_forever", mark]);
        await terminal.ShowsAsync(mark);

        terminal.Close();

        var clock = Stopwatch.StartNew();
        await terminal.EndAsync(TestContext.Current.CancellationToken);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20 * Requirements.Slowness);
        Assert.Empty(HostProcesses.WithArgument(mark));
    }

    [KernelFact]
    public async Task A_signal_that_was_ignored_from_the_start_stays_ignored()
    {
        using var terminal = CallerTerminal.Start(
            "/bin/sh", "-c", $"trap '' HUP; exec {Probe.CommandLine} run --wall-time 20s -- sh -c 'echo ready; sleep 0.5; echo still here'");
        await terminal.ShowsAsync("ready");

        Send("HUP", terminal.Process.Id);

        Assert.Equal(0, await terminal.EndAsync(Cancellation));
        Assert.Contains("still here", terminal.Shown, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Piped_input_is_typed_at_the_jobs_terminal_and_ends()
    {
        var run = await CommandRun.SandboxAsync("one\ntwo", TestContext.Current.CancellationToken, "run", "-it", "--wall-time", "20s", "--", "sh", "-c", "stty -echo; tty; cat");

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.EndsWith("one\r\ntwo", run.Stdout, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_reader_that_goes_away_hangs_the_jobs_terminal_up()
    {
        var run = await CommandRun.ShellAsync("\"$SANDBOX\" run -t --wall-time 20s -- sh -c 'while echo y; do :; done; exit 3' | head -n 2", "", TestContext.Current.CancellationToken);

        Assert.Equal("y\r\ny\r\n", run.Stdout);
    }

    [KernelFact]
    public async Task The_callers_terminal_is_out_of_the_jobs_reach()
    {
        using var terminal = Run("--rootfs", "empty", "-v", $"{Probe.Directory}:/probes", "--wall-time", "20s", "--", "/probes/terminal_push");

        Assert.Equal(0, await terminal.EndAsync(Cancellation));
        Assert.Equal("denied ENXIO\r\n", terminal.Shown);
    }

    private static CallerTerminal Run(params string[] words) => CallerTerminal.Start([Probe.CommandLine, "run", .. words]);

    private static void Send(string signal, int process)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -s {signal} {process}"]);
        kill.WaitForExit();
    }
}
