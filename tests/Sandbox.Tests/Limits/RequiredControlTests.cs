using Sandbox.Interop;
using Sandbox.Resources.Limits;
using Xunit;
using static Sandbox.Tests.Limits.ControlledJob;

namespace Sandbox.Tests.Limits;

public sealed class RequiredControlTests
{
    [Fact]
    public void A_limit_that_the_job_does_not_set_is_not_got_from_a_group()
    {
        var report = EnforcementReport.Build(new() { DiskBytes = null }, Facts(All()));

        var refused = Assert.Throws<SandboxException>(() => RequireCheck.Check(["disk"], report, All()));

        Assert.DoesNotContain("control group", refused.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("memory", "a control group above the job's allows 268435456, the job asks for 536870912")]
    [InlineData("processes", "a control group above the job's allows 64, the job asks for 128")]
    [InlineData("cpus", "a control group above the job's allows 0.5, the job asks for 1.5")]
    public void A_required_limit_that_a_group_above_narrows_is_refused(string name, string weakness)
    {
        var refused = Assert.Throws<SandboxException>(() => Check(Narrow(), name));

        Assert.Equal(($"required limit {name}: {weakness}", "/require/0"), (refused.Message, refused.Pointer));
        Assert.NotNull(refused.Hint);
    }

    [Fact]
    public void One_task_less_is_somebody_elses_limit_and_not_rounded()
    {
        var holds = All() with { Tasks = 127 };

        var refused = Assert.Throws<SandboxException>(() => Check(holds, "processes"));

        Assert.Equal(Outer, Build(holds)["processes"].Note);
        Assert.Equal("required limit processes: a control group above the job's allows 127, the job asks for 128", refused.Message);
    }

    [Theory]
    [InlineData(1.0 / 3, 0.33333)]
    [InlineData(1.000005, 1.00001)]
    [InlineData(1.000004, 1.0)]
    public void A_share_of_whole_microseconds_is_the_one_asked_for(double asked, double effective)
    {
        var holds = All() with { Cpus = effective };
        var report = EnforcementReport.Build(Asked with { Cpus = asked }, Facts(holds));

        Assert.Equal((effective, Mechanism.Cgroup2, null), (report["cpus"].Effective, report["cpus"].By, report["cpus"].Note));
        RequireCheck.Check(["cpus"], report, holds);
    }

    [Fact]
    public void A_share_of_some_microseconds_less_is_somebody_elses_limit()
    {
        var holds = All() with { Cpus = 1.49997 };

        Assert.Equal(Outer, Build(holds)["cpus"].Note);
        Assert.Throws<SandboxException>(() => Check(holds, "cpus"));
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("processes")]
    public void What_was_not_read_back_is_not_held(string name)
    {
        var refused = Assert.Throws<SandboxException>(() => Check(All() with { MemoryBytes = null, Tasks = null }, name));

        Assert.Equal($"required limit {name}: could not be read back from the kernel", refused.Message);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("processes")]
    [InlineData("cpus")]
    public void What_a_group_does_not_hold_is_got_from_a_group(string name)
    {
        var refused = Assert.Throws<SandboxException>(() => Check(Narrow(), name));

        Assert.Equal(
            $"\"sandbox doctor\" says how to get a control group that holds it; or take \"{name}\" out of require to accept what the result's enforcement describes",
            refused.Hint);
    }

    [Fact]
    public void What_an_rlimit_does_not_hold_is_got_from_the_account()
    {
        var report = EnforcementReport.Build(Asked, Facts(All()) with { Ceilings = new() { [Rlimit.Nproc] = 50 } });

        var refused = Assert.Throws<SandboxException>(() => RequireCheck.Check(["processes"], report, All()));

        Assert.Equal("take \"processes\" out of require, or raise the hard limit of the account that starts jobs (limits.conf(5))", refused.Hint);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("cpuTime")]
    [InlineData("processes")]
    [InlineData("cpus")]
    [InlineData("memoryHigh")]
    [InlineData("ioRead")]
    [InlineData("ioWrite")]
    public void What_a_control_group_holds_may_be_required(string name)
    {
        var refusal = Record.Exception(() => Check(All(), name));

        Assert.Null(refusal);
    }

    [Fact]
    public void A_limit_rounded_down_to_whole_pages_is_no_weaker_limit()
    {
        var page = Environment.SystemPageSize;
        var limits = Asked with { MemoryBytes = (10 * page) + 1 };
        var facts = Facts(All() with { MemoryBytes = 10 * page });

        var report = EnforcementReport.Build(limits, facts);

        Assert.Equal((10.0 * page, "rounded down to whole pages"), (report["memory"].Effective, report["memory"].Note));
        RequireCheck.Check(["memory"], report, All());
    }

    [Fact]
    public void A_whole_page_less_is_somebody_elses_limit()
    {
        var holds = All() with { MemoryBytes = (512 * Mebibyte) - Environment.SystemPageSize };

        Assert.Equal(Outer, Build(holds)["memory"].Note);
        Assert.Throws<SandboxException>(() => Check(holds, "memory"));
    }

    [Fact]
    public void Memory_that_may_be_swapped_out_is_told_and_may_not_be_required()
    {
        const string weakness = "the host swaps, and this kernel does not count swap";
        var holds = All() with { MemoryWeakness = weakness };

        var refused = Assert.Throws<SandboxException>(() => Check(holds, "memory"));

        Assert.Equal("required limit memory: " + weakness, refused.Message);
        Assert.Equal(weakness, Build(holds)["memory"].Note);
    }

    [Fact]
    public void A_weakness_of_memory_is_held_against_memory_and_nothing_else()
    {
        var holds = All() with { MemoryBy = Mechanism.Cgroup1, MemoryWeakness = "version 1 does not count the buffers of UDP; a watchdog looks at them" };

        var refused = Assert.Throws<SandboxException>(() => Check(holds, "memory"));
        Check(holds, "processes");
        Check(holds, "cpuTime");

        Assert.Equal("required limit memory: version 1 does not count the buffers of UDP; a watchdog looks at them", refused.Message);
    }
}
