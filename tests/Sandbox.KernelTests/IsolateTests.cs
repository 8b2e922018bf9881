using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The command line, the meta-file, the messages and the exit statuses of isolate, row by row.</summary>
public sealed class IsolateTests : KernelTest
{
    private Task<IsolateBox> BoxAsync(params string[] common) => IsolateBox.MakeAsync(Directory, Cancellation, 7, common);

    [KernelFact]
    public async Task A_program_that_ends_well_has_no_status()
    {
        var box = await BoxAsync();

        var run = await box.ShellAsync("echo out; echo err >&2");

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Equal("out\n", run.Stdout);
        Assert.StartsWith("err\nOK (", run.Stderr, StringComparison.Ordinal);
        Assert.Equal(["time", "time-wall", "max-rss", "csw-voluntary", "csw-forced", "exitcode"], box.Meta.Keys);
        Assert.Equal("0", box.Meta["exitcode"]);
        Assert.Matches(@"^[0-9]+\.[0-9]{3}$", box.Meta["time"]);
        Assert.Matches(@"^[0-9]+\.[0-9]{3}$", box.Meta["time-wall"]);
        Assert.InRange(int.Parse(box.Meta["max-rss"], CultureInfo.InvariantCulture), 100, 100_000);
    }

    [KernelFact]
    public async Task An_exit_status_is_an_error_of_the_program()
    {
        var box = await BoxAsync();

        var run = await box.ShellAsync("exit 3");

        Assert.Equal((1, "Exited with error status 3\n"), (run.ExitStatus, run.Stderr));
        Assert.Equal(("RE", "Exited with error status 3"), box.Said);
        Assert.Equal("3", box.Meta["exitcode"]);
    }

    [KernelFact]
    public async Task A_signal_of_its_own_is_told_by_its_number()
    {
        var box = await BoxAsync();

        var run = await box.ShellAsync("kill -SEGV $$");

        Assert.Equal(1, run.ExitStatus);
        Assert.Equal(("SG", "Caught fatal signal 11"), box.Said);
        Assert.Equal("11", box.Meta["exitsig"]);
        Assert.False(box.Meta.ContainsKey("killed"));
    }

    [KernelFact]
    public async Task A_program_over_its_time_is_killed()
    {
        var box = await BoxAsync();

        var run = await box.ShellAsync("while :; do :; done", "--time=0.1", "-w", "10");

        Assert.Equal(1, run.ExitStatus);
        Assert.Equal(("TO", "Time limit exceeded"), box.Said);
        Assert.Equal("1", box.Meta["killed"]);
        Assert.False(box.Meta.ContainsKey("exitsig") || box.Meta.ContainsKey("exitcode"));
    }

    [KernelFact]
    public async Task A_program_over_its_time_may_have_extra_time_and_end()
    {
        var box = await BoxAsync();

        await box.RunAsync("-t", "0.05", "-x", "20", "--run", "--", "/bin/sh", "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done");

        Assert.Equal(("TO", "Time limit exceeded"), box.Said);
        Assert.False(box.Meta.ContainsKey("killed") || box.Meta.ContainsKey("exitcode"));
    }

    [KernelFact]
    public async Task A_program_that_waits_too_long_is_killed()
    {
        var box = await BoxAsync();

        var run = await box.RunAsync("--wall-time=0.2", "--run", "--", "/bin/sleep", "20");

        Assert.Equal(1, run.ExitStatus);
        Assert.Equal(("TO", "Time limit exceeded (wall clock)"), box.Said);
        Assert.Equal("1", box.Meta["killed"]);
    }

    [KernelFact]
    public async Task Memory_of_the_group_is_told_and_held()
    {
        var box = await BoxAsync("--cg");

        await box.ShellAsync("head -c 40000000 /dev/zero | tail -c 39999999 | tail -c 1", "--cg-mem=20000", "-p");

        Assert.Equal("1", box.Meta["cg-oom-killed"]);
        Assert.True(box.Meta.ContainsKey("cg-mem"), string.Join(' ', box.Meta));

        var run = await box.RunAsync("--cg-mem=200000", "--run", "/bin/true");
        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.True(box.Meta.ContainsKey("cg-mem"));
        Assert.False(box.Meta.ContainsKey("cg-oom-killed"));
    }

