using System.Diagnostics;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Where control groups are made, nothing of them is left, whatever became of the host; and nothing of anybody else is touched.</summary>
[Trait("limits", "true")]
[Trait("limits", "scope")]
public sealed class ParentCgroupTests : KernelTest
{
    private const long Outer = 48L << 20;

    [KernelFact(Needs.ControlGroups)]
    public async Task A_disposed_runner_leaves_no_group()
    {
        using (var runner = new SandboxRunner())
        {
            for (var round = 0; round < 3; round++)
            {
                AssertPrinted("x", await runner.RunAsync(Probe.Job("say", "x"), Cancellation));
            }
        }

        Assert.Empty(ControlGroup.Left());
    }

    [KernelFact(Needs.ControlGroups)]
    public async Task The_command_leaves_no_group()
    {
        var run = await CommandRun.ShellAsync("exec \"$SANDBOX\" exec \"$JOB\"", JobFiles.Write(Directory, ["/probes/say", "x"]), Cancellation);

        Assert.Equal("ok", run.Verdict);
        Assert.Empty(ControlGroup.Left());
    }

    // A group below keeps a group as a process on its way out does, and for exactly as long as the test wants.
    [KernelFact(Needs.NamedGroup2)]
    public async Task A_group_that_becomes_empty_late_is_waited_for()
    {
        await InGroupAsync("late", async late =>
        {
            var kept = Path.Combine(late, "job", "kept");
            System.IO.Directory.CreateDirectory(kept);
            Assert.Equal(0, CgroupDirectory.Open(late, out var parent));
            Assert.Equal(0, parent.OpenBelow("job", out var group));
            using (parent)
            using (group)
            {
                var removal = Task.Factory.StartNew(() => CgroupRemoval.Remove(parent, "job", group), TaskCreationOptions.LongRunning);
                await Task.Delay(100, Cancellation);
                System.IO.Directory.Delete(kept);
                await removal;
            }

            Assert.False(System.IO.Directory.Exists(Path.Combine(late, "job")));
        });
    }

    [KernelFact(Needs.ControlGroups, Timeout = 60_000)]
    public async Task Groups_of_a_killed_host_are_removed_by_the_next_one()
    {
        var mark = $"mark-{Guid.NewGuid():N}";
        var job = JobFiles.Write(Directory, ["/probes/sleep_forever", mark]);
        using var host = Process.Start(new ProcessStartInfo(Probe.CommandLine, ["exec", job]) { RedirectStandardOutput = true })!;
        while (HostProcesses.WithArgument(mark).Count < 2)
        {
            await Task.Delay(5, Cancellation);
        }

        host.Kill();
        await host.WaitForExitAsync(Cancellation);
        while (HostProcesses.WithArgument(mark).Count > 0)
        {
            await Task.Delay(5, Cancellation);
        }

        var next = await CommandRun.ShellAsync("exec \"$SANDBOX\" exec \"$JOB\"", JobFiles.Write(Directory, ["/probes/say", "x"]), Cancellation);

        Assert.Equal("ok", next.Verdict);
        Assert.Empty(ControlGroup.Left());
    }

    [KernelFact(Needs.ControlGroups, Timeout = 60_000)]
    public async Task Groups_of_a_living_host_are_left_alone()
    {
        var running = RunAsync(Probe.Job("measure_wall", "1500"));

        for (var round = 0; round < 3; round++)
        {
            using var other = new SandboxRunner();
            AssertPrinted("x", await other.RunAsync(Probe.Job("say", "x"), Cancellation));
        }

        var result = await running;

        AssertVerdict(Verdict.Ok, result);
        Assert.True(result.Enforcement["memory"].By.IsCgroup());
        Assert.True(result.Memory.PeakBytes > 0, Describe(result));
    }

