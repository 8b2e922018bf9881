using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Whatever does not answer, does not read or does not die: every wait of the host has an end, and a signal ends it sooner.</summary>
public sealed class LivenessTests : KernelTest
{
    [KernelFact]
    public async Task A_fifo_among_the_files_is_refused_at_once()
    {
        var run = await ShellAsync("mkfifo p; \"$SANDBOX\" run --file /work/x=$PWD/p --result r true; echo $?; cat r >&2");

        Assert.StartsWith("125\n", run.Stdout, StringComparison.Ordinal);
        Assert.Contains("\"verdict\":\"setup-error\"", run.Stderr, StringComparison.Ordinal);
        Assert.Contains("not a regular file (FIFO)", run.Stderr, StringComparison.Ordinal);
        Assert.Contains("\"pointer\":\"/files/~1work~1x/from\"", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Stdin_from_a_fifo_without_a_writer_lasts_as_long_as_the_job()
    {
        var run = await ShellAsync("mkfifo p; \"$SANDBOX\" run --stdin p --wall-time 1s cat; echo $?");

        Assert.Equal("124\n", run.Stdout);
    }

    [KernelFact(tool: "bash")]
    public async Task Stdin_may_be_a_process_substitution()
    {
        var run = await ShellAsync("bash -c '\"$0\" run --stdin <(sleep 0.3; echo from a pipe) cat' \"$SANDBOX\"");

        Assert.Equal("from a pipe\n", run.Stdout);
    }

    [KernelTheory]
    [InlineData("/dev/zero")]
    [InlineData("/usr")]
    [InlineData("/dev/null")]
    public async Task A_policy_that_is_no_regular_file_is_an_invalid_job(string policy)
    {
        var job = JobFiles.Write(Directory, ["/probes/say"], $"\"seccomp\": \"{policy}\"");

        var run = await CommandRun.SandboxAsync("", Cancellation, "exec", job);

        Assert.True(run.ExitStatus == 2, run.ToString());
        Assert.Contains("is not a regular file", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_job_file_without_an_end_is_refused_with_its_limit()
    {
        var run = await ShellAsync("\"$SANDBOX\" exec /dev/zero; echo $?; \"$SANDBOX\" exec - < /dev/zero; echo $?");

        Assert.Equal("2\n2\n", run.Stdout.Replace("}\n", "}", StringComparison.Ordinal).Split('}')[^1]);
        Assert.Contains("larger than 128 MiB", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_job_may_come_late_through_a_fifo()
    {
        var job = JobFiles.Write(Directory, ["/probes/say", "late"]);

        var run = await ShellAsync($"mkfifo p; (sleep 0.5; cat {job} > p) & \"$SANDBOX\" exec p");

        Assert.Equal("ok", run.Verdict);
    }

    [KernelFact]
    public async Task A_signal_ends_the_reading_of_a_job_that_nobody_writes()
    {
        var run = await ShellAsync("mkfifo p; \"$SANDBOX\" exec p & pid=$!; sleep 0.7; kill -TERM $pid; wait $pid; echo $?");

        Assert.Equal("143\n", run.Stdout);
    }

    [KernelFact]
    public async Task A_reader_that_takes_nothing_does_not_keep_a_job_past_its_limit()
    {
        var run = await ShellAsync(
            "mkfifo p; (exec 3<p; sleep 20) & reader=$!; \"$SANDBOX\" run --wall-time 1s head -c 1000000 /dev/zero > p; echo $?; kill $reader");

        Assert.Equal("124\n", run.Stdout);
        Assert.Contains("bytes of stdout were dropped", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_result_is_written_although_nobody_reads_the_stream()
    {
        var job = JobFiles.Write(Directory, ["/probes/flood", "1", "1"], "\"stdout\": \"inherit\", \"limits\": { \"wallTime\": \"1s\" }");

        var run = await ShellAsync($"mkfifo p; (exec 3<p; sleep 20) & reader=$!; \"$SANDBOX\" exec {job} --result r > p; kill $reader; cat r");

        Assert.Equal("wall-time-limit", run.Verdict);
        Assert.True(run.Result.GetProperty("stdout").GetProperty("truncated").GetBoolean());
        Assert.True(run.Result.GetProperty("stdout").GetProperty("undelivered").GetInt64() > 0, run.Stdout);
    }

    [KernelFact]
    public async Task A_fifo_as_destination_does_not_block_the_supervisor()
    {
        var job = JobFiles.Write(Directory, ["/probes/flood", "1", "1"], $"\"stdout\": {{ \"to\": \"{Directory}/p\" }}, \"limits\": {{ \"wallTime\": \"1s\" }}");

        var run = await ShellAsync($"mkfifo p; (exec 3<p; sleep 20) & reader=$!; \"$SANDBOX\" exec {job}; kill $reader");

        Assert.Equal("wall-time-limit", run.Verdict);
    }

    [KernelFact]
    public async Task A_slow_reader_gets_everything()
    {
        var run = await ShellAsync(
            "\"$SANDBOX\" run --wall-time 3s -- sh -c 'head -c 120000 /dev/zero; sleep 9' | { sleep 4; while dd bs=10000 count=1 status=none | wc -c | grep -v '^0'; do sleep 0.2; done; }");

        Assert.Equal(120_000, run.Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries).Sum(line => int.Parse(line, CultureInfo.InvariantCulture)));
        Assert.DoesNotContain("dropped", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_signal_ends_the_wait_for_a_reader_of_a_job_that_is_over()
    {
        var run = await ShellAsync(
            "mkfifo p; (exec 3<p; sleep 20) & reader=$!; \"$SANDBOX\" run sh -c 'head -c 100000 /dev/zero; echo written >&2' > p 2> said & pid=$!; until [ -s said ]; do sleep 0.1; done; sleep 1; kill -TERM $pid; wait $pid; echo $?; cat said >&2; kill $reader");

        Assert.Equal("0\n", run.Stdout);
        Assert.Contains("bytes of stdout were dropped", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task An_output_that_somebody_outside_holds_open_delays_nothing()
    {
        var path = Path.Combine(Directory, "listener");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(5);
        File.SetUnixFileMode(path, (UnixFileMode)0b111_111_111);
        var job = Probe.Job("hand_over_output", "/outside/listener");

        var result = await RunAsync(job with { Mounts = [.. job.Mounts, new BindMount { Source = Directory, Target = "/outside" }] });

        AssertPrinted("handed over", result);
    }

    [KernelFact]
    public async Task A_launcher_that_somebody_stopped_goes_on_in_time()
    {
        var job = JobFiles.Write(Directory, ["/probes/sleep_forever"], "\"limits\": { \"wallTime\": \"1s\" }");

        var run = await ShellAsync(
            $"\"$SANDBOX\" exec {job} & pid=$!; sleep 0.5; for child in $(cat /proc/$pid/task/*/children); do kill -STOP $child; done; wait $pid");

        Assert.Equal("wall-time-limit", run.Verdict);
    }

    [KernelFact]
    public async Task A_cancellation_does_not_wait_for_a_launcher_that_somebody_stopped()
    {
        using var cancellation = new CancellationTokenSource();
        using var runner = new SandboxRunner();
        var mark = $"mark-{Guid.NewGuid():N}";
        var running = runner.RunAsync(Probe.Job("sleep_forever", mark), cancellation.Token);
        await WaitUntilAsync(() => HostProcesses.WithArgument(mark).Count > 0);
        foreach (var launcher in HostProcesses.Children())
        {
            await StopAsync($"{launcher}");
        }

        await cancellation.CancelAsync();

        AssertVerdict(Verdict.Cancelled, await running);
    }

    private Task<CommandRun> ShellAsync(string script) => CommandRun.ShellInAsync(Directory, script, Cancellation);

    private static async Task StopAsync(string pid)
    {
        using var kill = Process.Start("kill", ["-STOP", pid]);
        await kill.WaitForExitAsync(Cancellation);
    }

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        for (var tried = 0; tried < 500 && !condition(); tried++)
        {
            await Task.Delay(20, Cancellation);
        }

        Assert.True(condition());
    }
}
