using Sandbox.Failures;
using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class HintsTests
{
    [Fact]
    public void A_failure_without_an_operation_gets_no_hint_for_its_words()
    {
        var hint = new SandboxException("m") { Step = "bind", Errno = "ENOENT" }.Hint;

        Assert.Null(hint);
    }

    [Fact]
    public void A_path_in_what_was_attempted_is_no_reason_to_blame_the_hosts_kernel()
    {
        var failure = new SandboxException("m") { Operation = Operation.ReadMount, Subject = "/opt/seccomp/proc", Errno = "ENOSYS" };

        Assert.Equal("read /opt/seccomp/proc", failure.Step);
        Assert.Null(Hints.For(failure.Operation, failure.Errno));
    }

    [Theory]
    [InlineData(Operation.MakePipe, "EMFILE", "ulimit -n")]
    [InlineData(Operation.KeepLauncher, "EFBIG", "ulimit -f")]
    [InlineData(Operation.UseCgroup, "EMFILE", "ulimit -n")]
    [InlineData(null, "ENOMEM", "ulimit -v")]
    [InlineData(Operation.Clone, "ENOMEM", "memory")]
    [InlineData(Operation.SendJob, "ETOOMANYREFS", "ulimit -n")]
    [InlineData(Operation.OpenStdin, "ENFILE", "fs.file-max")]
    internal void What_the_sandbox_itself_has_used_up_has_a_hint_whatever_was_being_done(Operation? operation, string errno, string expected) =>
        Assert.Contains(expected, Hints.For(operation, errno), StringComparison.Ordinal);

    [Fact]
    public void An_operation_without_an_errno_gets_no_hint_about_one()
    {
        var hint = Hints.For(Operation.Clone, null);

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
        var hint = Hints.For(Operation.Bind, "ENOENT");

        Assert.Contains("\"optional\": true", hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_do_not_fit_point_to_the_limit()
    {
        var hint = Hints.For(Operation.WriteFile, "ENOSPC");

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
        var hint = Hints.For(Operation.EnterCgroups, errno);

        Assert.Contains(words, hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_control_group_that_fails_for_an_unknown_reason_gets_no_hint_of_another_step() =>
        Assert.Null(Hints.For(Operation.EnterCgroups, "EIO"));

    [Fact]
    public void A_processor_that_is_not_there_is_the_jobs_problem() =>
        Assert.StartsWith("none of the processors is one the job may run on", Hints.For(Operation.SetAffinity, "EINVAL"), StringComparison.Ordinal);

    [Fact]
    public void A_hint_about_a_mount_does_not_blame_the_hosts_kernel_for_an_unknown_errno()
    {
        var hint = Hints.For(HostProbe.Tmpfs, "EIO", Hosts.Plain);

        Assert.Null(hint);
    }
}