    [KernelFact]
    public async Task A_program_that_is_not_there_is_told_by_the_job_itself()
    {
        var box = await BoxAsync();

        var run = await box.RunAsync("--stderr=err", "--run", "--", "nothing");

        Assert.Equal(1, run.ExitStatus);
        Assert.Equal(("RE", "Exited with error status 127"), box.Said);
        Assert.Equal("execve(\"nothing\"): No such file or directory\n", await File.ReadAllTextAsync(box.Work + "/err", Cancellation));

        await File.WriteAllTextAsync(box.Work + "/plain", "text", Cancellation);
        run = await box.RunAsync("--run", "--", "./plain");
        Assert.Equal("execve(\"./plain\"): Permission denied\nExited with error status 127\n", run.Stderr);
    }

    [KernelFact]
    public async Task A_program_is_not_looked_for_in_a_path()
    {
        var box = await BoxAsync();

        await box.RunAsync("-E", "PATH=/bin:/usr/bin", "--run", "--", "true");

        Assert.Equal(("RE", "Exited with error status 127"), box.Said);
    }

    [KernelFact]
    public async Task Without_a_box_the_sandbox_fails()
    {
        var box = new IsolateBox(Directory, Cancellation, 5, "--cg");

        var run = await box.RunAsync("--run", "--", "/bin/true");

        Assert.Equal((2, "Box not found, did you run `isolate --cg --init'?\n"), (run.ExitStatus, run.Stderr));
        Assert.Equal(("XX", "Box not found, did you run `isolate --cg --init'?"), box.Said);
    }

    [KernelFact]
    public async Task A_meta_file_that_cannot_be_written_is_a_failure()
    {
        var box = await BoxAsync();

        var run = await box.CallAsync("-M", "/nowhere/meta", "--run", "--", "/bin/true");

        Assert.Equal((2, "Failed to open metafile '/nowhere/meta'\n"), (run.ExitStatus, run.Stderr));
    }

    [KernelFact]
    public async Task The_commands_print_what_clients_read()
    {
        var box = await BoxAsync();
        Assert.Equal(Directory + "/boxes/7", box.Folder);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(box.Work));
        await File.WriteAllTextAsync(box.Work + "/left", "", Cancellation);

