using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What the job's first process is born with: no power, no leftovers of the host, no way back.</summary>
public sealed class ProcessStateTests : KernelTest
{
    [KernelTheory]
    [InlineData("CapInh")]
    [InlineData("CapPrm")]
    [InlineData("CapEff")]
    [InlineData("CapBnd")]
    [InlineData("CapAmb")]
    public async Task No_capability_set_holds_anything(string set) =>
        AssertPrinted("0000000000000000", await RunAsync(Probe.Job("state", set)));

    [KernelFact]
    public async Task No_new_privileges_can_be_gained() => AssertPrinted("1", await RunAsync(Probe.Job("state", "NoNewPrivs")));

    [KernelFact]
    public async Task A_seccomp_filter_is_in_force() => AssertPrinted("2", await RunAsync(Probe.Job("state", "Seccomp")));

    [KernelFact]
    public async Task No_capability_can_be_had_again() => AssertPrinted("denied", await RunAsync(Probe.Job("drop_root_again")));

    [KernelFact]
    public async Task No_capability_can_be_had_again_as_the_jobs_root()
    {
        var job = Probe.Job("drop_root_again") with { User = new JobUser { Uid = 0, Gid = 0 } };

        AssertPrinted("denied", await RunAsync(job));
    }

    [KernelFact]
    public async Task No_hard_limit_can_be_lifted() => AssertPrinted("denied", await RunAsync(Probe.Job("raise_limits")));

    [KernelFact]
    public async Task Securebits_are_set_and_locked()
    {
        var result = await RunAsync(Probe.Job("state", "securebits"));

        AssertVerdict(Verdict.Ok, result);
        const int NoRootAndLocked = 0b11;
        Assert.Equal(NoRootAndLocked, int.Parse(Out(result), null) & NoRootAndLocked);
    }

    [KernelFact]
    public async Task It_leads_a_session_of_its_own() => AssertPrinted("own", await RunAsync(Probe.Job("state", "session")));

    [KernelFact]
    public async Task It_has_no_terminal()
    {
        var result = await RunAsync(Probe.Job("state", "terminal"));

        AssertVerdict(Verdict.Ok, result);
        Assert.DoesNotContain("has one", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task It_is_process_two() => AssertPrinted("2 1", await RunAsync(Probe.Job("state", "pid")));

    [KernelFact]
    public async Task It_has_the_default_user() => AssertPrinted("1000 1000 1000 1000", await RunAsync(Probe.Job("state", "ids")));

    [KernelFact]
    public async Task It_has_the_user_that_was_asked_for()
    {
        var job = Probe.Job("state", "ids") with { User = new JobUser { Uid = 4321, Gid = 8765 } };

        AssertPrinted("4321 4321 8765 8765", await RunAsync(job));
    }

    [KernelFact]
    public async Task It_may_see_itself_as_root()
    {
        var job = Probe.Job("state", "ids") with { User = new JobUser { Uid = 0, Gid = 0 } };

        AssertPrinted("0 0 0 0", await RunAsync(job));
    }

    [KernelFact]
    public async Task No_signal_is_blocked_or_ignored() => AssertPrinted("odd 0", await RunAsync(Probe.Job("state", "signals")));

    [KernelFact]
    public async Task No_descriptor_but_the_first_three_is_open() => AssertPrinted("inherited 0", await RunAsync(Probe.Job("list_fds")));

    [KernelTheory]
    [InlineData("nice", "0 0")]
    [InlineData("rtprio", "0 0")]
    public async Task A_limit_nobody_asks_for_is_zero(string limit, string expected) =>
        AssertPrinted(expected, await RunAsync(Probe.Job("state", limit)));

    // Nothing fits into one byte, and one byte is what makes the kernel skip a core_pattern that is a pipe (core(5)).
    [KernelFact]
    public async Task No_core_can_be_dumped()
    {
        var result = await RunAsync(Probe.Job("state", "core"));

        Assert.True(Out(result) is "0 0\n" or "1 1\n", Describe(result));
    }

    // The kernel's own default, 800 KiB; it is memory that no process maps.
    [KernelFact]
    public async Task Message_queues_hold_less_than_a_mebibyte()
    {
        var result = await RunAsync(Probe.Job("state", "msgqueue"));

        Assert.InRange(long.Parse(Out(result).Split(' ')[1], null), 0, 1 << 20);
    }

    [KernelFact]
    public async Task The_open_files_limit_is_the_jobs()
    {
        var job = Probe.Job("state", "nofile");

        AssertPrinted("77 77", await RunAsync(job with { Limits = job.Limits with { OpenFiles = 77 } }));
    }

    [KernelFact]
    public async Task The_lowest_open_files_limit_leaves_one_descriptor()
    {
        var job = Probe.Job("open_many", "1000");

        AssertPrinted("denied EMFILE after 1", await RunAsync(job with { Limits = job.Limits with { OpenFiles = 4, CpuTime = TimeSpan.FromSeconds(5) } }));
    }

    [KernelFact]
    public async Task Opening_files_beyond_the_limit_fails()
    {
        var job = Probe.Job("open_many", "1000");

        AssertPrinted("denied EMFILE after 47", await RunAsync(job with { Limits = job.Limits with { OpenFiles = 50 } }));
    }

    [KernelFact]
    public async Task The_working_directory_is_work() => AssertPrinted("/work", await RunAsync(Probe.Job("state", "cwd")));

    [KernelFact]
    public async Task The_working_directory_can_be_chosen() =>
        AssertPrinted("/tmp", await RunAsync(Probe.Job("state", "cwd") with { WorkingDirectory = "/tmp" }));

    [KernelFact]
    public async Task The_umask_is_the_usual_one() => AssertPrinted("0022", await RunAsync(Probe.Job("state", "umask")));

    [KernelFact]
    public async Task The_environment_is_the_jobs_alone()
    {
        var job = Probe.Job("state", "environment") with { Env = new Dictionary<string, string> { ["ANSWER"] = "42" } };

        var result = await RunAsync(job);

        var lines = Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
        Assert.Equal(["ANSWER=42", "HOME=/work", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR=/tmp"], lines);
    }

    [KernelFact]
    public async Task A_deep_recursion_within_the_stack_works()
    {
        var job = Probe.Job("overflow_stack", "20000");

        AssertVerdict(Verdict.Ok, await RunAsync(job with { Limits = job.Limits with { StackBytes = 64L << 20 } }));
    }

    [KernelFact]
    public async Task A_recursion_beyond_the_stack_is_the_jobs_own_crash()
    {
        var job = Probe.Job("overflow_stack", "100000");

        var result = await RunAsync(job with { Limits = job.Limits with { StackBytes = 8L << 20 } });

        AssertVerdict(Verdict.Signal, result);
        Assert.Equal("SIGSEGV", result.Signal);
        Assert.Equal(Killer.Job, result.KilledBy);
    }
}
