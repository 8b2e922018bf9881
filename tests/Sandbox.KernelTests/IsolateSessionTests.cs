using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a caller of isolate gives a program beside its box, what stops it, and many callers at once.</summary>
public sealed class IsolateSessionTests : KernelTest
{
    private Task<IsolateBox> BoxAsync(params string[] common) => IsolateBox.MakeAsync(Directory, Cancellation, 7, common);

    [KernelFact]
    public async Task A_program_that_is_stopped_for_good_is_over()
    {
        var box = await BoxAsync();

        var run = await box.ShellAsync("kill -STOP $$", "--wall-time=20");

        Assert.Equal((1, "Stopped by signal 19\n"), (run.ExitStatus, run.Stderr));
        Assert.Equal(("SG", "Stopped by signal 19"), box.Said);
        Assert.Equal("19", box.Meta["exitsig"]);
        Assert.False(box.Meta.ContainsKey("killed") || box.Meta.ContainsKey("exitcode"));
        Assert.True(double.Parse(box.Meta["time-wall"], CultureInfo.InvariantCulture) < 10, box.Meta["time-wall"]);
    }

    [KernelFact]
    public async Task A_program_that_somebody_in_the_box_lets_go_on_is_not_over()
    {
        var box = await BoxAsync();
        File.Copy(Probe.Directory + "/pretend_stopped", box.Work + "/pretend_stopped");

        var run = await box.RunAsync("-p", "--wall-time=20", "--run", "--", "./pretend_stopped");

        Assert.Equal((0, "went on\n"), (run.ExitStatus, run.Stdout));
        Assert.Null(box.Said.Status);
    }

    [KernelFact]
    public async Task All_of_it_may_be_stopped_one_after_the_other()
    {
        var box = await BoxAsync();

        await box.ShellAsync("(sleep 0.3; exec sh -c 'kill -STOP $$') & kill -STOP $$", "-p", "--wall-time=20");

        Assert.Equal(("SG", "Stopped by signal 19"), box.Said);
    }

    [KernelFact]
    public async Task The_callers_descriptors_are_the_programs_if_it_asks_for_them()
    {
        var box = await BoxAsync();
        await File.WriteAllTextAsync(Directory + "/six", "six\n", Cancellation);

        var run = await CallAsync(box, $"exec 5>{Directory}/five 6<{Directory}/six", "-p", "--inherit-fds", "--run", "--", "/bin/sh", "-c", "echo to five >&5; cat <&6; for n in 3 4 5 6 7 8 9; do [ -e /proc/self/fd/$n ] && echo $n; done; true");

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Equal("six\n5\n6\n", run.Stdout);
        Assert.Equal("to five\n", await File.ReadAllTextAsync(Directory + "/five", Cancellation));
    }

    // CMS's controller of an interactive task has four descriptors for each program that it plays with.
    [KernelFact]
    public async Task A_descriptor_with_a_high_number_is_the_programs_at_the_same_number()
    {
        var box = await BoxAsync();

        var run = await CallAsync(box, $"exec 47>{Directory}/high 33<<<thirty-three 48<<<beyond", "-p", "--inherit-fds", "--run", "--", "/bin/bash", "-c", "cat <&33; echo to 47 >&47; [ -e /proc/self/fd/48 ] && echo 48; true");

        Assert.Equal((0, "thirty-three\n"), (run.ExitStatus, run.Stdout));
        Assert.StartsWith("--inherit-fds: the descriptors 3 to 47 are passed on, and those beyond are not\n", run.Stderr, StringComparison.Ordinal);
        Assert.Equal("to 47\n", await File.ReadAllTextAsync(Directory + "/high", Cancellation));
    }

    [KernelFact]
    public async Task Without_asking_it_has_none_of_them()
    {
        var box = await BoxAsync();

        var run = await CallAsync(box, $"exec 5>{Directory}/five 6<{Directory} 7<&0", "--run", "--", "/bin/sh", "-c", "for n in 3 4 5 6 7 8 9; do [ -e /proc/self/fd/$n ] && echo $n; done; true");

        Assert.Equal((0, ""), (run.ExitStatus, run.Stdout));
    }

    [KernelFact]
    public async Task A_program_at_a_terminal_has_the_callers_keys()
    {
        var box = await BoxAsync();
        using var terminal = CallerTerminal.Start(["/usr/bin/env", .. box.Line("--tty-hack", "-p", "--run", "--", "/bin/sh", "-c", "tty; read line; echo \"got $line\"; exit 3")]);
        await terminal.ShowsAsync("/dev/pts/0");

        terminal.Type("hello\r");

        Assert.Equal(1, await terminal.EndAsync(Cancellation));
        Assert.Equal("/dev/pts/0\r\nhello\r\ngot hello\r\nExited with error status 3\r\n", terminal.Shown);
        Assert.True(terminal.IsCooked);
    }

