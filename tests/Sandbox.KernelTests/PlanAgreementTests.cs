using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What keeps a job from starting keeps its plan from being printed, in the same words.</summary>
public sealed class PlanAgreementTests : KernelTest
{
    public static TheoryData<string> Refused =>
    [
        "\"cpuset\": \"4000\"",
        "\"limits\": { \"idleTime\": \"1s\" }, \"require\": [\"idleTime\"]",
        "\"limits\": { \"disk\": \"none\" }, \"require\": [\"wallTime\", \"output\"], \"seccomp\": \"no-such-policy\"",
        "\"seccomp\": { \"file\": \"/absent/policy.json\" }",
        "\"rootfs\": { \"image\": \"no-such-image\" }",
        "\"files\": { \"/work/a\": { \"from\": \"sha256:0000000000000000000000000000000000000000000000000000000000000000\" } }",
        "\"files\": { \"/work/a\": { \"from\": \"/absent/file\" } }",
        "\"stdin\": { \"from\": \"/absent/input\" }",
        "\"stdout\": { \"to\": \"/proc/absent/out\" }",
        "\"outputs\": [ { \"path\": \"/work/a\", \"to\": \"/proc/absent/a\" } ]",
        "\"devices\": [\"/dev/../etc/passwd\"]",
    ];

    [KernelTheory]
    [MemberData(nameof(Refused))]
    public async Task A_plan_is_refused_as_the_job_is(string members)
    {
        var job = JobFiles.Text(["/probes/say"], members);

        var exec = await CommandRun.SandboxAsync(job, Cancellation, "exec", "-");
        var plan = await CommandRun.SandboxAsync(job, Cancellation, "plan", "-");

        Assert.True(exec.ExitStatus is 2 or 3, exec.ToString());
        Assert.True(plan.ExitStatus == exec.ExitStatus, plan.ToString());
        Assert.Empty(plan.Stdout);
        foreach (var words in Words(exec))
        {
            Assert.Contains(words, plan.Stderr, StringComparison.Ordinal);
        }
    }

    [KernelFact]
    public async Task A_plan_leaves_a_fifo_to_the_job()
    {
        var fifo = Path.Combine(Directory, "fifo");
        _ = await CommandRun.ShellInAsync(Directory, "mkfifo fifo", Cancellation);
        var job = JobFiles.Text(["/probes/say"], $"\"stdin\": {{ \"from\": \"{fifo}\" }}");

        var plan = await CommandRun.SandboxAsync(job, Cancellation, "plan", "-");

        Assert.True(plan.ExitStatus == 0, plan.ToString());
    }

    private static List<string> Words(CommandRun exec)
    {
        using var result = JsonDocument.Parse(exec.Stdout);
        var error = result.RootElement.GetProperty("error");
        return error.TryGetProperty("problems", out var problems)
            ? [.. problems.EnumerateArray().Select(problem => problem.GetProperty("message").GetString()!)]
            : [error.GetProperty("message").GetString()!];
    }
}
