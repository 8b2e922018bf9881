using System.Diagnostics;
using Sandbox.Resources.Limits.Cgroups;
using Tmds.DBus.Protocol;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class SystemdScopeTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly PrivateBus _bus = new();

    public void Dispose() => _bus.Dispose();

    [Fact]
    public void The_new_cgroup_is_the_one_the_kernel_tells()
    {
        using var systemd = new FakeSystemd(_bus, AcceptAndFinish);

        var answer = Enter(systemd);

        Assert.Equal("", answer.Reason);
        Assert.True(answer.Entered);
        Assert.Equal($"/user.slice/app.slice/{systemd.Unit}", answer.Cgroup);
    }

    [Fact]
    public void The_scope_is_delegated_and_holds_whoever_asks()
    {
        using var systemd = new FakeSystemd(_bus, AcceptAndFinish);

        Enter(systemd, new ScopeRequest { Description = "a test", Slice = "background.slice", Timeout = s_patience });

        Assert.Matches($"^sandbox-{Environment.ProcessId}-[0-9a-f]{{8}}[.]scope$", systemd.Unit);
        Assert.Equal("fail", systemd.Mode);
        Assert.Equal([0u], systemd.Properties["PIDs"].GetArray<uint>());
        Assert.True(systemd.Properties["Delegate"].GetBool());
        Assert.Equal("a test", systemd.Properties["Description"].GetString());
        Assert.Equal("inactive-or-failed", systemd.Properties["CollectMode"].GetString());
        Assert.Equal("background.slice", systemd.Properties["Slice"].GetString());
    }

    [Fact]
    public void Other_processes_move_along()
    {
        using var systemd = new FakeSystemd(_bus, AcceptAndFinish);

        Enter(systemd, new ScopeRequest { Description = "a test", OtherProcesses = [4711], Timeout = s_patience });

        Assert.Equal([0u, 4711u], systemd.Properties["PIDs"].GetArray<uint>());
        Assert.False(systemd.Properties.ContainsKey("Slice"));
    }

    [Fact]
    public void A_job_that_ends_before_the_answer_is_not_missed()
    {
        using var systemd = new FakeSystemd(_bus, static (self, context) =>
        {
            self.RemoveJob(self.Unit, "done");
            FakeSystemd.Accept(context);
        });

        var answer = Enter(systemd);

        Assert.True(answer.Entered, answer.Reason);
    }

    [Fact]
    public void The_jobs_of_others_are_none_of_our_business()
    {
        using var systemd = new FakeSystemd(_bus, static (self, context) =>
        {
            FakeSystemd.Accept(context);
            self.RemoveJob("sandbox-1-00000000.scope", "failed");
            self.RemoveJob(self.Unit, "done");
        });

        var answer = Enter(systemd);

        Assert.True(answer.Entered, answer.Reason);
    }

    [Fact]
    public void A_refusal_is_told_with_its_name_and_message()
    {
        using var systemd = new FakeSystemd(_bus, static (_, context) =>
            context.ReplyError("org.freedesktop.DBus.Error.AccessDenied", "not today"));

        var answer = Enter(systemd);

        Assert.False(answer.Entered);
        Assert.Equal("the user manager refused: org.freedesktop.DBus.Error.AccessDenied: not today", answer.Reason);
    }

    [Fact]
    public void A_failed_job_is_no_scope()
    {
        using var systemd = new FakeSystemd(_bus, static (self, context) =>
        {
            FakeSystemd.Accept(context);
            self.RemoveJob(self.Unit, "failed");
        });

        var answer = Enter(systemd);

        Assert.False(answer.Entered);
        Assert.Equal($"the user manager could not start {systemd.Unit}: its job ended as \"failed\"", answer.Reason);
    }

    [Fact]
    public void A_scope_the_caller_is_not_in_is_no_scope()
    {
        using var systemd = new FakeSystemd(_bus, AcceptAndFinish);

        var answer = SystemdScope.TryEnter(Request(s_patience), _bus.Finder(), () => "0::/user.slice/session-1.scope\n");

        Assert.False(answer.Entered);
        Assert.Equal(
            $"the user manager started {systemd.Unit}, but this process is in \"/user.slice/session-1.scope\"", answer.Reason);
    }

    [Fact]
    public void A_manager_that_never_answers_is_given_up()
    {
        using var systemd = new FakeSystemd(_bus, static (_, context) => context.DisposesAsynchronously = true);
        var watch = Stopwatch.StartNew();

        var answer = Enter(systemd, Request(TimeSpan.FromSeconds(0.5)));

        Assert.Equal("timed out: no answer from the user manager within 0.5 s", answer.Reason);
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(0.4), s_patience);
    }

    [Fact]
    public void A_job_that_never_ends_is_given_up()
    {
        using var systemd = new FakeSystemd(_bus, static (_, context) => FakeSystemd.Accept(context));

        var answer = Enter(systemd, Request(TimeSpan.FromSeconds(0.5)));

        Assert.Equal("timed out: no answer from the user manager's job within 0.5 s", answer.Reason);
    }

    [Fact]
    public void A_manager_that_dies_is_not_waited_for()
    {
        using var systemd = new FakeSystemd(_bus, static (self, context) =>
        {
            FakeSystemd.Accept(context);
            ThreadPool.QueueUserWorkItem(_ => self.Dispose());
        });

        var answer = Enter(systemd);

        Assert.False(answer.Entered);
        Assert.StartsWith("lost the user manager", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bus_without_a_manager_says_so()
    {
        var answer = SystemdScope.TryEnter(Request(s_patience), _bus.Finder(), () => "");

        Assert.False(answer.Entered);
        Assert.StartsWith($"no user manager on the bus at {_bus.Socket}: ", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_session_without_a_bus_says_so()
    {
        var nowhere = new BusFinder(_ => null, "/nowhere", 1000);

        var answer = SystemdScope.TryEnter(Request(s_patience), nowhere, () => "");

        Assert.Equal("no user bus: DBUS_SESSION_BUS_ADDRESS is not set and /nowhere/1000/bus does not exist", answer.Reason);
    }

    [Fact]
    public void The_version_is_read_without_asking_for_anything_else()
    {
        using var systemd = new FakeSystemd(_bus, AcceptAndFinish);

        var known = SystemdScope.TryReadVersion(s_patience, _bus.Finder(), out var version, out var reason);

        Assert.True(known, reason);
        Assert.Equal("252.1", version);
        Assert.Equal("", systemd.Unit);
    }

    private static void AcceptAndFinish(FakeSystemd self, MethodContext context)
    {
        FakeSystemd.Accept(context);
        self.RemoveJob(self.Unit, "done");
    }

    private static ScopeRequest Request(TimeSpan timeout) => new() { Description = "a test", Timeout = timeout };

    private ScopeAnswer Enter(FakeSystemd systemd, ScopeRequest? request = null) =>
        SystemdScope.TryEnter(request ?? Request(s_patience), _bus.Finder(), () => systemd.Cgroups);
}