    [KernelFact]
    public async Task The_interrupt_key_is_the_programs()
    {
        var box = await BoxAsync();
        using var terminal = CallerTerminal.Start(["/usr/bin/env", .. box.Line("--tty-hack", $"--meta={Directory}/meta-7", "--run", "--", "/bin/sh", "-c", "echo ready; exec sleep 100")]);
        await terminal.ShowsAsync("ready");

        terminal.Type("\u0003");

        Assert.Equal(1, await terminal.EndAsync(Cancellation));
        box.Read();
        Assert.Equal(("SG", "Caught fatal signal 2"), box.Said);
        Assert.True(terminal.IsCooked);
    }

    [KernelFact]
    public async Task Where_nobody_looks_the_terminal_is_nobodys()
    {
        var box = await BoxAsync();

        var run = await box.RunAsync("--tty-hack", "--run", "--", "/usr/bin/tty");

        Assert.Equal("not a tty\n", run.Stdout);
    }

    [KernelTheory]
    [InlineData("TERM", 1, "SG", "Interrupted")]
    [InlineData("SEGV", 2, "XX", "Sandbox keeper received fatal signal 11")]
    public async Task A_signal_before_the_start_leaves_a_whole_meta_file_too(string signal, int status, string word, string message)
    {
        var box = await BoxAsync();
        using var first = Process.Start(new ProcessStartInfo("/usr/bin/env", box.Line("--run", "--", "/bin/sh", "-c", "echo ready; exec sleep 100")) { RedirectStandardOutput = true })!;
        Assert.Equal("ready", await first.StandardOutput.ReadLineAsync(Cancellation));
        using var waiting = Process.Start(new ProcessStartInfo("/usr/bin/env", box.Line($"--meta={Directory}/meta-7", "--wait", "--run", "--", "/bin/true")))!;
        while (!File.Exists(Directory + "/meta-7"))
        {
            await Task.Delay(20, Cancellation);
        }

        await SendAsync(signal, waiting);
        await waiting.WaitForExitAsync(Cancellation);
        await SendAsync("TERM", first);
        await first.WaitForExitAsync(Cancellation);

        box.Read();
        Assert.Equal((status, word, message), (waiting.ExitCode, box.Said.Status, box.Said.Message));
        Assert.False(box.Meta.ContainsKey("time"));
    }

    [KernelFact]
    public async Task Hundreds_of_boxes_are_made_used_and_removed_beside_each_other()
    {
        const int most = 200, least = 12;
        var (made, clock) = (0, Stopwatch.StartNew());

        // As many as there is time for: in a guest without acceleration a command takes half a second.
        await Parallel.ForAsync(0, most, new ParallelOptions { MaxDegreeOfParallelism = 6, CancellationToken = Cancellation }, async (index, ended) =>
        {
            if (index >= least && clock.Elapsed > TimeSpan.FromSeconds(20))
            {
                return;
            }

            // Far from each other, as clients number them that have a range for each worker.
            var number = (index * 10_000_019L) % int.MaxValue;
            var box = await IsolateBox.MakeAsync(Directory, ended, (int)number);
            await File.WriteAllTextAsync(box.Work + "/own", $"{number}\n", ended);
            var run = await box.ShellAsync("read own < own; echo $own; id -u; echo > left", "-p");
            Assert.True(run.Stdout.StartsWith($"{number}\n", StringComparison.Ordinal) && run.ExitStatus == 0, run.ToString());
            Assert.True(File.Exists(box.Work + "/left"));
            Assert.Equal(0, (await box.CallAsync("--cleanup")).ExitStatus);
            Interlocked.Increment(ref made);
        });

        Assert.InRange(made, least, most);
        Assert.Equal(["locks"], System.IO.Directory.GetFileSystemEntries(Directory + "/boxes").Select(Path.GetFileName));
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(Directory + "/boxes/locks"));
    }

    // What else whoever runs the tests has left open would count as the caller's.
    private static Task<CommandRun> CallAsync(IsolateBox box, string open, params string[] arguments) => CommandRun.StartAsync(
        "/bin/bash", "", Cancellation, ["-c", $"for f in /proc/$$/fd/*; do n=${{f##*/}}; [ $n -gt 2 ] && eval \"exec $n>&-\"; done; {open}; exec /usr/bin/env \"$@\"", "bash", .. box.Line(arguments)]);

    private static async Task SendAsync(string signal, Process process)
    {
        using var kill = Process.Start("/bin/kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Cancellation);
    }
}
