using System.Globalization;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What capabilities and further ids give a job, and what they must not give it.</summary>
public sealed class PrivilegeTests : KernelTest
{
    private const CapabilitySet All = CapabilitySet.Chown | CapabilitySet.DacOverride | CapabilitySet.Fowner | CapabilitySet.Setgid | CapabilitySet.Setuid;

    [KernelFact]
    public async Task A_job_has_the_capabilities_it_was_granted_and_no_other()
    {
        var job = Probe.Job("state", "CapEff") with { Capabilities = CapabilitySet.Chown | CapabilitySet.Setuid };

        var result = await RunAsync(job);

        AssertPrinted("0000000000000081", result);
        Assert.Equal("0000000000000081", result.Isolation!.Capabilities);
        AssertPrinted("0000000000000081", await RunAsync(job with { Command = ["/probes/state", "CapBnd"] }));
        AssertPrinted("0000000000000000", await RunAsync(job with { Capabilities = CapabilitySet.None }));
    }

    [KernelTheory(Needs.SubIds)]
    [InlineData("make_device", "/work/disk")]
    [InlineData("write_mount", "/")]
    [InlineData("touch_init", "mem")]
    [InlineData("disturb_init", "end")]
    public async Task No_capability_of_a_job_reaches_beyond_it(string probe, string argument)
    {
        var job = Probe.Job(probe, argument) with
        {
            Capabilities = All,
            SubIds = true,
            User = new JobUser { Uid = 0, Gid = 0 },
        };

        AssertDenied(await RunAsync(job));
    }

    [KernelFact(Needs.SubIds)]
    public async Task Files_keep_their_owners_within_the_jobs_ids()
    {
        var result = await RunAsync(Script("touch a; chown 33:44 a; stat -c %u:%g a; cat /proc/self/uid_map | wc -l; id -u"));

        AssertPrinted("33:44\n2\n0", result);
    }

    [KernelFact(Needs.SubIds)]
    public async Task An_ordinary_user_of_many_ids_owns_what_was_made_for_it()
    {
        var job = Script("id -u; stat -c %u . /tmp given; echo more >>given && echo written") with
        {
            User = new JobUser { Uid = 1234, Gid = 1234 },
            Files = [new InjectedFile { Path = "/work/given", Content = new InlineContent { Bytes = "x"u8.ToArray() } }],
        };

        AssertPrinted("1234\n1234\n1234\n1234\nwritten", await RunAsync(job));
    }

    [KernelFact(Needs.SubIds)]
    public async Task Processes_of_every_id_end_with_the_job()
    {
        var mark = $"mark-{Guid.NewGuid():N}";
        var job = Script($"setpriv --reuid 6 --clear-groups true || exit 9; for id in 7 8 9; do setpriv --reuid $id --clear-groups /probes/sleep_forever {mark} & done; exec /probes/sleep_forever {mark}") with
        {
            User = new JobUser { Uid = 1000, Gid = 1000 },
            Limits = new ResourceLimits { WallTime = TimeSpan.FromSeconds(1) * Requirements.Slowness },
        };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.WallTimeLimit, result);
        Assert.Equal(Killer.Sandbox, result.KilledBy);
        Assert.Empty(HostProcesses.WithArgument(mark));
    }

    [KernelFact(Needs.SubIds)]
    public async Task Ids_of_a_job_do_not_have_a_budget_of_processes_each()
    {
        const int limit = 32;
        var job = Script("for id in 7 8 9; do setpriv --reuid $id --clear-groups /probes/fork_bomb 1000; done") with
        {
            Limits = new ResourceLimits { Processes = limit },
        };

        var result = await RunAsync(job);

        var made = Out(result).TrimEnd().Split('\n').Select(line => int.Parse(line["denied EAGAIN after ".Length..], CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(3, made.Length);
        Assert.InRange(made.Sum(), limit - 3, limit);
    }

    [KernelFact(Needs.SubIds)]
    public async Task A_limit_of_each_id_is_none_of_the_job()
    {
        using var runner = new SandboxRunner(new SandboxOptions { Cgroup = "none" });
        var job = Script("true") with { Require = [RequiredLimit.Processes] };

        AssertVerdict(Verdict.SetupError, await runner.RunAsync(job, Cancellation));
        AssertVerdict(Verdict.Ok, await runner.RunAsync(job with { SubIds = false }, Cancellation));
    }

    [KernelFact(Needs.SubIds | Needs.Unprivileged)]
    public async Task Groups_of_the_caller_do_not_follow_into_a_job_of_many_ids()
    {
        AssertPrinted("0", await RunAsync(Script("id -G")));
    }

    private static JobSpec Script(string script) => Probe.Tool("/bin/sh", "-c", script) with
    {
        SubIds = true,
        Capabilities = All,
        User = new JobUser { Uid = 0, Gid = 0 },
    };
}
