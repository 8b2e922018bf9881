using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Processes that do not die and servers that do not answer: the command says so, and ends.</summary>
public sealed class StuckTests(StuckRuns runs) : IClassFixture<StuckRuns>
{
    [KernelFact(Needs.Freezer, Timeout = 90_000)]
    public async Task A_process_that_does_not_die_is_named_in_an_internal_error()
    {
        var run = await runs.Of("frozen-job");

        Assert.True(run.ExitStatus == 3, run.ToString());
        Assert.Equal("internal-error", run.Verdict);
        Assert.Contains("(sleep_forever, state D", run.Result.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(0, run.Result.GetProperty("limitsHit").GetArrayLength());
    }

    [KernelFact(Needs.Freezer, Timeout = 90_000)]
    public async Task A_child_that_does_not_die_ends_the_wait_for_a_job_without_a_wall_time()
    {
        var run = await runs.Of("frozen-child");

        Assert.True(run.ExitStatus == 125, run.ToString());
        Assert.Contains("could not be ended: process", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact(Needs.Freezer, Timeout = 90_000)]
    public async Task A_signal_is_heard_although_the_job_does_not_die_of_it()
    {
        var run = await runs.Of("frozen-cancelled");

        Assert.True(run.ExitStatus == 3, run.ToString());
        Assert.Equal("internal-error", run.Verdict);
    }

    [KernelTheory(Needs.FileServer, Timeout = 90_000)]
    [InlineData("file", "x")]
    [InlineData("stdin", "x")]
    [InlineData("policy", "x")]
    [InlineData("rootfs", "directory")]
    [InlineData("bind", "directory")]
    [InlineData("destination", "x")]
    public async Task A_server_that_does_not_answer_is_a_setup_error_that_names_the_path(string where, string name)
    {
        var run = await runs.Of(where);

        Assert.True(run.ExitStatus == 125, run.ToString());
        Assert.Contains("did not answer within 30 s", run.Stderr, StringComparison.Ordinal);
        Assert.Contains($"{StuckRuns.Dead}/{name} ", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact(Needs.FileServer, Timeout = 90_000)]
    public async Task A_job_file_that_does_not_answer_is_told_in_time()
    {
        var run = await runs.Of("job-file");

        Assert.True(run.ExitStatus == 2, run.ToString());
        Assert.Contains("did not answer within 30 s", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact(Needs.FileServer, Timeout = 90_000)]
    public async Task A_signal_ends_the_wait_for_a_server_that_does_not_answer()
    {
        var run = await runs.Of("cancelled");

        Assert.True(run.ExitStatus == 1, run.ToString());
        Assert.Equal("cancelled", run.Verdict);
    }

    [KernelFact(Needs.FileServer, Timeout = 90_000)]
    public async Task A_job_in_the_hands_of_a_dead_server_has_an_end()
    {
        var run = await runs.Of("job");

        Assert.True(run.ExitStatus == 3, run.ToString());
        Assert.Contains("(cat, state D", run.Result.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    // The command itself cannot end before the server does.
    [KernelFact(Needs.FileServer, Timeout = 90_000)]
    public async Task Outputs_on_a_server_that_does_not_answer_are_given_up()
    {
        var run = await runs.Of("outputs");

        Assert.Equal("internal-error", run.Verdict);
        Assert.Contains("/data/x did not answer within", run.Result.GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
