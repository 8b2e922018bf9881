using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What becomes of outputs when somebody dies, or is told to stop, while they are collected.</summary>
public sealed class CollectionTests : KernelTest
{
    private const int Files = 8000;

    private string Outputs => Path.Combine(Directory, "out");

    private string ResultPath => Path.Combine(Directory, "result.json");

    /// <summary>1 is the launcher, 2 the job's first process.</summary>
    [KernelTheory(Needs.NativeKernel)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public async Task A_sandbox_that_is_killed_while_outputs_are_collected_is_an_internal_error(int generation, bool isOptional)
    {
        using var supervisor = Start(isOptional);
        var victim = await DescendantAsync(supervisor.Id, generation);
        await CollectingAsync();
        Signal(victim, "KILL");
        await supervisor.WaitForExitAsync(Cancellation);

        using var result = JsonDocument.Parse(await File.ReadAllTextAsync(ResultPath, Cancellation));
        Assert.Equal("internal-error", Text(result, "verdict"));
        Assert.Equal(3, supervisor.ExitCode);
        Assert.Equal("collect", result.RootElement.GetProperty("error").GetProperty("phase").GetString());
        Assert.Equal(0, result.RootElement.GetProperty("outputErrors").GetArrayLength());
        AssertWhole(System.IO.Directory.GetFiles(Outputs).Length < Files);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_changed_overlay_that_is_lost_while_it_is_read_leaves_no_archive()
    {
        using var supervisor = Start(isOptional: true, "\"diff\": { \"to\": \"changes.tar\" },");
        var victim = await DescendantAsync(supervisor.Id, 2);
        await CollectingAsync();
        Signal(victim, "KILL");
        await supervisor.WaitForExitAsync(Cancellation);

        using var result = JsonDocument.Parse(await File.ReadAllTextAsync(ResultPath, Cancellation));
        Assert.Equal("internal-error", Text(result, "verdict"));
        Assert.False(File.Exists(Path.Combine(Directory, "changes.tar")));
    }

    [KernelTheory(Needs.NativeKernel)]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_while_outputs_are_collected_cancels_and_says_what_is_missing(string signal)
    {
        using var supervisor = Start(isOptional: false);
        await CollectingAsync();
        Signal(supervisor.Id, signal);
        await supervisor.WaitForExitAsync(Cancellation);

        using var result = JsonDocument.Parse(await File.ReadAllTextAsync(ResultPath, Cancellation));
        Assert.Equal("cancelled", Text(result, "verdict"));
        Assert.Equal(1, supervisor.ExitCode);
        Assert.Equal(0, result.RootElement.GetProperty("exitCode").GetInt32());
        Assert.Equal("/work/all/*", Assert.Single(result.RootElement.GetProperty("outputErrors").EnumerateArray()).GetProperty("path").GetString());
        var told = result.RootElement.GetProperty("outputs").GetArrayLength();
        Assert.Equal(System.IO.Directory.GetFiles(Outputs).Length, told);
        AssertWhole(told < Files);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_signal_to_run_while_outputs_are_collected_cancels()
    {
        var script = $"\"$SANDBOX\" run --collect '/work/*={Outputs}/' --result {ResultPath} -- sh -c 'i=0; while [ $i -lt {Files} ]; do echo $i > f$i; i=$((i+1)); done' & pid=$!; " +
            $"until [ -n \"$(ls -A {Outputs} 2>/dev/null)\" ]; do sleep 0.005; done; kill -TERM $pid; wait $pid; echo $?";
        var run = await CommandRun.ShellAsync(script, "", Cancellation);

        Assert.Equal("143\n", run.Stdout);
        Assert.True(System.IO.Directory.GetFiles(Outputs).Length < Files);
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task A_host_that_is_killed_while_outputs_are_collected_leaves_only_whole_files()
    {
        for (var round = 0; round < 3; round++)
        {
            using var supervisor = Start(isOptional: false);
            await CollectingAsync();
            Signal(supervisor.Id, "KILL");
            await supervisor.WaitForExitAsync(Cancellation);

            AssertWhole(System.IO.Directory.GetFiles(Outputs).Length < Files);
            System.IO.Directory.Delete(Outputs, recursive: true);
        }
    }

    private Process Start(bool isOptional, string more = "")
    {
        var job = Path.Combine(Directory, "job.json");
        var script = $"mkdir all; i=0; while [ $i -lt {Files} ]; do echo $i-$i-$i > all/$i; i=$((i+1)); done; echo x > /low/x";
        File.WriteAllText(job, $$"""
            {
              "command": ["sh", "-c", "{{script}}"], {{more}}
              "mounts": [ { "type": "overlay", "source": "{{Probe.Directory}}", "target": "/low" } ],
              "outputs": [ { "path": "/work/all/*", "to": "out/", "optional": {{(isOptional ? "true" : "false")}} } ]
            }
            """);
        return Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec '{Probe.CommandLine}' exec '{job}' --result '{ResultPath}' </dev/null >/dev/null 2>&1"]))!;
    }

    // By now all that comes is known to come; there is one of each.
    private static async Task<int> DescendantAsync(int pid, int generations)
    {
        for (; generations > 0; generations--)
        {
            IReadOnlyList<int> children;
            while ((children = HostProcesses.ChildrenOf(pid)).Count == 0)
            {
                await Task.Delay(1, Cancellation);
            }

            pid = children[0];
        }

        return pid;
    }

    private async Task CollectingAsync()
    {
        while (!System.IO.Directory.Exists(Outputs) || !System.IO.Directory.EnumerateFiles(Outputs).Any())
        {
            await Task.Delay(1, Cancellation);
        }
    }

    private void AssertWhole(bool isSome)
    {
        Assert.True(isSome, "all of it was collected before anybody was killed");
        foreach (var file in System.IO.Directory.GetFiles(Outputs))
        {
            var name = Path.GetFileName(file);
            Assert.True(int.TryParse(name, out _), $"{name} was left");
            Assert.Equal($"{name}-{name}-{name}\n", File.ReadAllText(file));
        }
    }

    private static string? Text(JsonDocument result, string member) => result.RootElement.GetProperty(member).GetString();

    private static void Signal(int pid, string name) => Process.Start("/bin/sh", ["-c", $"kill -s {name} {pid}"]).WaitForExit();
}