        Assert.Equal(0, (await box.CallAsync("--init")).ExitStatus);
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(box.Work));
        Assert.StartsWith("The process isolator 2.6\n", (await box.CallAsync("--version")).Stdout, StringComparison.Ordinal);
        Assert.Equal(0, (await box.CallAsync("--cleanup")).ExitStatus);
        Assert.False(System.IO.Directory.Exists(box.Folder));
        Assert.Equal(0, (await box.CallAsync("--cleanup")).ExitStatus);

        var nothing = await box.CallAsync();
        Assert.Equal(2, nothing.ExitStatus);
        Assert.StartsWith("Please specify an isolate command (e.g. --init, --run).\n", nothing.Stderr, StringComparison.Ordinal);
        Assert.Equal(2, (await box.CallAsync("--init", "--nonsense")).ExitStatus);
        Assert.Equal(2, (await box.CallAsync("--quota=1,1", "--init")).ExitStatus);
    }

    // As there, it is the box's from --init on; workers send it with every run.
    [KernelFact]
    public async Task A_quota_is_refused_where_a_box_would_have_it_and_means_nothing_elsewhere()
    {
        var box = await BoxAsync();

        var refused = await box.CallAsync("--quota=100,10", "--init");
        Assert.Equal((2, "--quota cannot be held: use --fsize and a small file system for boxes\n"), (refused.ExitStatus, refused.Stderr));
        Assert.Equal(0, (await box.CallAsync("--quota=0,10", "--init")).ExitStatus);
        var run = await box.RunAsync("-q", "100,10", "--run", "--", "/bin/echo", "x");
        Assert.Equal((0, "x\n"), (run.ExitStatus, run.Stdout));
    }

    [KernelFact]
    public async Task The_largest_number_is_a_box_like_any_other()
    {
        var box = await IsolateBox.MakeAsync(Directory, Cancellation, int.MaxValue);

        var run = await box.RunAsync("--run", "/bin/true");

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Equal(0, (await box.CallAsync("--cleanup")).ExitStatus);
    }

    [KernelFact]
    public async Task A_box_in_use_is_refused_or_waited_for()
    {
        var box = await BoxAsync();
        using var first = Process.Start(new ProcessStartInfo("/usr/bin/env", box.Line("--run", "--", "/bin/sh", "-c", "echo ready; read until")) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal("ready", await first.StandardOutput.ReadLineAsync(Cancellation));

        var refused = await box.RunAsync("--run", "/bin/true");
        Assert.Equal((2, "This box is currently in use by another process\n"), (refused.ExitStatus, refused.Stderr));
        Assert.Equal(2, (await box.CallAsync("--init")).ExitStatus);
        var waiting = box.RunAsync("--wait", "--run", "/bin/true");
        first.StandardInput.Close();
        var waited = await waiting;
        Assert.True(waited.ExitStatus == 0, waited.ToString());
        Assert.True(first.HasExited);
    }

    [KernelTheory]
    [InlineData("TERM", 1, "SG", "Interrupted", "15")]
    [InlineData("INT", 1, "SG", "Interrupted", "2")]
    [InlineData("HUP", 1, "SG", "Interrupted", "1")]
    [InlineData("QUIT", 1, "SG", "Interrupted", "3")]
    [InlineData("ABRT", 2, "XX", "Sandbox keeper received fatal signal 6", null)]
    [InlineData("SEGV", 2, "XX", "Sandbox keeper received fatal signal 11", null)]
    [InlineData("BUS", 2, "XX", "Sandbox keeper received fatal signal 7", null)]
    [InlineData("ILL", 2, "XX", "Sandbox keeper received fatal signal 4", null)]
    [InlineData("FPE", 2, "XX", "Sandbox keeper received fatal signal 8", null)]
    public async Task A_signal_ends_the_job_and_leaves_a_whole_meta_file(string signal, int status, string word, string message, string? number)
    {
        var box = await BoxAsync();
        var meta = Directory + "/meta-7";
        using var running = Process.Start(new ProcessStartInfo("/usr/bin/env", box.Line($"--meta={meta}", "--run", "--", "/bin/sh", "-c", "echo ready; exec sleep 100")) { RedirectStandardOutput = true })!;
        Assert.Equal("ready", await running.StandardOutput.ReadLineAsync(Cancellation));

        // As a client does that is in a hurry: again and again.
        while (!running.HasExited)
        {
            using var kill = Process.Start("/bin/kill", [$"-{signal}", running.Id.ToString(CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(Cancellation);
        }

        box.Read();
        Assert.Equal((status, word, message), (running.ExitCode, box.Said.Status, box.Said.Message));
        Assert.Equal(number, box.Meta.GetValueOrDefault("exitsig"));
        Assert.Equal("1", box.Meta["killed"]);
        Assert.True(box.Meta.ContainsKey("time") && box.Meta.ContainsKey("time-wall"));
    }

    [KernelFact]
    public async Task Nothing_of_the_job_is_left_when_the_command_returns()
    {
        var box = await BoxAsync();
        var mark = $"mark-{Guid.NewGuid():N}";

        var run = await box.ShellAsync($"/bin/sh -c 'echo > up; sleep 100; : {mark}' & while [ ! -e up ]; do :; done; exec true", "-p10");
        Assert.True(run.ExitStatus == 0, run.ToString());

        Assert.DoesNotContain(System.IO.Directory.GetDirectories("/proc"), directory => Text(directory + "/cmdline").Contains(mark, StringComparison.Ordinal));

        static string Text(string path)
        {
            try
            {
                return File.ReadAllText(path);
            }
            catch (IOException)
            {
                return "";
            }
        }
    }

    [KernelFact]
    public async Task The_environment_is_what_is_asked_for_and_one_variable()
    {
        var box = await BoxAsync();

        var run = await box.RunAsync("--env=A=1", "-E", "SANDBOX_ISOLATE", "-EB=2", "-E", "A=", "-s", "--run", "--", "/usr/bin/env");

        Assert.Equal($"LIBC_FATAL_STDERR_=1\nSANDBOX_ISOLATE={Directory}/boxes\nB=2\n", run.Stdout);
        Assert.Equal("", run.Stderr);
    }

    [KernelFact]
    public async Task One_process_is_all_unless_more_are_asked_for()
    {
        var box = await BoxAsync();

        Assert.Equal(1, (await box.ShellAsync("/bin/true & wait $!")).ExitStatus);
        Assert.Equal(0, (await box.ShellAsync("/bin/true & wait $!", "-p2")).ExitStatus);
        Assert.Equal(0, (await box.ShellAsync("/bin/true & wait $!", "--processes")).ExitStatus);
    }

    [KernelFact]
    public async Task Limits_of_each_process_are_held_and_zero_is_none()
    {
        var box = await BoxAsync();
        const string show = "ulimit -v; ulimit -n; ulimit -s; ulimit -f";

        Assert.Equal("100000\n20\n8192\n8\n", (await box.ShellAsync(show, "-m", "100000", "-n20", "-k8192", "-f4", "-s")).Stdout);
        Assert.StartsWith("unlimited\n1024\nunlimited\nunlimited\n", (await box.ShellAsync(show, "-m0", "-f0", "-s")).Stdout, StringComparison.Ordinal);
        await box.ShellAsync("head -c 100000 /dev/zero > big", "-f", "4", "-p");
        await box.RunAsync("-f4", "--stdout=big", "--run", "--", "/bin/cat", "/bin/cat");
        Assert.Equal(("SG", "Caught fatal signal 25"), box.Said);
        Assert.Equal(4096, new FileInfo(box.Work + "/big").Length);
    }

    [KernelFact]
    public async Task Files_are_opened_inside_and_relative_to_the_box()
    {
        var box = await BoxAsync();
        System.IO.Directory.CreateDirectory(box.Work + "/sub");
        await File.WriteAllTextAsync(box.Work + "/in", "input\n", Cancellation);

        await box.ShellAsync("cat; pwd; echo err >&2", "-p", "--stdin=in", "--stdout=out", "--stderr-to-stdout", "--chdir=/box/sub");
        Assert.Equal("input\n/box/sub\nerr\n", await File.ReadAllTextAsync(box.Work + "/out", Cancellation));

        Assert.Equal(2, (await box.RunAsync("--stdin=missing", "--run", "/bin/true")).ExitStatus);
        Assert.Equal(("XX", "open(\"missing\"): No such file or directory"), box.Said);
        Assert.Equal(2, (await box.RunAsync("--stdout=/etc/passwd", "-d", "etc", "--run", "/bin/true")).ExitStatus);
        Assert.Equal("XX", box.Said.Status);
        Assert.Equal(2, (await box.RunAsync("--chdir=nowhere", "--run", "/bin/true")).ExitStatus);
        Assert.Equal(("XX", "chdir: No such file or directory"), box.Said);
    }

    [KernelFact]
    public async Task The_network_has_a_loopback_and_nothing_else()
    {
        var box = await BoxAsync();

        var run = await box.ShellAsync("cat /proc/net/dev | tail -n +3 | cut -d: -f1; cat /proc/sys/net/ipv4/conf/lo/forwarding > /dev/null && echo up", "-p", "-s");

        Assert.Equal("    lo\nup\n", run.Stdout);
    }

    [KernelFact]
    public async Task The_job_is_nobody_that_the_machine_knows_and_its_host_name_is_the_callers()
    {
        var box = await BoxAsync();

        var run = await box.ShellAsync("id -u; id -g; pwd; cat /proc/sys/kernel/hostname", "-p", "-s");

        Assert.Equal($"60007\n60007\n/box\n{(await File.ReadAllTextAsync("/proc/sys/kernel/hostname", Cancellation)).Trim()}\n", run.Stdout);
    }

    [KernelFact]
    public async Task What_cannot_be_held_is_refused()
    {
        var box = await BoxAsync();
        foreach (var option in new[] { "--core=1", "--syscalls=none", "-n2", "-d", "-dx=proc:fs" })
        {
            var run = await box.RunAsync([option, .. option == "-d" ? ["y=/usr:dev"] : Array.Empty<string>(), "--run", "--", "/bin/true"]);
            Assert.True(run.ExitStatus == 2 && box.Said.Status == "XX", $"{option}: {run}");
        }
    }

    [KernelFact]
    public async Task A_link_called_isolate_is_isolate()
    {
        File.CreateSymbolicLink(Directory + "/isolate", Probe.CommandLine);

        var run = await CommandRun.StartAsync("/usr/bin/env", "", Cancellation, $"SANDBOX_ISOLATE={Directory}/boxes", Directory + "/isolate", "--init", "--box-id=3");

        Assert.Equal((0, Directory + "/boxes/3\n"), (run.ExitStatus, run.Stdout));
        run = await CommandRun.StartAsync("/usr/bin/env", "", Cancellation, $"SANDBOX_ISOLATE={Directory}/boxes", Directory + "/isolate", "-b3", "-s", "--run", "/bin/echo", "hello");
        Assert.Equal((0, "hello\n"), (run.ExitStatus, run.Stdout));
    }
}
