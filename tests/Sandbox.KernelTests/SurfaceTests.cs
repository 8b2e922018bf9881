using System.Globalization;
using Sandbox.Policies;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a job can make the kernel hold: every call is refused or bounded by a number that SECURITY.md states.</summary>
public sealed class SurfaceTests : KernelTest
{
    private static readonly ResourceLimits s_defaults = new() { WallTime = TimeSpan.FromSeconds(10) * Requirements.Slowness };

    // Nothing that the sandbox refuses; what the kernel refuses without the job having a capability is another matter.
    private static readonly byte[] s_everything = System.Text.Encoding.ASCII.GetBytes(
        $$"""{ "allow": ["{{string.Join("\", \"", new PolicyLibrary(new PolicyProblems()).Groups().Groups.Keys)}}"] }""");

    [KernelTheory]
    [InlineData("filters", 4, 0)]
    [InlineData("timers", 3000, 1024)]
    [InlineData("signals", 3000, 1024)]
    [InlineData("queues", 100, 10)]
    [InlineData("message-queues", 200, 64)]
    [InlineData("messages", 20_000, 16_384)]
    [InlineData("semaphore-sets", 100, 32)]
    [InlineData("watches", 9000, 8192)]
    [InlineData("inotify-instances", 100, 16)]
    [InlineData("pipes", 300, 126)]
    [InlineData("pipe-room", 100, 64)]
    [InlineData("in-flight", 3000, 600)]
    [InlineData("attributes", 3000, 1200)]
    [InlineData("locked-pages", 100, 16)]
    [InlineData("requests", 4, 0)]
    public async Task What_the_kernel_holds_for_a_job_is_refused_or_bounded(string kind, int tried, int most)
    {
        foreach (var policy in PolicyLibrary.Names)
        {
            var job = Probe.Job("hoard", kind, tried.ToString(CultureInfo.InvariantCulture)) with
            {
                Limits = s_defaults,
                Seccomp = new NamedPolicy { Name = policy },
            };

            var result = await RunAsync(job);

            AssertVerdict(Verdict.Ok, result);
            var words = Out(result).Split(' ', '\n');
            Assert.InRange(int.Parse(words[0], CultureInfo.InvariantCulture), 0, most);
            Assert.NotEqual("none", words[1]);
        }
    }

    [KernelFact(Timeout = 60_000)]
    public async Task The_clock_of_a_job_cannot_be_switched_off_whatever_the_policy_allows()
    {
        var job = Probe.Job("stop_counters") with
        {
            Seccomp = new InlinePolicy { Json = s_everything },
            Limits = new ResourceLimits { CpuTime = TimeSpan.FromSeconds(1), WallTime = TimeSpan.FromSeconds(8) * Requirements.Slowness },
        };

        var result = await RunAsync(job);

        Assert.Equal("denied EPERM\n", Out(result));
        // Without a group and a clock, children this short are bounded by wall time, which the result says.
        var expected = result.Enforcement["cpuTime"].By == Mechanism.Watchdog ? result.Verdict : Verdict.CpuTimeLimit;
        AssertVerdict(expected, result);
        Assert.True(result.Verdict is Verdict.CpuTimeLimit or Verdict.WallTimeLimit, Describe(result));
    }

    [KernelTheory]
    [InlineData("disturb_init", "end")]
    [InlineData("disturb_init", "affinity")]
    [InlineData("disturb_init", "priority-user")]
    [InlineData("disturb_init", "io-priority-user")]
    [InlineData("refused_call", "counters-off")]
    [InlineData("refused_call", "huge-mapping")]
    [InlineData("refused_call", "huge-memfd")]
    [InlineData("refused_call", "session-to-parent")]
    [InlineData("refused_call", "unshare-time")]
    [InlineData("refused_call", "unshare-user")]
    [InlineData("refused_call", "ptrace-init")]
    [InlineData("refused_call", "take-fd-of-init")]
    [InlineData("refused_call", "set-priority")]
    [InlineData("refused_call", "real-time")]
    public async Task A_job_cannot_loosen_its_own_watch_whatever_the_policy_allows(string probe, string how)
    {
        var result = await RunAsync(Probe.Job(probe, how) with { Seccomp = new InlinePolicy { Json = s_everything } });

        AssertDenied(result);
    }

    // On a tmpfs that has no list of extents, ENOTTY is the policy's answer and EOPNOTSUPP the file's.
    [KernelFact(Needs.Device)]
    public async Task A_job_with_a_device_can_make_every_request_but_typing_into_terminals()
    {
        string[] devices = [Requirements.Device!];

        AssertPrinted("denied ENOTTY", await RunAsync(Probe.Job("refused_call", "extents")));
        AssertPrinted("denied EOPNOTSUPP", await RunAsync(Probe.Job("refused_call", "extents") with { Devices = devices }));
        AssertPrinted("denied EPERM", await RunAsync(Probe.Job("refused_call", "tiocsti") with { Devices = devices }));
    }

    // newuidmap(1) looks users up with whatever nsswitch.conf(5) names, for as long as that takes.
    [KernelFact(Needs.SubIds | Needs.Unprivileged)]
    public async Task A_program_of_the_host_that_maps_ids_inherits_nothing()
    {
        var told = Path.Combine(Directory, "told");
        var program = Path.Combine(Directory, "program");
        await File.WriteAllTextAsync(
            program,
            $"#!/bin/sh\n{{ ls /proc/self/fd | wc -l; readlink /proc/self/fd/0 /proc/self/fd/2 /proc/self/cwd; grep -E '^Sig(Blk|Ign)' /proc/self/status; env | grep -vE '^(PWD|_|SHLVL|OLDPWD)='; }} > '{told}'\nexit 1\n",
            Cancellation);
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        var job = JobFiles.Write(Directory, ["/probes/say", "never"], "\"subids\": true");
        const string Script = """
            exec 7</etc/passwd; cd /usr; trap '' USR1
            exec unshare -r -m sh -c 'mount --bind "$PROGRAM" /usr/bin/newgidmap && exec unshare -U --map-user=$ID --map-group=$ID "$SANDBOX" exec "$JOB"'
            """;

        var run = await CommandRun.ShellAsync($"export PROGRAM='{program}' SANDBOX JOB ID=$(id -u); {Script}", job, Cancellation);

        Assert.True(File.Exists(told), run.ToString());
        Assert.Equal(
            // ls has the directory it lists open
            ["4", "/dev/null", "/dev/null", "/", "SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"],
            await File.ReadAllLinesAsync(told, Cancellation));
        Assert.Equal(3, run.ExitStatus);
    }
}
