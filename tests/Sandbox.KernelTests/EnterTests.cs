using System.Diagnostics;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>`sandbox enter`: a second way into a job, by which nobody gets out of it, or at who comes in.</summary>
public sealed class EnterTests : KernelTest
{
    private const string State =
        "grep -E '^(Uid|Gid|Cap|NoNewPrivs|Seccomp|Cpus_allowed)' /proc/self/status; cat /proc/self/limits /proc/self/cgroup /proc/self/oom_score_adj; readlink /proc/self/ns/*; /probes/list_fds; hostname; umask; pwd";

    private readonly string _runtime;

    public EnterTests()
    {
        _runtime = Directory + "/run";
        System.IO.Directory.CreateDirectory(_runtime, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [KernelTheory(Timeout = 120_000)]
    [InlineData("")]
    [InlineData("--isolation strict")]
    public async Task What_enters_is_what_the_job_is_and_has_nothing_of_the_caller(string options)
    {
        await StartAsync($"({State}) >/work/state 2>&1; exec sleep 60", options);
        await UntilAsync("test -s /work/state");

        File.WriteAllText(Directory + "/state.sh", State);
        var entered = await ShellAsync("exec 9</etc/passwd; SECRET=very \"$SANDBOX\" enter web -- sh -c \"$(cat state.sh)\"");
        var job = await EnterAsync("cat /work/state");
        Assert.Equal(job.Stdout, entered.Stdout);
        Assert.Contains("\ninherited 0\n", entered.Stdout, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivs:\t1\n", entered.Stdout, StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2\n", entered.Stdout, StringComparison.Ordinal);
        Assert.Contains("CapEff:\t0000000000000000\n", entered.Stdout, StringComparison.Ordinal);
        var environment = await ShellAsync("SECRET=very \"$SANDBOX\" enter -e GIVEN=yes web -- env");
        Assert.DoesNotContain("SECRET", environment.Stdout, StringComparison.Ordinal);
        Assert.Contains("OFJOB=1\n", environment.Stdout, StringComparison.Ordinal);
        Assert.Contains("GIVEN=yes\n", environment.Stdout, StringComparison.Ordinal);
    }

    [KernelFact(Timeout = 120_000)]
    public async Task Calls_that_are_refused_to_the_job_are_refused_to_what_enters()
    {
        await StartAsync("exec sleep 60");

        var calls = await EnterAsync(
            "for call in unshare-user clone-user clone3-user setns-own setns-of-init mount ptrace-init take-fd-of-init io-uring bpf perf userfaultfd keyctl seccomp-filter landlock personality socket-vsock socket-packet socket-alg socket-netlink-diag socket-raw socket-key; do /probes/refused_call $call; done; exit 0");
        var foreign = await EnterAsync("exec /probes/foreign_call x32");

        Assert.Equal(0, calls.ExitStatus);
        Assert.All(calls.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries), static line => Assert.StartsWith("denied", line, StringComparison.Ordinal));
        Assert.Equal(22, calls.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);

        // It ends by what the policy kills for, and the job does not.
        if (Requirements.ReasonToSkip(Needs.X64 | Needs.NativeKernel, null) is null)
        {
            Assert.True(foreign.ExitStatus is 128 + 31 or 128 + 11, foreign.ToString());
            Assert.Equal(foreign.ExitStatus == 128 + 31 ? "sandbox: enter: ended by SIGSYS: by it the job's policy ends what makes a system call that it kills for (seccomp(2))\n" : "", foreign.Stderr);
        }

        Assert.Equal(0, (await EnterAsync("true")).ExitStatus);
    }

    // The job lists whatever it can of every process that it sees, stops it, and kills it, again and again.
    [KernelFact(Timeout = 180_000)]
    public async Task A_hostile_job_gets_nothing_of_what_enters_and_stops_nothing_but_itself()
    {
        await StartAsync("""
            while :; do
                for process in /proc/[0-9]*; do
                    number=${process#/proc/}
                    [ $number = 1 ] || [ $number = $$ ] && continue
                    ls -l $process/fd 2>/dev/null | grep -E 'socket:|anon_inode|ptmx|memfd|(user|cgroup):\[|/ns/' && echo $process
                    [ -e /work/stops ] && kill -STOP $number
                done 2>/dev/null
            done
            """);
        await UntilAsync("true");
        for (var count = 0; count < 30; count++)
        {
            Assert.Equal(count, (await EnterAsync($"exit {count}")).ExitStatus);
        }

        await EnterAsync("touch /work/stops");
        for (var count = 0; count < 10; count++)
        {
            await ShellAsync("timeout -s KILL 0.3 \"$SANDBOX\" enter web -- true");
        }

        Assert.Equal("", (await ShellAsync("\"$SANDBOX\" logs web")).Stdout);
        Assert.Equal(0, (await ShellAsync("\"$SANDBOX\" kill web")).ExitStatus);
        Assert.Equal("137\n", (await ShellAsync("\"$SANDBOX\" wait web")).Stdout);
    }

    [KernelFact(Timeout = 120_000)]
    public async Task What_enters_cannot_move_the_result_and_ends_with_the_job()
    {
        await StartAsync("trap 'exit 5' TERM; while :; do sleep 0.05; done");
        var forged = await EnterAsync("/probes/forge_result >/dev/null 2>&1; for number in 3 4 5 6 7 8 9; do echo x >&$number; done 2>/dev/null; exit 0");
        using var inside = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$SANDBOX\" enter web -- sh -c 'echo in; exec sleep 60'"])
        {
            Environment = { ["XDG_RUNTIME_DIR"] = _runtime, ["SANDBOX"] = Probe.CommandLine },
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("in", await inside.StandardOutput.ReadLineAsync(Cancellation));

        Assert.Equal(0, (await ShellAsync("\"$SANDBOX\" stop -t 30s web")).ExitStatus);

        await inside.WaitForExitAsync(Cancellation);
        Assert.True(forged.ExitStatus is 0 or 2, forged.ToString());
        Assert.Equal(137, inside.ExitCode);
        Assert.Equal("5\n", (await ShellAsync("\"$SANDBOX\" wait web")).Stdout);
        Assert.Equal(125, (await EnterAsync("true")).ExitStatus);
    }

