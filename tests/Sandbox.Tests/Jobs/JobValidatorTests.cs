using Sandbox.Jobs;
using Xunit;

namespace Sandbox.Tests.Jobs;

public sealed class JobValidatorTests
{
    private static readonly JobSpec s_plain = new() { Command = ["true"] };

    public static TheoryData<string, JobSpec> BadSpecs => new()
    {
        { "/command", s_plain with { Command = [] } },
        { "/command/0", s_plain with { Command = [""] } },
        { "/command/1", s_plain with { Command = ["a", "b\0"] } },
        { "/command/1", s_plain with { Command = ["a", null!] } },
        { "/command/1", s_plain with { Command = ["a", "\ud800"] } },
        { "/command/1", s_plain with { Command = ["a", new string('x', 131072)] } },
        { "/env/A", s_plain with { Env = new Dictionary<string, string> { ["A"] = "\0" } } },
        { "/env/A=B", s_plain with { Env = new Dictionary<string, string> { ["A=B"] = "" } } },
        { "/workingDirectory", s_plain with { WorkingDirectory = "/work/" } },
        { "/workingDirectory", s_plain with { WorkingDirectory = "/" + new string('x', 256) } },
        { "/workingDirectory", s_plain with { WorkingDirectory = string.Concat(Enumerable.Repeat("/abc", 1024)) } },
        { "/hostname", s_plain with { Hostname = new string('x', 65) } },
        { "/hostname", s_plain with { Hostname = "" } },
        { "/user/uid", s_plain with { User = new JobUser { Uid = uint.MaxValue, Gid = 0 } } },
        { "/user/gid", s_plain with { User = new JobUser { Uid = 0, Gid = uint.MaxValue } } },
        { "/mounts/0", s_plain with { Mounts = [null!] } },
        { "/mounts/0/source", s_plain with { Mounts = [new BindMount { Source = "rel", Target = "/a" }] } },
        { "/mounts/0/size", s_plain with { Mounts = [new TmpfsMount { Target = "/a", SizeBytes = 0 }] } },
        { "/mounts/1/size", s_plain with { Mounts = [Tmpfs("/a", 200 << 20), Tmpfs("/b", 57 << 20)] } },
        { "/mounts/1/target", s_plain with { Mounts = [Tmpfs("/a", 1), Tmpfs("/a", 1)] } },
        { "/files/~1a~0b", s_plain with { Files = [Text("/a~b"), Text("/a~b")] } },
        { "/files/~1a/mode", s_plain with { Files = [Text("/a") with { Mode = 512 }] } },
        { "/files/~1a/from", s_plain with { Files = [Text("/a") with { Content = new FileContent { Path = "rel" } }] } },
        { "/files/~1a", s_plain with { Files = [Text("/a")], Mounts = [Tmpfs("/a", 1)] } },
        { "/stdin/from", s_plain with { Stdin = new ContentStdin { Content = new FileContent { Path = "" } } } },
        { "/stdout", s_plain with { Stdout = new MergedStream() } },
        { "/stderr", s_plain with { Terminal = true, Stderr = new InheritStream() } },
        { "/stderr", s_plain with { Terminal = true, Stderr = new DiscardStream() } },
        { "/stderr", s_plain with { Terminal = true, Stderr = new FileOutput { Path = "/tmp/x" } } },
        { "/stdout/to", s_plain with { Stdout = new FileOutput { Path = "/tmp/" } } },
        { "/outputs/0/to", s_plain with { Outputs = [new OutputSpec { Path = "/work/*", To = "/tmp/x" }] } },
        { "/outputs/0/maxSize", s_plain with { Outputs = [new OutputSpec { Path = "/w", To = "/tmp/x", MaxSizeBytes = -1 }] } },
        { "/limits/wallTime", s_plain with { Limits = new ResourceLimits { WallTime = TimeSpan.Zero } } },
        { "/limits/cpuTime", s_plain with { Limits = new ResourceLimits { CpuTime = TimeSpan.MaxValue } } },
        { "/limits/disk", s_plain with { Limits = new ResourceLimits { DiskBytes = 0 } } },
        { "/limits/memory", s_plain with { Limits = new ResourceLimits { MemoryBytes = -1 } } },
        { "/limits/memory", s_plain with { Limits = new ResourceLimits { MemoryBytes = (256 << 10) - 1 } } },
        { "/limits/memoryHigh", s_plain with { Limits = new ResourceLimits { MemoryHighBytes = 4096 } } },
        { "/limits/stack", s_plain with { Limits = new ResourceLimits { StackBytes = 8192 } } },
        { "/limits/addressSpace", s_plain with { Limits = new ResourceLimits { AddressSpaceBytes = 4096 } } },
        { "/limits/dataSegment", s_plain with { Limits = new ResourceLimits { DataSegmentBytes = 0 } } },
        { "/require/0", s_plain with { Limits = new ResourceLimits { StackBytes = ResourceLimits.Unlimited }, Require = [RequiredLimit.Stack] } },
        { "/require/0", s_plain with { Require = [RequiredLimit.AddressSpace] } },
        { "/require/0", s_plain with { Require = [RequiredLimit.DataSegment] } },
        { "/limits/cpus", s_plain with { Limits = new ResourceLimits { Cpus = 0.009 } } },
        { "/limits/cpus", s_plain with { Limits = new ResourceLimits { Cpus = 4097 } } },
        { "/limits/cpus", s_plain with { Limits = new ResourceLimits { Cpus = double.NaN } } },
        { "/limits/memoryHigh", s_plain with { Limits = new ResourceLimits { MemoryHighBytes = 0 } } },
        { "/limits/trafficRate", s_plain with { Limits = new ResourceLimits { TrafficRateBytes = 0 } } },
        { "/limits/connectionsTotal", s_plain with { Limits = new ResourceLimits { ConnectionsTotal = 0 } } },
        { "/limits/ioRead", s_plain with { Limits = new ResourceLimits { IoReadBytes = 0 } } },
        { "/limits/ioWrite", s_plain with { Limits = new ResourceLimits { IoWriteBytes = -1 } } },
        { "/cpuset", s_plain with { Cpuset = "" } },
        { "/cpuset", s_plain with { Cpuset = "0-4096" } },
        { "/require/0", s_plain with { Require = [RequiredLimit.CpuTime] } },
        { "/require/0", s_plain with { Require = [RequiredLimit.Cpus] } },
        { "/require/0", s_plain with { Require = [RequiredLimit.Cpuset] } },
        { "/require/0", s_plain with { Require = [RequiredLimit.MemoryHigh] } },
        { "/require/0", s_plain with { Require = [RequiredLimit.IoRead] } },
        { "/require/0", s_plain with { Require = [RequiredLimit.IoWrite] } },
        { "/network", s_plain with { Network = null! } },
        { "/seccomp", s_plain with { Seccomp = new PolicyFile { Path = "rel" } } },
        { "/traceparent", s_plain with { Traceparent = "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" } },
    };

