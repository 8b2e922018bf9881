using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Whatever becomes of a start, nothing is left to a parent that reaps nobody, such as a container's pid 1.</summary>
public sealed class OrphanTests : KernelTest
{
    [KernelTheory]
    [InlineData("exec $JOB", 0)]
    [InlineData("exec invalid.json", 2)]
    [InlineData("exec no.json", 2)]
    [InlineData("exec /nowhere.json", 2)]
    [InlineData("exec --nope $JOB", 2)]
    [InlineData("exec --result /nowhere/r.json $JOB", 2)]
    [InlineData("exec setup.json", 3)]
    [InlineData("exec policy.json", 2)]
    [InlineData("exec --help", 0)]
    [InlineData("run true", 0)]
    [InlineData("run --nope", 125)]
    [InlineData("run --help", 0)]
    [InlineData("run -v /nowhere:/x true", 125)]
    [InlineData("run --wall-time 50ms -- sh -c 'sleep 60 & sleep 60 & wait'", 124)]
    [InlineData("plan $JOB", 0)]
    [InlineData("doctor", 0)]
    public async Task Nobody_is_left_to_be_adopted(string line, int status)
    {
        var job = Write();

        var run = await CommandRun.ShellInAsync(Directory, $"JOB='{job}'; '{Probe.Directory}/adopt' \"$SANDBOX\" {line}", Cancellation);

        Assert.True(run.ExitStatus == status, run.ToString());
        Assert.EndsWith("adopted 0\n", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact(Needs.SubIds)]
    public async Task Who_maps_further_ids_is_not_left_either()
    {
        var run = await CommandRun.ShellInAsync(Directory, $"'{Probe.Directory}/adopt' \"$SANDBOX\" run --subids true", Cancellation);

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.EndsWith("adopted 0\n", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_closed_stdout_leaves_nobody()
    {
        var job = Write();

        var run = await CommandRun.ShellInAsync(Directory, $"'{Probe.Directory}/adopt' \"$SANDBOX\" exec '{job}' >&-", Cancellation);

        Assert.True(run.ExitStatus == 3, run.ToString());
        Assert.EndsWith("adopted 0\n", run.Stderr, StringComparison.Ordinal);
    }

    private string Write()
    {
        File.WriteAllText($"{Directory}/invalid.json", """{ "command": [] }""");
        File.WriteAllText($"{Directory}/no.json", "no");
        File.WriteAllText($"{Directory}/setup.json", """{ "command": ["true"], "mounts": [{ "type": "bind", "source": "/nowhere", "target": "/x" }] }""");
        File.WriteAllText($"{Directory}/policy.json", """{ "command": ["true"], "seccomp": "no-such-policy" }""");
        return JobFiles.Write(Directory, ["/probes/say", "here"]);
    }
}
