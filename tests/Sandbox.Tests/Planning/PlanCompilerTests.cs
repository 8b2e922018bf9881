using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Resources.Roots;
using Sandbox.Text;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class PlanCompilerTests
{
    [Fact]
    public void A_diff_without_an_overlay_has_nothing_to_tell()
    {
        var problem = Problem("""{ "command": ["true"], "diff": true, "mounts": [ { "type": "tmpfs", "target": "/a" } ] }""");

        Assert.Equal(("/diff", "there is nothing to compare: the job has neither a mount of type \"overlay\" nor a writable root"), (problem.Pointer, problem.Message));
    }

    [Fact]
    public void Mounts_are_held_for_a_diff()
    {
        var plan = Plans.Of("""{ "command": ["true"], "diff": true, "mounts": [ { "type": "overlay", "source": "src", "target": "/a" } ] }""");

        Assert.True(plan.Flags.HasFlag(PlanFlags.Hold));
    }

    [Theory]
    [InlineData("/dev")]
    [InlineData("/proc")]
    public void What_the_sandbox_makes_itself_is_no_target(string target)
    {
        var problem = Problem($$"""{ "command": ["true"], "mounts": [ { "type": "tmpfs", "target": "{{target}}" } ] }""");

        Assert.Equal("/mounts/0/target", problem.Pointer);
    }

    [Fact]
    public void A_mount_point_missing_in_a_writable_bind_is_refused()
    {
        var problem = Problem(
            """
            {
              "command": ["true"],
              "mounts": [
                { "type": "bind", "source": "out", "target": "/out", "writable": true },
                { "type": "tmpfs", "target": "/out/missing" }
              ]
            }
            """);

        Assert.Equal("/mounts/1/target", problem.Pointer);
    }

    [Fact]
    public void A_file_missing_in_a_writable_bind_is_refused()
    {
        var problem = Problem(
            """
            {
              "command": ["true"],
              "mounts": [ { "type": "bind", "source": "out", "target": "/out", "writable": true } ],
              "files": { "/out/a": { "text": "" } }
            }
            """);

        Assert.Equal("/files/~1out~1a", problem.Pointer);
    }

    [Fact]
    public void A_trap_on_the_way_to_a_target_is_left_to_the_launcher_to_refuse()
    {
        var host = Plans.Host().Link("/jobs/data/trap", "/etc");

        var plan = Plans.Of(
            """
            {
              "command": ["true"],
              "mounts": [
                { "type": "bind", "source": "data", "target": "/data" },
                { "type": "tmpfs", "target": "/data/trap/deep" }
              ]
            }
            """,
            Plans.Context(host));

        Assert.Contains(plan.Steps, step => step is BindStep { Target: "/data" });
    }

    [Fact]
    public void An_overlay_in_place_of_a_bind_keeps_noexec_and_stays_read_only()
    {
        var plan = Plans.Of(
            """
            {
              "command": ["true"],
              "mounts": [
                { "type": "bind", "source": "data", "target": "/data", "noexec": true },
                { "type": "tmpfs", "target": "/data/deep/missing" }
              ]
            }
            """);

        Assert.Contains(new OverlayStep("/jobs/data", "/data", "/mounts/0") { ReadOnly = true, NoExec = true }, plan.Steps);
        Assert.DoesNotContain(plan.Steps, step => step is LandlockWritableStep { Directory: "/data" });
    }

    [Fact]
    public void Inodes_without_a_size_are_refused()
    {
        var problem = Problem("""{ "command": ["true"], "mounts": [ { "type": "tmpfs", "target": "/a", "inodes": 10 } ] }""");

        Assert.Equal("/mounts/0/inodes", problem.Pointer);
    }

    [Fact]
    public void Files_in_the_root_are_taken_off_the_disk_limit()
    {
        const string json =
            """{ "command": ["true"], "limits": { "disk": "1MiB" }, "files": { "/opt/a": { "from": "program" }, "/work/b": { "text": "x" } } }""";

        var scratch = Plans.Of(json).Steps.OfType<ScratchStep>().Single();

        Assert.Equal((1 << 20) - 8192, scratch.Bytes);
    }

    [Fact]
    public void More_files_in_the_root_than_the_disk_limit_are_refused()
    {
        var problem = Problem(
            """{ "command": ["true"], "limits": { "disk": "4KiB" }, "files": { "/opt/a": { "from": "program" } } }""");

        Assert.Equal("/limits/disk", problem.Pointer);
    }

    [Fact]
    public void A_disk_limit_used_up_to_the_last_byte_does_not_become_unlimited()
    {
        var plan = Plans.Of(
            """{ "command": ["true"], "limits": { "disk": "1MiB" }, "mounts": [ { "type": "tmpfs", "target": "/a", "size": "1MiB" } ] }""");

        Assert.Equal(4096, plan.Steps.OfType<ScratchStep>().Single().Bytes);
    }

    [Fact]
    public void Every_problem_is_told_at_once()
    {
        var refused = Assert.Throws<InvalidJobException>(() => Plans.Of(
            """
            {
              "command": ["true"],
              "mounts": [ { "type": "tmpfs", "target": "/dev" }, { "type": "tmpfs", "target": "/a", "inodes": 1 } ]
            }
            """));

        Assert.Equal(2, refused.Problems.Count);
    }

    [Fact]
    public void Files_beyond_the_descriptors_of_a_message_are_read_into_the_plan()
    {
        var files = Enumerable.Range(0, 60).Select(number => new InjectedFile
        {
            Path = $"/work/{number}",
            Content = new FileContent { Path = "/jobs/main.py" },
        });

        var plan = Plans.Of(new JobSpec { Command = ["true"], Files = [.. files] });

        Assert.Equal(JobFiles.MaxDescriptors, plan.ExtraFiles.Count);
        Assert.Equal(60 - JobFiles.MaxDescriptors, plan.Steps.OfType<FileStep>().Count(file => file is { Source: not null, Extra: -1, Content.Length: 9 }));
    }

    [Fact]
    public void More_steps_than_the_launcher_takes_are_refused()
    {
        var files = Enumerable.Range(0, 5000).Select(number => new InjectedFile
        {
            Path = $"/work/{number}",
            Content = new InlineContent { Bytes = default },
        });

        var refused = Assert.Throws<InvalidJobException>(() => Plans.Of(new JobSpec { Command = ["true"], Files = [.. files] }));

        Assert.Equal("/files", Assert.Single(refused.Problems).Pointer);
    }

    [Fact]
    public void A_file_in_dev_is_in_the_root_and_counts_in_disk()
    {
        var plan = Plans.Of("""{ "command": ["true"], "limits": { "disk": "1MiB" }, "files": { "/dev/notes": { "from": "program" } } }""");

        Assert.Equal((1 << 20) - 8192, plan.Steps.OfType<ScratchStep>().Single().Bytes);
    }

    [Fact]
    public void A_limit_above_the_hosts_is_the_hosts()
    {
        var context = Plans.Context(limits: new() { [Rlimit.Nproc] = 50, [Rlimit.Fsize] = 1000 });

        var plan = Plans.Of("""{ "command": ["true"], "limits": { "processes": 64, "fileSize": "none" } }""", context);

        Assert.Equal(50ul, plan.LimitOf(Rlimit.Nproc));
        Assert.Equal(1000ul, plan.LimitOf(Rlimit.Fsize));
    }

    [Fact]
    public void The_largest_memory_limit_does_not_overflow_its_backstop()
    {
        var spec = new JobSpec { Command = ["true"], Limits = new ResourceLimits { MemoryBytes = long.MaxValue } };

        Assert.True(Plans.Of(spec).LimitOf(Rlimit.Data) >= long.MaxValue);
    }

    [Fact]
    public void A_leased_id_is_mapped_by_the_launcher()
    {
        var plan = Plans.Of("""{ "command": ["true"] }""", Plans.Context() with { HostUid = 7, HostGid = 8, ForeignIds = true });

        Assert.Equal((PlanFlags.ForeignIds, 7u, 8u), (plan.Flags, plan.HostUid, plan.HostGid));
    }

    [Theory]
    [InlineData("none", true)]
    [InlineData("loopback", true)]
    [InlineData("host", false)]
    public void Only_the_hosts_network_lacks_a_network_namespace(string network, bool isOwn)
    {
        var plan = Plans.Of($$"""{ "command": ["true"], "network": "{{network}}" }""");

        Assert.Equal(isOwn, (plan.Namespaces & 0x40000000) != 0);
    }

    [Fact]
    public void Optional_steps_are_counted_as_the_launcher_counts_them()
    {
        var plan = Plans.Of("""{ "command": ["true"] }""");

        var optional = plan.OptionalSteps();

        Assert.All(optional, index => Assert.True((plan.Steps[index].Fields.Flags & StepFlags.Optional) != 0));
        Assert.Contains(optional, index => plan.Steps[index] is SysctlStep);
    }

    [Fact]
    public void A_rootfs_that_is_not_there_is_a_set_up_error()
    {
        var failure = Assert.Throws<SandboxException>(() => Plans.Of("""{ "command": ["true"], "rootfs": { "directory": "/srv/nowhere" } }"""));

        Assert.Equal(("ENOENT", "/srv/nowhere", "/rootfs/directory"), (failure.Errno, failure.Path, failure.Pointer));
    }

    [Fact]
    public void Nothing_secret_of_the_hosts_etc_is_shown()
    {
        var plan = Plans.Of("""{ "command": ["true"] }""");

        Assert.DoesNotContain(plan.Steps, step => step is BindStep { Source: "/etc" or "/etc/passwd" or "/etc/shadow" or "/etc/ssl/private" or "/etc/ssl" });
    }

    [Theory]
    [InlineData("/etc/R/Renviron", true)]
    [InlineData("/etc/R/Rprofile.site", false)]
    [InlineData("/etc/php/8.2/cli/conf.d", true)]
    [InlineData("/etc/php/8.2/cli/php.ini", false)]
    [InlineData("/etc/php/8.2/fpm", false)]
    [InlineData("/etc/maven/m2.conf", true)]
    [InlineData("/etc/maven/settings.xml", false)]
    [InlineData("/etc/chromium.d/default-flags", true)]
    [InlineData("/etc/chromium.d/apikeys", false)]
    [InlineData("/etc/fpc.cfg", true)]
    [InlineData("/etc/postgresql", false)]
    [InlineData("/etc/groovy/groovy-starter.conf", true)]
    [InlineData("/etc/ldc2.conf", true)]
    [InlineData("/etc/nim/nim.cfg", true)]
    [InlineData("/etc/racket/config.rktd", true)]
    [InlineData("/etc/jython/jython.conf", false)]
    [InlineData("/var/lib/chicken/11", true)]
    [InlineData("/var/lib/ghc", true)]
    [InlineData("/var/lib/dpkg", false)]
    [InlineData("/var/lib/texmf", false)]
    public void Of_toolchains_their_data_is_shown_and_nothing_beside_it(string path, bool isShown)
    {
        var host = new PaperHost { Closed = "/var/lib/texmf" }
            .Directory("/usr", "/etc", "/etc/R", "/etc/php", "/etc/php/8.2", "/etc/php/8.2/cli", "/etc/php/8.2/cli/conf.d", "/etc/php/8.2/fpm", "/etc/maven", "/etc/chromium.d")
            .Directory("/etc/groovy", "/etc/nim", "/etc/racket", "/etc/jython", "/var/lib/chicken").File("/etc/ldc2.conf").File("/etc/jython/jython.conf")
            .Directory("/etc/postgresql", "/var", "/var/lib", "/var/lib/ghc", "/var/lib/dpkg", "/var/lib/texmf")
            .File("/etc/R/Renviron").File("/etc/R/Rprofile.site").File("/etc/php/8.2/cli/php.ini").File("/etc/maven/m2.conf").File("/etc/maven/settings.xml")
            .File("/etc/chromium.d/default-flags").File("/etc/chromium.d/apikeys").File("/etc/fpc-3.2.2.cfg").Link("/etc/fpc.cfg", "/etc/fpc-3.2.2.cfg");

        var steps = HostDirectories.Steps(new JobSpec { Command = ["true"] }, host);

        Assert.Equal(isShown, steps.OfType<BindStep>().Any(bind => Paths.IsAtOrBelow(path, bind.Source)));
    }

    [Theory]
    [InlineData("/", true, "/mounts/0/writable")]
    [InlineData("/sys", true, "/mounts/0/writable")]
    [InlineData("/sys/fs/cgroup/jobs", true, "/mounts/0/writable")]
    [InlineData("/sys/fs/cgroup", false, null)]
    [InlineData("/jobs", true, null)]
    public void No_job_gets_to_write_to_control_groups(string source, bool writable, string? pointer)
    {
        var json = $$"""{ "command": ["true"], "mounts": [ { "type": "bind", "source": "{{source}}", "target": "/a", "writable": {{(writable ? "true" : "false")}} } ] }""";

        Assert.Equal(pointer, Record.Exception(() => Plans.Of(json)) is InvalidJobException refused ? Assert.Single(refused.Problems).Pointer : null);
    }

    private static JobProblem Problem(string json) =>
        Assert.Single(Assert.Throws<InvalidJobException>(() => Plans.Of(json)).Problems);
}
