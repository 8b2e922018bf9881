using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job that attacks its own supervisor changes nothing in the result.</summary>
[Trait("limits", "true")]
public sealed class HostileJobTests : KernelTest
{
    [KernelFact]
    public async Task A_forged_result_is_only_output()
    {
        var result = await RunAsync(Probe.Job("forge_result"));

        AssertVerdict(Verdict.ExitCode, result);
        Assert.Equal(7, result.ExitCode);
    }

    [KernelFact]
    public async Task Killing_everything_in_sight_only_ends_the_job()
    {
        var result = await RunAsync(Probe.Job("kill_everything"));

        AssertVerdict(Verdict.ExitCode, result);
        Assert.Equal(5, result.ExitCode);
        Assert.Contains("still here", Out(result), StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("mem")]
    [InlineData("environ")]
    [InlineData("maps")]
    [InlineData("root")]
    [InlineData("cwd")]
    [InlineData("exe")]
    [InlineData("fd/0")]
    [InlineData("fd/3")]
    [InlineData("ns/mnt")]
    [InlineData("ns/user")]
    [InlineData("stack")]
    [InlineData("syscall")]
    [InlineData("auxv")]
    [InlineData("io")]
    [InlineData("root/etc/passwd")]
    public async Task Nothing_of_process_one_can_be_opened(string what)
    {
        var result = await RunAsync(Probe.Job("touch_init", what));

        AssertDenied(result);
    }

    [KernelTheory]
    [InlineData("mem")]
    [InlineData("environ")]
    [InlineData("root")]
    [InlineData("exe")]
    [InlineData("fd/3")]
    public async Task Nothing_of_process_one_can_be_opened_by_the_jobs_root(string what)
    {
        var result = await RunAsync(Probe.Job("touch_init", what) with { User = new JobUser { Uid = 0, Gid = 0 } });

        AssertDenied(result);
    }

    [KernelTheory]
    [InlineData("end")]
    [InlineData("cpu")]
    [InlineData("cpu-high-bits")]
    [InlineData("stack")]
    [InlineData("files")]
    [InlineData("affinity")]
    [InlineData("scheduler")]
    [InlineData("parameter")]
    [InlineData("attributes")]
    [InlineData("priority")]
    [InlineData("priority-group")]
    [InlineData("priority-user")]
    [InlineData("priority-user-named")]
    [InlineData("io-priority")]
    [InlineData("io-priority-group")]
    [InlineData("io-priority-user")]
    [InlineData("group")]
    [InlineData("join-group")]
    [InlineData("memory")]
    [InlineData("signals")]
    public async Task Process_one_cannot_be_ended_limited_or_slowed_down(string how)
    {
        var result = await RunAsync(Probe.Job("disturb_init", how));

        AssertDenied(result);
    }

    [KernelTheory]
    [InlineData("disturb_init", "end")]
    [InlineData("disturb_init", "priority-user")]
    [InlineData("disturb_init", "memory")]
    [InlineData("refused_call", "ptrace-init")]
    [InlineData("refused_call", "ptrace-attach-init")]
    [InlineData("refused_call", "read-init")]
    [InlineData("refused_call", "write-init")]
    [InlineData("refused_call", "take-fd-of-init")]
    [InlineData("refused_call", "setns-of-init")]
    [InlineData("refused_call", "kcmp")]
    public async Task Process_one_is_out_of_reach_whatever_the_policy_allows(string probe, string how)
    {
        var policy = """{ "extends": "build", "allow": ["@process", "@scheduling", "@tracing", "@namespaces", "@numa"] }"""u8.ToArray();

        var result = await RunAsync(Probe.Job(probe, how) with { Seccomp = new InlinePolicy { Json = policy } });

        AssertDenied(result);
    }

    [KernelFact]
    public async Task The_runner_serves_the_next_job_after_an_attack()
    {
        await RunAsync(Probe.Job("kill_everything"));
        await RunAsync(Probe.Job("forge_result"));

        var result = await RunAsync(Probe.Job("say", "next"));

        AssertPrinted("next", result);
    }

    [KernelFact]
    public async Task Descriptors_in_flight_are_bounded()
    {
        var job = Probe.Job("fill_pipe_descriptors");

        var result = await RunAsync(job with { Limits = job.Limits with { OpenFiles = 64 } });

        AssertVerdict(Verdict.Ok, result);
        Assert.InRange(int.Parse(Out(result).Split(' ')[2], null), 0, 1024);
    }

    [KernelFact]
    public async Task The_command_itself_cannot_be_overwritten_through_proc()
    {
        var result = await RunAsync(Probe.Job("open_file", "/proc/self/exe", "w"));

        AssertDenied(result);
    }

    [KernelFact]
    public async Task A_device_node_opens_no_disk()
    {
        AssertDenied(await RunAsync(Probe.Job("make_device", "/work/disk")));
        AssertDenied(await RunAsync(Probe.Job("make_device", "/tmp/disk") with { User = new JobUser { Uid = 0, Gid = 0 } }));
    }
}