    [KernelFact(Timeout = 120_000)]
    public async Task Terminal_stdin_signals_and_exit_status_are_as_of_run()
    {
        await StartAsync("exec sleep 60");

        Assert.Equal((7, "hello"), await StatusAsync("echo hello | \"$SANDBOX\" enter -i web -- sh -c 'cat; exit 7'"));
        Assert.Equal((0, ""), await StatusAsync("echo hello | \"$SANDBOX\" enter web -- cat"));
        Assert.Equal((127, ""), await StatusAsync("\"$SANDBOX\" enter web -- no-such-program"));
        Assert.Equal((126, ""), await StatusAsync("\"$SANDBOX\" enter web -- /etc/passwd"));
        Assert.Equal((9, "ready"), await StatusAsync("timeout -s TERM 1 \"$SANDBOX\" enter web -- sh -c 'trap \"exit 9\" TERM; echo ready; while :; do sleep 0.05; done'; s=$?; exit $((s == 124 ? 9 : s))"));

        using var terminal = CallerTerminal.Start("/usr/bin/env", $"XDG_RUNTIME_DIR={_runtime}", Probe.CommandLine, "enter", "-it", "web");
        terminal.Type("stty size; echo is-$(tty); exit 4\r");
        await terminal.ShowsAsync("is-/dev/pts/");
        Assert.Equal(4, await terminal.EndAsync(Cancellation));
        Assert.True(terminal.IsCooked);
    }