    [KernelFact(Needs.ControlGroups, Timeout = 120_000)]
    public async Task Hosts_that_start_at_the_same_moment_do_not_take_each_others_groups()
    {
        var job = JobFiles.Write(Directory, ["/probes/say", "x"]);

        var runs = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => CommandRun.ShellAsync("exec \"$SANDBOX\" exec \"$JOB\"", job, TestContext.Current.CancellationToken)));

        Assert.All(runs, run => Assert.True(run.ExitStatus == 0, run.ToString()));
        Assert.All(runs, run => Assert.Equal(ControlGroup.Expected, run.Result.GetProperty("enforcement").GetProperty("memory").GetProperty("by").GetString()));
        Assert.Empty(ControlGroup.Left());
    }

    [KernelFact(Needs.NamedGroup2)]
    public async Task A_smaller_limit_above_is_the_jobs_limit()
    {
        await InGroupAsync("outer", async outer =>
        {
            await File.WriteAllTextAsync(Path.Combine(outer, "memory.max"), $"{Outer}", Cancellation);
            using var runner = new SandboxRunner(new SandboxOptions { Cgroup = outer });
            var job = Probe.Job("eat_memory", $"{200 << 20}");

            var result = await runner.RunAsync(job with { Limits = job.Limits with { MemoryBytes = 512 << 20 } }, Cancellation);
            var required = await runner.RunAsync(job with { Require = [RequiredLimit.Memory] }, Cancellation);

            AssertVerdict(Verdict.MemoryLimit, result);
            Assert.Contains("45 MiB", result.Message, StringComparison.Ordinal);
            Assert.Equal(Outer - (Outer / 16), result.Enforcement["memory"].Effective);
            AssertVerdict(Verdict.SetupError, required);
            Assert.Equal("/require/0", required.Error!.Pointer);
        });
    }

    [KernelFact(Needs.NamedGroup2, Timeout = 60_000)]
    public async Task Memory_that_others_have_taken_is_no_verdict_on_the_job()
    {
        await InGroupAsync("outer", async outer =>
        {
            await File.WriteAllTextAsync(Path.Combine(outer, "memory.max"), $"{Outer}", Cancellation);
            using var runner = new SandboxRunner(new SandboxOptions { Cgroup = outer });
            var job = Probe.Job("eat_late", "0", $"{30 << 20}", "20000");
            job = job with { Limits = job.Limits with { MemoryBytes = 40 << 20, WallTime = TimeSpan.FromSeconds(25) } };
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

            var first = runner.RunAsync(job, stop.Token);
            while (long.Parse(await File.ReadAllTextAsync(Path.Combine(outer, "memory.current"), stop.Token), null) < 30 << 20)
            {
                await Task.Delay(20, stop.Token);
            }

            var second = runner.RunAsync(job, stop.Token);
            var taken = await await Task.WhenAny(first, second);
            await stop.CancelAsync();
            await Task.WhenAll(first, second);

            AssertVerdict(Verdict.InternalError, taken);
            Assert.Equal(("SIGKILL", Killer.KernelOom), (taken.Signal, taken.KilledBy));
            Assert.DoesNotContain("memory", taken.LimitsHit);
        });
    }

    [KernelFact(Needs.NamedGroup2)]
    public async Task Whoever_lives_in_the_group_moves_into_a_leaf_of_it()
    {
        await InGroupAsync("inhabited", async group =>
        {
            var job = JobFiles.Write(Directory, ["/probes/say", "x"]);

            var run = await CommandRun.ShellAsync(
                $"echo $$ >{group}/cgroup.procs; SANDBOX_CGROUP={group} \"$SANDBOX\" exec \"$JOB\"; status=$?; cat /proc/self/cgroup >&2; exit $status", job, Cancellation);

            Assert.Equal("ok", run.Verdict);
            Assert.Equal("cgroup2", run.Result.GetProperty("enforcement").GetProperty("memory").GetProperty("by").GetString());
            Assert.EndsWith("/inhabited/sandbox-room\n", run.Stderr, StringComparison.Ordinal);
            Assert.Equal([Path.Combine(group, "sandbox-room")], System.IO.Directory.EnumerateDirectories(group));
        });
    }

    [KernelFact(Needs.NamedGroup2, Timeout = 60_000)]
    public async Task A_host_that_ends_takes_no_limit_off_another_hosts_job()
    {
        await InGroupAsync("shared", async group =>
        {
            var eater = JobFiles.Write(
                Directory, ["/probes/eat_late", "1500", $"{200 << 20}"], "\"limits\": { \"memory\": \"32MiB\" }, \"require\": [\"memory\"]");

            var run = await CommandRun.ShellAsync(
                $"""
                export SANDBOX_CGROUP={group}; echo $$ >{group}/cgroup.procs
                echo '{JobFiles.Text(["/probes/measure_wall", "600"]).ReplaceLineEndings(" ")}' >{Directory}/short.json
                "$SANDBOX" exec {Directory}/short.json >/dev/null & short=$!
                sleep 0.3; "$SANDBOX" exec "$JOB"; wait $short
                """, eater, TestContext.Current.CancellationToken);

            Assert.Equal("memory-limit", run.Verdict);
        });
    }

    [KernelFact(Needs.NamedGroup2, Timeout = 60_000)]
    public async Task The_next_host_after_a_killed_one_kills_nobody_who_lived_there()
    {
        await InGroupAsync("survivors", async group =>
        {
            var job = JobFiles.Write(Directory, ["/probes/say", "x"]);

            var run = await CommandRun.ShellAsync(
                $"""
                export SANDBOX_CGROUP={group}; echo $$ >{group}/cgroup.procs
                echo '{JobFiles.Text(["/probes/sleep_forever"]).ReplaceLineEndings(" ")}' >{Directory}/long.json
                sleep 60 >/dev/null 2>&1 & bystander=$!
                "$SANDBOX" exec {Directory}/long.json >/dev/null 2>&1 & host=$!
                sleep 1; kill -KILL $host; unset SANDBOX_CGROUP
                "$SANDBOX" exec "$JOB"; kill $bystander || echo "the bystander is dead" >&2
                """, job, TestContext.Current.CancellationToken);

            Assert.Equal("ok", run.Verdict);
            Assert.Equal("", run.Stderr);
        });
    }

    [KernelFact(Needs.NamedGroup2)]
    public async Task A_group_of_a_similar_name_is_left_alone()
    {
        var similar = Path.Combine(ControlGroup.Named[0], "sandbox-job.slice");
        System.IO.Directory.CreateDirectory(similar);

        try
        {
            using var runner = new SandboxRunner();
            AssertPrinted("x", await runner.RunAsync(Probe.Job("say", "x"), Cancellation));

            Assert.True(System.IO.Directory.Exists(similar));
        }
        finally
        {
            System.IO.Directory.Delete(similar);
        }
    }

    [KernelFact(Needs.NamedGroup2)]
    public async Task A_group_that_is_taken_from_a_running_job_is_no_verdict_on_it()
    {
        await InGroupAsync("taken", async group =>
        {
            using var runner = new SandboxRunner(new SandboxOptions { Cgroup = group });
            var running = runner.RunAsync(Probe.Job("measure_wall", "3000"), Cancellation);
            while (System.IO.Directory.EnumerateDirectories(group, "sandbox-job.*").All(job => File.ReadAllText(Path.Combine(job, "cgroup.procs")).Length == 0))
            {
                await Task.Delay(20, Cancellation);
            }

            await File.WriteAllTextAsync(Path.Combine(group, "cgroup.subtree_control"), "-memory", Cancellation);
            var result = await running;

            AssertVerdict(Verdict.InternalError, result);
        });
    }

    [KernelFact(Needs.NamedGroup2)]
    public async Task Memory_above_the_high_mark_slows_the_job_but_does_not_end_it()
    {
        var job = Probe.Job("eat_memory", $"{24 << 20}");

        var result = await RunAsync(job with
        {
            Limits = job.Limits with { MemoryHighBytes = 16 << 20, MemoryBytes = 64 << 20, WallTime = TimeSpan.FromSeconds(2) },
        });

        Assert.True(result.Verdict is Verdict.Ok or Verdict.WallTimeLimit, Describe(result));
        Assert.Equal(16L << 20, result.Enforcement["memoryHigh"].Effective);
    }

    private static async Task InGroupAsync(string name, Func<string, Task> act)
    {
        var group = Path.Combine(ControlGroup.Named[0], name);
        System.IO.Directory.CreateDirectory(group);
        try
        {
            await act(group);
        }
        finally
        {
            foreach (var below in System.IO.Directory.EnumerateDirectories(group))
            {
                await RemoveAsync(below);
            }

            await RemoveAsync(group);
        }
    }

    // A process that was killed counts until the kernel has it off its CPU (cgroup-v2.rst, "cgroup.events").
    private static async Task RemoveAsync(string group)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                System.IO.Directory.Delete(group);
                return;
            }
            catch (IOException) when (tries < 100)
            {
                await Task.Delay(20);
            }
        }
    }
}