    [Theory]
    [MemberData(nameof(BadSpecs), DisableDiscoveryEnumeration = true)]
    public void A_job_made_in_code_is_held_to_the_rules_of_a_file(string pointer, JobSpec spec)
    {
        var invalid = Assert.Throws<InvalidJobException>(() => JobValidator.Validate(spec));

        var problem = Assert.Single(invalid.Problems);
        Assert.Equal((pointer, 0, 0), (problem.Pointer, problem.Line, problem.Column));
    }

    [Fact]
    public void Limits_of_control_groups_that_are_set_may_be_required()
    {
        var limits = new ResourceLimits { Cpus = 0.01, MemoryHighBytes = 256 << 10, IoReadBytes = 1, IoWriteBytes = 1 };

        var valid = JobValidator.Validate(s_plain with { Limits = limits, Cpuset = "0-1", Require = [RequiredLimit.Cpus, RequiredLimit.MemoryHigh, RequiredLimit.IoRead, RequiredLimit.IoWrite, RequiredLimit.Cpuset] });

        Assert.Equal("0-1", valid.Cpuset?.ToString());
    }

    [Fact]
    public void All_problems_are_told_at_once()
    {
        var spec = s_plain with { Command = [], Hostname = "", Require = [(RequiredLimit)77] };

        var invalid = Assert.Throws<InvalidJobException>(() => JobValidator.Validate(spec));

        Assert.Equal(["/command", "/hostname", "/require/0"], invalid.Problems.Select(problem => problem.Pointer));
    }

    [Fact]
    public void The_environment_is_the_defaults_and_what_the_job_adds()
    {
        var valid = JobValidator.Validate(s_plain with { Env = new Dictionary<string, string> { ["LANG"] = "C", ["HOME"] = "/" } });

        Assert.Equal(["PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR=/tmp", "LANG=C", "HOME=/"], valid.Environment);
    }

    [Fact]
    public void Text_is_utf8_unless_the_job_says_otherwise() =>
        Assert.Equal(
            ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/work", "TMPDIR=/tmp", "LANG=C.UTF-8"],
            JobValidator.Validate(s_plain).Environment);

    [Fact]
    public void The_environment_of_a_job_with_a_terminal_says_of_what_kind_it_is()
    {
        var usual = JobValidator.Validate(s_plain with { Terminal = true });
        var chosen = JobValidator.Validate(s_plain with { Terminal = true, Env = new Dictionary<string, string> { ["TERM"] = "dumb" } });

        Assert.Equal("TERM=xterm", usual.Environment[^1]);
        Assert.Equal("TERM=dumb", Assert.Single(chosen.Environment, word => word.StartsWith("TERM=", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_job_with_a_terminal_may_merge_its_streams_or_say_nothing_of_them(bool merged)
    {
        var spec = s_plain with { Terminal = true, Stderr = merged ? new MergedStream() : new CaptureStream() };

        Assert.True(JobValidator.Validate(spec).Spec.Terminal);
    }

    [Fact]
    public void Sized_mounts_may_use_up_the_disk_limit()
    {
        var valid = JobValidator.Validate(s_plain with { Mounts = [Tmpfs("/a", 200 << 20), Tmpfs("/a/b", 56 << 20)] });

        Assert.Equal(2, valid.Spec.Mounts.Count);
    }

    private static TmpfsMount Tmpfs(string target, long size) => new() { Target = target, SizeBytes = size };

    private static InjectedFile Text(string path) => new() { Path = path, Content = new InlineContent { Bytes = default } };
}