    // As the job is, or as another of its ids; it owns its streams, by whatever name it opens them.
    [KernelFact(Needs.SubIds, Timeout = 120_000)]
    public async Task It_has_the_ids_that_are_asked_for_if_the_job_has_them()
    {
        await StartAsync("exec sleep 60", "--subids --user 1000");
        const string who = "id -u; id -g; echo written >/dev/stdout";

        Assert.Equal((0, "1000\n1000\nwritten"), await StatusAsync($"\"$SANDBOX\" enter web -- sh -c '{who}'"));
        Assert.Equal((0, "0\n1000\nwritten"), await StatusAsync($"\"$SANDBOX\" enter -u 0 web -- sh -c '{who}'"));
        Assert.Equal((0, "5\n6\nwritten"), await StatusAsync($"\"$SANDBOX\" enter -u 5:6 web -- sh -c '{who}'"));
        Assert.Contains("CapEff:\t0000000000000000\n", (await ShellAsync("\"$SANDBOX\" enter -u 0 web -- cat /proc/self/status")).Stdout, StringComparison.Ordinal);
        foreach (var user in (string[])["", "-u 0 ", "-u 7:7 "])
        {
            Assert.Equal((0, "ok"), await StatusAsync($"\"$SANDBOX\" enter -t {user}web -- sh -c 'test -t 0 && : >/dev/tty && : >$(tty) && echo ok' | tr -d '\\r'"));
        }

        var none = await ShellAsync("\"$SANDBOX\" enter -u 4000000 web -- true");
        Assert.True(none.ExitStatus == 125 && none.Stderr.Contains("the job has the user ids 0 to ", StringComparison.Ordinal), none.ToString());
    }

    [KernelFact(Timeout = 120_000)]
    public async Task A_job_of_one_id_is_entered_as_that_and_no_other()
    {
        await StartAsync("exec sleep 60");

        Assert.Equal((0, "1000"), await StatusAsync("\"$SANDBOX\" enter -u 1000:1000 web -- id -u"));
        var root = await ShellAsync("\"$SANDBOX\" enter -u 0 web -- id -u");
        Assert.Equal((125, "sandbox: enter: the job has the ids 1000:1000 and no others; with \"subids\" it would\n"), (root.ExitStatus, root.Stderr));
        Assert.Equal((125, ""), await StatusAsync("\"$SANDBOX\" enter -u nobody web -- id -u"));
    }

    // A job has room for few that enter: who goes away has none.
    [KernelFact(Timeout = 120_000)]
    public async Task What_ignores_that_its_caller_is_gone_is_killed_after_a_while()
    {
        await StartAsync("exec sleep 60");
        using (var inside = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "exec \"$SANDBOX\" enter web -- sh -c 'trap \"\" HUP; echo in; exec sleep 61.375'"])
        {
            Environment = { ["XDG_RUNTIME_DIR"] = _runtime, ["SANDBOX"] = Probe.CommandLine },
            RedirectStandardOutput = true,
        })!)
        {
            Assert.Equal("in", await inside.StandardOutput.ReadLineAsync(Cancellation));
            inside.Kill();
        }

        for (var left = 600 * Requirements.Slowness; HostProcesses.WithArgument("sleep 61.375").Count > 0; left--)
        {
            Assert.True(left > 0, "it goes on");
            await Task.Delay(50, Cancellation);
        }

        Assert.Equal(0, (await EnterAsync("true")).ExitStatus);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        using var kill = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{Probe.CommandLine} ps --ids | xargs -r {Probe.CommandLine} kill"]) { Environment = { ["XDG_RUNTIME_DIR"] = _runtime } });
        kill!.WaitForExit();
        base.Dispose();
    }

    private async Task StartAsync(string script, string options = "")
    {
        File.WriteAllText(Directory + "/job.sh", script);
        File.SetUnixFileMode(Directory + "/job.sh", (UnixFileMode)0b110_100_100);
        var started = await ShellAsync($"\"$SANDBOX\" run -d --name web {options} -e OFJOB=1 -v {Probe.Directory}:/probes --file /work/job.sh={Directory}/job.sh -- sh /work/job.sh");
        Assert.True(started.ExitStatus == 0, started.ToString());
    }

    private async Task UntilAsync(string test)
    {
        for (var left = 1000; (await EnterAsync(test)).ExitStatus != 0; left--)
        {
            Assert.True(left > 0, test);
        }
    }

    private Task<CommandRun> EnterAsync(string script) => CommandRun.StartAsync("/usr/bin/env", "", Cancellation, $"XDG_RUNTIME_DIR={_runtime}", Probe.CommandLine, "enter", "web", "--", "sh", "-c", script);

    private async Task<(int, string)> StatusAsync(string script)
    {
        var run = await ShellAsync(script);
        return (run.ExitStatus, run.Stdout.TrimEnd());
    }

    private Task<CommandRun> ShellAsync(string script) => CommandRun.ShellInAsync(Directory, $"export XDG_RUNTIME_DIR={_runtime}; {script}", Cancellation);
}
