using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Doctor under failures made for it: each names what was really done to the host.</summary>
public sealed class DoctorTests : KernelTest
{
    [KernelFact]
    public async Task The_host_of_these_tests_is_ready()
    {
        var run = await CommandRun.SandboxAsync("", Cancellation, "doctor");

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.EndsWith("This host can run jobs.\n", run.Stdout, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task Json_says_the_same_and_is_whole()
    {
        var run = await CommandRun.SandboxAsync("", Cancellation, "doctor", "--json");

        Assert.Equal("sandbox.doctor/1", run.Result.GetProperty("schema").GetString());
        Assert.True(run.Result.GetProperty("ready").GetBoolean(), run.ToString());
        Assert.All(run.Result.GetProperty("rungs").EnumerateArray(), requirement => Assert.NotEqual("", requirement.GetProperty("name").GetString()));
    }

    [KernelFact(tool: "unshare")]
    public async Task A_limit_of_no_user_namespaces_is_named()
    {
        var run = await UnderAsync("unshare -r", "echo 0 > /proc/sys/user/max_user_namespaces");

        AssertMissing(run, "user namespace", "ENOSPC", "user.max_user_namespaces = 0");
    }

    [KernelFact(Needs.Unprivileged, tool: "unshare")]
    public async Task A_masked_proc_is_named()
    {
        var run = await UnderAsync("unshare -rm", "mount -t tmpfs none /proc/tty");

        AssertMissing(run, "fresh /proc", "EPERM", "/proc/tty");
    }

    [KernelFact(Needs.Unprivileged, tool: "unshare")]
    public async Task A_read_only_proc_sys_is_named()
    {
        var run = await UnderAsync("unshare -rm", "mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys");

        var requirement = Requirement(run, "namespace limits (/proc/sys/user)");
        Assert.Equal(("degraded", "EROFS"), (Text(requirement, "state"), Text(requirement, "detail")));
        Assert.Contains("/proc/sys is mounted read-only", Text(requirement, "blocker"), StringComparison.Ordinal);
    }

    [KernelFact(Needs.Unprivileged, tool: "unshare")]
    public async Task A_setup_error_carries_the_hint_that_doctor_gives()
    {
        const string Job = """{ "command": ["true"] }""";

        var run = await CommandRun.ShellAsync(
            $"unshare -r sh -c \"echo 0 > /proc/sys/user/max_user_namespaces; echo '{Job.Replace("\"", "\\\"", StringComparison.Ordinal)}' | $SANDBOX exec -\"",
            "", Cancellation);

        Assert.True(run.ExitStatus == 3, run.ToString());
        Assert.Equal("setup-error", run.Verdict);
        Assert.Contains("user.max_user_namespaces", run.Result.GetProperty("error").GetProperty("hint").GetString(), StringComparison.Ordinal);
    }

    private static Task<CommandRun> UnderAsync(string wrapper, string sabotage) =>
        CommandRun.ShellAsync($"{wrapper} sh -c \"{sabotage}; exec $SANDBOX doctor --json\"", "", Cancellation);

    private static void AssertMissing(CommandRun run, string name, string detail, string blocker)
    {
        Assert.True(run.ExitStatus == 3, run.ToString());
        var requirement = Requirement(run, name);
        Assert.Equal(("missing", detail), (Text(requirement, "state"), Text(requirement, "detail")));
        Assert.Contains(blocker, Text(requirement, "blocker"), StringComparison.Ordinal);
        Assert.NotEqual("", Text(requirement, "fix"));
    }

    private static JsonElement Requirement(CommandRun run, string name) =>
        run.Result.GetProperty("rungs").EnumerateArray().Single(requirement => Text(requirement, "name") == name);

    private static string Text(JsonElement requirement, string member) => requirement.GetProperty(member).GetString() ?? "";
}
