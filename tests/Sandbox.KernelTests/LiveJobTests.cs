using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A caller who stays with a job: reads, writes, signals and ends it while it runs.</summary>
public sealed class LiveJobTests : KernelTest
{
    [KernelFact]
    public async Task What_is_written_is_read_and_answered()
    {
        await using var job = await Runner.StartAsync(Live("cat"), Cancellation);
        var buffer = new byte[64];

        await job.Stdin.WriteAsync("one\n"u8.ToArray(), Cancellation);
        var first = await job.Stdout.ReadAsync(buffer, Cancellation);
        await job.Stdin.WriteAsync("two\n"u8.ToArray(), Cancellation);
        job.Stdin.Close();
        var rest = await AllOf(job.Stdout);
        var result = await job.WaitAsync(Cancellation);

        Assert.Equal("one\n", Encoding.UTF8.GetString(buffer, 0, first));
        Assert.Equal("two\n", rest);
        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(8, result.Stdout.Bytes);
    }

    [KernelFact]
    public async Task A_job_waits_for_a_caller_who_does_not_read_and_loses_nothing()
    {
        await using var job = await Runner.StartAsync(Live("head -c 8000000 /dev/zero; echo done >&2"), Cancellation);

        var isEarly = await Task.WhenAny(AllOf(job.Stderr), Task.Delay(500, Cancellation)) is Task<string>;
        var read = await Count(job.Stdout);
        var result = await job.WaitAsync(Cancellation);

        Assert.False(isEarly);
        Assert.Equal(8_000_000, read);
        AssertVerdict(Verdict.Ok, result);
    }

    [KernelFact]
    public async Task The_limit_of_output_holds_for_live_streams()
    {
        var endless = Live("yes");
        await using var job = await Runner.StartAsync(endless with { Limits = endless.Limits with { OutputBytes = 100_000 } }, Cancellation);

        var read = await Count(job.Stdout);

        AssertVerdict(Verdict.OutputLimit, await job.WaitAsync(Cancellation));
        Assert.Equal(100_000, read);
    }

    [KernelFact]
    public async Task A_signal_reaches_the_job()
    {
        await using var job = await Runner.StartAsync(Live("trap 'echo heard; exit 7' USR1; echo ready; while :; do sleep 0.05; done"), Cancellation);
        var buffer = new byte[6];
        await job.Stdout.ReadExactlyAsync(buffer, Cancellation);

        Assert.True(job.Signal(10));

        Assert.Equal("heard\n", await AllOf(job.Stdout));
        Assert.Equal(7, (await job.WaitAsync(Cancellation)).ExitCode);
    }

    [KernelFact]
    public async Task A_killed_job_is_cancelled_and_its_streams_end()
    {
        await using var job = await Runner.StartAsync(Live("sleep 100"), Cancellation);

        job.Kill();

        Assert.Equal("", await AllOf(job.Stdout));
        AssertVerdict(Verdict.Cancelled, await job.WaitAsync(Cancellation));
    }

    [KernelFact]
    public async Task Disposing_of_a_job_ends_it()
    {
        var job = await Runner.StartAsync(Live("sleep 100"), Cancellation);

        await job.DisposeAsync();

        AssertVerdict(Verdict.Cancelled, await job.WaitAsync(Cancellation));
    }

