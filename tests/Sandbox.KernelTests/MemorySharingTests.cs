using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Without a control group, processes with one memory count once, and those with two count twice, whatever tells them apart.</summary>
[Trait("limits", "true")]
public sealed class MemorySharingTests : KernelTest
{
    private static readonly long s_limit = (96L << 20) / Requirements.Slowness;

    [KernelTheory]
    [InlineData("vfork", "")]
    [InlineData("clone", "")]
    [InlineData("leaderless", "")]
    [InlineData("vfork", "refuse_kcmp")]
    [InlineData("clone", "refuse_kcmp")]
    [InlineData("leaderless", "refuse_kcmp")]
    public async Task One_memory_counts_once(string way, string wrapper)
    {
        var run = await ExecAsync(wrapper, "start_children", way, $"{s_limit * 6 / 10}", $"{200 / Requirements.Slowness}");

        Assert.True(run.Verdict == "ok", run.ToString());
        Assert.InRange(run.Result.GetProperty("memory").GetProperty("peakBytes").GetInt64(), s_limit * 6 / 10, s_limit * 3 / 4);
    }

    [KernelTheory]
    [InlineData("")]
    [InlineData("refuse_kcmp")]
    public async Task Two_memories_of_one_size_are_two(string wrapper)
    {
        var run = await ExecAsync(wrapper, "hide_memory", "vfork", $"{300 << 20}");

        Assert.True(run.Verdict == "memory-limit", run.ToString());
    }

    // The probe holds 80 MiB whatever it is asked for.
    [KernelTheory(Needs.NativeKernel)]
    [InlineData("")]
    [InlineData("refuse_kcmp")]
    public async Task A_job_that_copies_what_tells_them_apart_hides_nothing(string wrapper)
    {
        var run = await ExecAsync(wrapper, 64 << 20, "hide_memory", "copied", "0");

        Assert.True(run.Verdict == "memory-limit", run.ToString());
    }

    [KernelTheory(Needs.NativeKernel)]
    [InlineData("", "as kcmp(2) tells")]
    [InlineData("refuse_kcmp", "as their coredump_filter tells")]
    public async Task How_they_are_told_apart_is_said(string wrapper, string words)
    {
        var run = await ExecAsync(wrapper, "hold_memory", "nothing", "0");

        Assert.Contains(words, run.Result.GetProperty("enforcement").GetProperty("memory").GetProperty("note").GetString(), StringComparison.Ordinal);
    }

    private Task<CommandRun> ExecAsync(string wrapper, params string[] command) => ExecAsync(wrapper, s_limit, command);

    private Task<CommandRun> ExecAsync(string wrapper, long limit, params string[] command)
    {
        var limits = string.Create(CultureInfo.InvariantCulture, $"\"limits\": {{ \"memory\": {limit}, \"wallTime\": \"{20 * Requirements.Slowness}s\" }}");
        var job = JobFiles.Write(Directory, [$"/probes/{command[0]}", .. command[1..]], limits);
        var before = wrapper.Length == 0 ? "" : JsonSerializer.Serialize($"{Probe.Directory}/{wrapper}");
        return CommandRun.ShellAsync($"export SANDBOX_CGROUP=none; exec {before} \"$SANDBOX\" exec \"$JOB\"", job, Cancellation);
    }
}
