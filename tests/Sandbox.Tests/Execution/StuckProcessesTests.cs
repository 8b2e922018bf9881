using Sandbox.Execution;
using Sandbox.Host;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class StuckProcessesTests
{
    [Fact]
    public void What_lives_below_the_first_process_is_named_with_where_it_waits()
    {
        using var directory = new TemporaryDirectory();
        Write(directory, 10, "10 (init) S 1 10", "zap_pid_ns_processes");
        Write(directory, 11, "11 (a) D 99 (b) D 10 11", "fuse_dev_do_read");
        Write(directory, 12, "12 (dead) Z 10 12", "0");
        Write(directory, 13, "13 (grandchild) R 11 13", "0");
        Write(directory, 14, "14 (stranger) D 2 14", "0");

        var words = StuckProcesses.Describe(new HostFiles(directory.Path), [10, 11, 12, 13, 14, 15], first: 10);

        Assert.Equal("process 11 (\"a) D 99 (b\", state D in fuse_dev_do_read), process 13 (grandchild, state R)", words);
    }

    [Fact]
    public void The_first_process_is_named_if_it_is_alone()
    {
        using var directory = new TemporaryDirectory();
        Write(directory, 10, "10 (init) D 1 10", "request_wait_answer");

        Assert.Equal(
            "process 10 (init, state D in request_wait_answer)",
            StuckProcesses.Describe(new HostFiles(directory.Path), [10], first: 10));
    }

    [Fact]
    public void Where_nothing_can_be_seen_nothing_is_named()
    {
        using var directory = new TemporaryDirectory();

        Assert.Null(StuckProcesses.Describe(new HostFiles(directory.Path), [1, 2], first: 10));
    }

    [Fact]
    public void A_name_that_the_job_chose_cannot_speak_to_a_terminal()
    {
        using var directory = new TemporaryDirectory();
        Write(directory, 10, "10 (\u001b[2J) D 1 10", "0");

        Assert.DoesNotContain('\u001b', StuckProcesses.Describe(new HostFiles(directory.Path), [10], first: 10)!);
    }

    private static void Write(TemporaryDirectory directory, int pid, string stat, string wchan)
    {
        var process = Directory.CreateDirectory(Path.Join(directory.Path, "proc", $"{pid}"));
        File.WriteAllText(Path.Join(process.FullName, "stat"), stat);
        File.WriteAllText(Path.Join(process.FullName, "wchan"), wchan);
    }
}