    [KernelFact]
    public async Task A_job_that_was_disposed_of_says_so()
    {
        var job = await Runner.StartAsync(Live("sleep 100"), Cancellation);
        var stdout = job.Stdout;

        await job.DisposeAsync();
        await job.DisposeAsync();

        Assert.Throws<ObjectDisposedException>(() => job.Signal(15));
        Assert.Throws<ObjectDisposedException>(() => job.Resize(1, 1));
        Assert.Throws<ObjectDisposedException>(() => job.Stdin);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stdout.ReadExactlyAsync(new byte[1], Cancellation));
        job.Kill();
    }

    [KernelFact]
    public async Task A_signal_that_nobody_is_left_for_is_not_heard()
    {
        await using var job = await Runner.StartAsync(Live("true"), Cancellation);
        await job.WaitAsync(Cancellation);

        Assert.False(job.Signal(15));
        await Runner.DrainAsync(Cancellation);
        Assert.False(job.Signal(15));
    }

    [KernelFact]
    public async Task Who_gives_up_waiting_leaves_the_job_running()
    {
        await using var job = await Runner.StartAsync(Live("cat"), Cancellation);
        using var impatience = new CancellationTokenSource(50);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => job.WaitAsync(impatience.Token));
        job.Stdin.Close();

        AssertVerdict(Verdict.Ok, await job.WaitAsync(Cancellation));
    }

    [KernelFact]
    public async Task Writing_to_a_job_that_reads_no_more_fails_at_once()
    {
        await using var job = await Runner.StartAsync(Live("exec <&-; echo ready; sleep 100"), Cancellation);
        await job.Stdout.ReadExactlyAsync(new byte[6], Cancellation);

        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (true)
            {
                await job.Stdin.WriteAsync(new byte[4096], Cancellation);
            }
        });
    }

    [KernelFact]
    public async Task A_job_that_cannot_be_set_up_says_so_in_its_result()
    {
        await using var job = await Runner.StartAsync(Live("true") with { Mounts = [Mount.Bind("/absent/directory", "/data")] }, Cancellation);

        Assert.Equal("", await AllOf(job.Stdout));
        AssertVerdict(Verdict.SetupError, await job.WaitAsync(Cancellation));
    }

    [KernelFact]
    public async Task A_start_that_was_given_up_leaves_nothing()
    {
        using var given = new CancellationTokenSource();
        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Runner.StartAsync(Live("true"), given.Token));
    }

    [KernelFact]
    public async Task A_stream_is_live_only_where_it_was_asked_for()
    {
        await using var job = await Runner.StartAsync(Live("echo out; echo err >&2") with { Stderr = OutputStream.Capture, Stdin = Stdin.Null }, Cancellation);

        Assert.Equal("out\n", await AllOf(job.Stdout));
        Assert.Throws<InvalidOperationException>(() => job.Stderr);
        Assert.Throws<InvalidOperationException>(() => job.Stdin);
        Assert.Equal("err\n", Encoding.UTF8.GetString((await job.WaitAsync(Cancellation)).Stderr.Content!.Value.Span));
    }

    [KernelFact]
    public async Task Whoever_does_not_stay_cannot_have_live_streams()
    {
        var invalid = await Assert.ThrowsAsync<InvalidJobException>(() => Runner.RunAsync(Live("true"), Cancellation));

        Assert.Equal(["/stdin", "/stdout", "/stderr"], invalid.Problems.Select(problem => problem.Pointer));
    }

    [KernelFact]
    public async Task A_terminal_can_be_live()
    {
        await using var job = await Runner.StartAsync(Live("stty size; cat") with { Terminal = true, Stderr = OutputStream.Merged }, Cancellation);

        job.Resize(30, 100);
        await job.Stdin.WriteAsync(new byte[] { 4 }, Cancellation);
        var said = await AllOf(job.Stdout);

        AssertVerdict(Verdict.Ok, await job.WaitAsync(Cancellation));
        Assert.Matches("^(30 100|24 80)\r\n", said);
    }

    private static JobSpec Live(string script) => Probe.Tool("sh", "-c", script) with
    {
        Stdin = Stdin.Live,
        Stdout = OutputStream.Live,
        Stderr = OutputStream.Live,
    };

    private static async Task<string> AllOf(Stream stream)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8, leaveOpen: true);
        return await reader.ReadToEndAsync(Cancellation);
    }

    private static async Task<long> Count(Stream stream)
    {
        var buffer = new byte[64 << 10];
        for (var total = 0L; ;)
        {
            var count = await stream.ReadAsync(buffer, Cancellation);
            if (count == 0)
            {
                return total;
            }

            total += count;
        }
    }
}
