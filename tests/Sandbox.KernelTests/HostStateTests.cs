using Xunit;

namespace Sandbox.KernelTests;

/// <summary>However oddly the command itself was started, the job is run all the same, and inherits none of it.</summary>
[Trait("limits", "true")]
public sealed class HostStateTests : KernelTest
{
    [KernelTheory]
    [InlineData("trap '' CHLD; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("umask 0777; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("umask 0; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("exec 5</etc/passwd 6</ 7</dev/null 9<\"$JOB\"; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("d=$(mktemp -d); cd \"$d\"; rmdir \"$d\"; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("unset HOME; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("exec env -i \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("exec env -u TMPDIR \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("TMPDIR=/nonexistent exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("exec <&-; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("exec <&- 2>&-; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("trap '' PIPE TERM INT HUP USR1; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("ulimit -n 64; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("ulimit -n 32; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("ulimit -c unlimited 2>/dev/null; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("cd /; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("cd /proc/self; exec \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("exec nice -n 5 \"$SANDBOX\" exec \"$JOB\"")]
    [InlineData("exec setsid -w \"$SANDBOX\" exec \"$JOB\"")]
    public async Task The_job_runs(string script)
    {
        var job = JobFiles.Write(Directory, ["/probes/say", "here"]);

        var run = await CommandRun.ShellAsync(script, job, Cancellation);

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Equal("ok", run.Verdict);
        Assert.Equal("here\n", run.Result.GetProperty("stdout").GetProperty("text").GetString());
    }

    // The kernel counts them for all processes of a user; root's are not held to it.
    [KernelTheory(Needs.Unprivileged)]
    [InlineData("ulimit -Sn 1024", "ok", null)]
    [InlineData("ulimit -n 1024", "setup-error", "descriptors are on their way")]
    public async Task Descriptors_that_another_job_has_in_flight_stop_no_start_or_are_named(string limit, string verdict, string? hint)
    {
        var job = JobFiles.Write(Directory, ["/probes/say", "here"]);
        var holding = $"\"$SANDBOX\" run --open-files 4000 -v {Probe.Directory}:/probes -- /probes/hold_in_flight 3000 >held 2>&1 & holder=$!";

        var run = await CommandRun.ShellAsync(
            $"cd {Directory}; {holding}; until [ -s held ]; do sleep 0.01; done; cat held >&2; ({limit}; \"$SANDBOX\" exec \"$JOB\"); kill $holder; wait $holder 2>/dev/null", job, Cancellation);

        Assert.Equal(("held\n", verdict), (run.Stderr, run.Verdict));
        if (hint is not null)
        {
            Assert.Contains(hint, run.Result.GetProperty("error").GetProperty("hint").GetString(), StringComparison.Ordinal);
        }
    }

    [KernelTheory]
    [InlineData("exec 5</etc/passwd 6</ 9<\"$JOB\"", "list_fds", "", "inherited 0\n")]
    [InlineData("umask 0777", "state", "umask", "0022\n")]
    [InlineData("umask 0", "state", "umask", "0022\n")]
    [InlineData("trap '' CHLD PIPE TERM HUP USR1 USR2", "state", "signals", "odd 0\n")]
    [InlineData("cd /", "state", "cwd", "/work\n")]
    [InlineData("export LD_PRELOAD=/nonexistent.so", "state", "environment", "PATH=/usr/local/bin:/usr/bin:/bin\nHOME=/work\nTMPDIR=/tmp\nLANG=C.UTF-8\n")]
    public async Task The_job_inherits_nothing_of_it(string odd, string probe, string argument, string expected)
    {
        string[] command = argument.Length > 0 ? [$"/probes/{probe}", argument] : [$"/probes/{probe}"];
        var job = JobFiles.Write(Directory, command);

        var run = await CommandRun.ShellAsync($"{odd}; exec \"$SANDBOX\" exec \"$JOB\"", job, Cancellation);

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Equal(Sorted(expected), Sorted(run.Result.GetProperty("stdout").GetProperty("text").GetString()!));
    }

    [KernelFact]
    public async Task A_closed_stdout_is_no_obstacle_when_the_result_goes_to_a_file()
    {
        var job = JobFiles.Write(Directory, ["/probes/say", "here"]);

        var run = await CommandRun.ShellAsync($"exec <&- >&- 2>&-; exec \"$SANDBOX\" exec --result '{Directory}/result.json' \"$JOB\"", job, Cancellation);

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Contains("\"here\\n\"", await File.ReadAllTextAsync(Path.Combine(Directory, "result.json"), Cancellation), StringComparison.Ordinal);
    }

    private static IEnumerable<string> Sorted(string lines) => lines.Split('\n').Order(StringComparer.Ordinal);
}
