using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class HintsTests
{
    [Theory]
    [InlineData("clone", HostProbe.Clone3)]
    [InlineData("write the uid map", HostProbe.UidMap)]
    [InlineData("inner user namespace: uid map", HostProbe.InnerUserNamespace)]
    [InlineData("mount tmpfs at /tmp", HostProbe.Tmpfs)]
    [InlineData("mount proc at /proc", HostProbe.Proc)]
    [InlineData("bind /opt/seccomp/proc to /data read-only", HostProbe.ReadOnlyBind)]
    [InlineData("overlay /src", HostProbe.Overlay)]
    [InlineData("pivot_root", HostProbe.PivotRoot)]
    [InlineData("sysctl user.max_user_namespaces", HostProbe.UserSysctl)]
    [InlineData("install the seccomp filter", HostProbe.SeccompFilter)]
    [InlineData("spawn launcher", HostProbe.MemfdExec)]
    internal void A_step_is_known_by_its_words(string step, HostProbe expected)
    {
        var probe = Hints.ProbeOf(step);

        Assert.Equal(expected, probe);
    }

    [Fact]
    public void An_unknown_step_gets_no_hint()
    {
        var hint = Hints.For("frobnicate", "EPERM");

        Assert.Null(hint);
    }

    [Theory]
    [InlineData("pipe", "EMFILE", "ulimit -n")]
    [InlineData("launcher memfd", "EFBIG", "ulimit -f")]
    [InlineData("control group", "EMFILE", "ulimit -n")]
    [InlineData("", "ENOMEM", "ulimit -v")]
    [InlineData("clone", "ENOMEM", "memory")]
    [InlineData("send job", "ETOOMANYREFS", "ulimit -n")]
    [InlineData("open stdin", "ENFILE", "fs.file-max")]
    public void What_the_sandbox_itself_has_used_up_has_a_hint_whatever_was_being_done(string step, string errno, string expected) =>
        Assert.Contains(expected, Hints.For(step, errno), StringComparison.Ordinal);

    [Fact]
    public void A_step_without_an_errno_gets_no_hint()
    {
        var hint = Hints.For("clone", null);

        Assert.Null(hint);
    }

    [Fact]
    public void A_hint_says_what_doctor_says()
    {
        var ubuntu = Hosts.Plain with { AppArmorRestrictsUserNamespaces = true };

        var hint = Hints.For(HostProbe.UidMap, "EPERM", ubuntu);

        Assert.Equal(UserNamespaceRemedies.AppArmorRestriction.ToHint(), hint);
        Assert.DoesNotContain("\n", hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_source_is_the_jobs_problem_and_not_the_hosts()
    {
        var hint = Hints.For("bind /nowhere to /data", "ENOENT");

        Assert.Contains("\"optional\": true", hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_do_not_fit_point_to_the_limit()
    {
        var hint = Hints.For("file", "ENOSPC");

        Assert.Contains("limits.disk", hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EACCES", "started inside of the control group that was delegated")]
    [InlineData("EPERM", "--cgroup none")]
    [InlineData("ENOENT", "sandbox doctor")]
    [InlineData("EAGAIN", "pids.max")]
    [InlineData("ENOSPC", "cgroup.max.descendants")]
    [InlineData("EBUSY", "processes live in the control group itself")]
    public void A_control_group_that_does_not_let_the_job_in_says_what_to_do(string errno, string words)
    {
        var hint = Hints.For("control group", errno);

        Assert.Contains(words, hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_control_group_that_fails_for_an_unknown_reason_gets_no_hint_of_another_step() =>
        Assert.Null(Hints.For("control group", "EIO"));

    [Fact]
    public void A_processor_that_is_not_there_is_the_jobs_problem() =>
        Assert.Equal("none of the processors is one the job may run on", Hints.For("cpu affinity", "EINVAL"));

    [Fact]
    public void A_hint_about_a_mount_does_not_blame_the_hosts_kernel_for_an_unknown_errno()
    {
        var hint = Hints.For(HostProbe.Tmpfs, "EIO", Hosts.Plain);

        Assert.Null(hint);
    }
}
