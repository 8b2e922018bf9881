using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The limits of getrlimit(2): none of the caller's reaches a job unseen, and a kill by one is told from the job's own doing.</summary>
[Trait("limits", "true")]
public sealed class RlimitTests : KernelTest
{
    [KernelTheory]
    [InlineData("write")]
    [InlineData("write unlinked")]
    [InlineData("write memfd")]
    [InlineData("write bind")]
    [InlineData("write thread")]
    [InlineData("write after a child was sent it")]
    [InlineData("truncate")]
    [InlineData("fallocate")]
    [InlineData("seek")]
    public async Task A_file_past_the_limit_is_the_file_size_limit(string way)
    {
        var result = await RunAsync(EndingBySigxfsz(way));

        AssertVerdict(Verdict.FileSizeLimit, result);
        Assert.Equal(("SIGXFSZ", Killer.Sandbox), (result.Signal, result.KilledBy));
        Assert.Equal(["fileSize"], result.LimitsHit);
        Assert.Contains("the fileSize limit of 1 MiB", result.Message, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("raise")]
    [InlineData("kill")]
    [InlineData("group")]
    [InlineData("everybody")]
    [InlineData("tkill")]
    [InlineData("sigqueue")]
    [InlineData("pidfd")]
    [InlineData("child")]
    [InlineData("high bits")]
    [InlineData("own limit")]
    public async Task A_sigxfsz_of_the_jobs_own_is_its_own_doing(string way)
    {
        var result = await RunAsync(EndingBySigxfsz(way));

        AssertVerdict(Verdict.Signal, result);
        Assert.Equal(("SIGXFSZ", Killer.Job), (result.Signal, result.KilledBy));
        Assert.Empty(result.LimitsHit);
        Assert.Empty(result.Violations);
    }

    [KernelTheory]
    [InlineData("default")]
    [InlineData("judge")]
    [InlineData("build")]
    public async Task Without_a_limit_on_files_sigxfsz_is_no_limit(string policy)
    {
        var job = EndingBySigxfsz("raise");

        var result = await RunAsync(job with { Seccomp = new NamedPolicy { Name = policy }, Limits = job.Limits with { FileSizeBytes = null } });

        AssertVerdict(Verdict.Signal, result);
        Assert.Equal(Killer.Job, result.KilledBy);
    }

    [KernelFact]
    public async Task A_policy_that_kills_for_the_call_still_does()
    {
        var policy = """{ "extends": "default", "deny": { "kill": ["tgkill", "tkill", "kill"] } }"""u8.ToArray();

        var result = await RunAsync(EndingBySigxfsz("kill") with { Seccomp = new InlinePolicy { Json = policy } });

        AssertVerdict(Verdict.PolicyViolation, result);
        Assert.Equal("kill", Assert.Single(result.Violations).Syscall);
    }

    [KernelTheory]
    [InlineData("\"cpuTime\": \"20s\"", 20)]
    [InlineData("", null)]
    public async Task The_callers_limit_on_cpu_time_is_the_verdict(string limit, int? asked)
    {
        var job = WriteJob(["/probes/burn_user", "1"], limit);

        var run = await CommandRun.ShellAsync("prlimit --cpu=1:1 \"$SANDBOX\" exec \"$JOB\"", job, Cancellation);

        Assert.True(run.Verdict == "cpu-time-limit", run.ToString());
        Assert.Equal(("SIGKILL", "sandbox"), (Text(run, "signal"), Text(run, "killedBy")));
        Assert.Equal("cpuTime", Assert.Single(run.Result.GetProperty("limitsHit").EnumerateArray()).GetString());
        Assert.Contains("1 s", Text(run, "message"), StringComparison.Ordinal);
        var entry = run.Result.GetProperty("enforcement").GetProperty("cpuTime");
        Assert.Equal(1, entry.GetProperty("effective").GetDouble());
        Assert.Equal(asked, entry.GetProperty("requested").ValueKind == JsonValueKind.Null ? null : entry.GetProperty("requested").GetInt32());
        Assert.Contains("the host's hard limit", entry.GetProperty("note").GetString(), StringComparison.Ordinal);
        Assert.InRange(run.Result.GetProperty("time").GetProperty("cpuMs").GetDouble(), 500, 2500);
    }

    [KernelFact]
    public async Task The_callers_soft_limit_on_cpu_time_is_not_the_jobs()
    {
        var job = WriteJob(["/probes/burn_user", "1"], "\"cpuTime\": \"1500ms\"");

        var run = await CommandRun.ShellAsync("prlimit --cpu=1: \"$SANDBOX\" exec \"$JOB\"", job, Cancellation);

        Assert.True(run.Verdict == "cpu-time-limit", run.ToString());
        Assert.Equal("used", Text(run, "message").Split(' ')[0]);
        Assert.Equal(1.5, run.Result.GetProperty("enforcement").GetProperty("cpuTime").GetProperty("effective").GetDouble());
    }

    [KernelFact]
    public async Task A_job_that_kills_itself_is_not_taken_for_one_out_of_cpu_time()
    {
        var job = WriteJob(["/probes/self_signal", "9"], "");

        var run = await CommandRun.ShellAsync("prlimit --cpu=3:3 \"$SANDBOX\" exec \"$JOB\"", job, Cancellation);

        Assert.True(run.Verdict == "signal", run.ToString());
        Assert.Equal("job", Text(run, "killedBy"));
    }

    [KernelFact]
    public async Task The_callers_smaller_limit_on_files_is_the_one_that_is_named()
    {
        var job = WriteJob(["/probes/end_by_sigxfsz", "write"], "\"fileSize\": \"300MiB\"");

        var run = await CommandRun.ShellAsync("prlimit --fsize=2097152:4194304 \"$SANDBOX\" exec \"$JOB\"", job, Cancellation);

        Assert.True(run.Verdict == "file-size-limit", run.ToString());
        Assert.Contains("the fileSize limit of 4 MiB", Text(run, "message"), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_limit_on_files_that_nobody_asked_for_is_named_too()
    {
        var job = WriteJob(["/probes/end_by_sigxfsz", "write"], "\"fileSize\": \"none\"");

        var run = await CommandRun.ShellAsync("prlimit --fsize=4194304:4194304 \"$SANDBOX\" exec \"$JOB\"", job, Cancellation);

        Assert.True(run.Verdict == "file-size-limit", run.ToString());
        Assert.Equal(4 << 20, run.Result.GetProperty("enforcement").GetProperty("fileSize").GetProperty("effective").GetDouble());
    }

    // A value of the caller's that is soft and hard, and what the job then has of it.
    [KernelTheory]
    [InlineData("--cpu=100:200", "cpu", "200 200")]
    [InlineData("--fsize=10000000:20000000", "fsize", "20000000 20000000")]
    [InlineData("--data=4000000000:5000000000", "data", "5000000000 5000000000")]
    [InlineData("--stack=1048576:2097152", "stack", "2097152 2097152")]
    [InlineData("--core=0:0", "core", "0 0")]
    [InlineData("--rss=1000000:2000000", "rss", "2000000 2000000")]
    [InlineData("--nproc=3000:4000", "nproc", "4000 4000")]
    [InlineData("--nofile=100:200", "nofile", "200 200")]
    [InlineData("--memlock=4096:8192", "memlock", "8192 8192")]
    [InlineData("--locks=10:20", "locks", "20 20")]
    [InlineData("--sigpending=100:200", "sigpending", "200 200")]
    [InlineData("--msgqueue=1000:2000", "msgqueue", "2000 2000")]
    [InlineData("--nice=0:0", "nice", "0 0")]
    [InlineData("--rtprio=0:0", "rtprio", "0 0")]
    [InlineData("--rttime=1000000:2000000", "rttime", "2000000 2000000")]
    public async Task A_soft_limit_of_the_caller_is_raised_and_its_hard_limit_kept(string given, string name, string expected)
    {
        var job = WriteJob(
            ["/probes/state", name],
            "\"memory\": \"none\", \"fileSize\": \"none\", \"openFiles\": \"none\", \"processes\": \"none\", \"stack\": \"none\"");

        var run = await CommandRun.ShellAsync($"prlimit {given} \"$SANDBOX\" exec \"$JOB\"", job, Cancellation);

        Assert.True(run.Verdict == "ok", run.ToString());
        Assert.Equal(expected, run.Result.GetProperty("stdout").GetProperty("text").GetString()!.Trim());
    }

    [KernelTheory]
    [InlineData("memlock", "65536 65536")]
    [InlineData("msgqueue", "819200 819200")]
    [InlineData("sigpending", "1024 1024")]
    [InlineData("nice", "0 0")]
    [InlineData("rtprio", "0 0")]
    public async Task What_no_job_gets_more_of_is_the_same_for_all(string name, string expected) =>
        AssertPrinted(expected, await RunAsync(Probe.Job("state", name)));

    // No core file is larger than a byte, and a core_pattern that is a pipe is not started (core(5)): for that the limit must not be 0.
    // Where it is 0 for whoever runs the sandbox, it stays.
    [KernelFact]
    public async Task A_job_dumps_no_core()
    {
        var result = await RunAsync(Probe.Job("state", "core"));

        AssertVerdict(Verdict.Ok, result);
        Assert.Matches("^(1 1|0 0)$", Out(result).Trim());
    }

    [KernelFact]
    public async Task A_lifted_stack_is_as_large_as_the_host_allows()
    {
        var run = await CommandRun.ShellAsync(
            "prlimit --stack=1048576: \"$SANDBOX\" exec \"$JOB\"", WriteJob(["/probes/state", "stack"], "\"stack\": \"none\""), Cancellation);

        var limits = run.Result.GetProperty("stdout").GetProperty("text").GetString()!.Split(' ');
        Assert.Equal(limits[0], limits[1].Trim());
        Assert.True(run.Result.GetProperty("enforcement").TryGetProperty("stack", out _), run.ToString());
    }

    [KernelTheory]
    [InlineData("as", "addressSpace")]
    [InlineData("data", "dataSegment")]
    public async Task An_allocation_past_the_limit_of_one_process_fails_in_the_job(string rlimit, string name)
    {
        var limits = new ResourceLimits { WallTime = TimeSpan.FromSeconds(20) * Requirements.Slowness, MemoryBytes = null };
        limits = rlimit == "as" ? limits with { AddressSpaceBytes = 64 << 20 } : limits with { DataSegmentBytes = 64 << 20 };

        var held = await RunAsync(Probe.Job("state", rlimit) with { Limits = limits });
        var refused = await RunAsync(Probe.Job("eat_memory", $"{128 << 20}") with { Limits = limits });

        AssertPrinted($"{64 << 20} {64 << 20}", held);
        Assert.Equal(Mechanism.Rlimit, held.Enforcement[name].By);
        AssertPrinted("denied ENOMEM", refused);
    }

    [KernelTheory]
    [InlineData("addressSpace")]
    [InlineData("dataSegment")]
    public async Task A_program_that_does_not_fit_is_told_which_limit_it_is(string name)
    {
        var limits = new ResourceLimits { MemoryBytes = null };
        limits = name == "addressSpace" ? limits with { AddressSpaceBytes = 64 << 20 } : limits with { DataSegmentBytes = 64 << 20 };

        var result = await RunAsync(Probe.Job("big_bss") with { Limits = limits });

        AssertVerdict(Verdict.ExecFailed, result);
        Assert.Contains(name, result.Message, StringComparison.Ordinal);
        Assert.Equal([name], result.LimitsHit);
    }

    private JobSpec EndingBySigxfsz(string way)
    {
        var job = Probe.Job("end_by_sigxfsz", way);
        return job with
        {
            Mounts = [.. job.Mounts, new BindMount { Source = Directory, Target = "/bind", Writable = true }],
            Limits = job.Limits with { FileSizeBytes = 1 << 20 },
        };
    }

    private string WriteJob(string[] command, string limits)
    {
        var path = Path.Combine(Directory, "job.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new
        {
            command,
            rootfs = "empty",
            mounts = new[] { new { type = "bind", source = Probe.Directory, target = "/probes" } },
            limits = JsonSerializer.Deserialize<JsonElement>($"{{ {limits} }}"),
        }));
        return path;
    }

    private static string Text(CommandRun run, string name) => run.Result.GetProperty(name).GetString()!;
}
