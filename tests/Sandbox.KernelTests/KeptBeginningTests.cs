using System.Diagnostics;
using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>
/// What the plan of the last job began with is made for the next one while the runtime comes up. The file that says so is the user's, and nothing in it
/// can give a job what its own plan does not.
/// </summary>
public sealed class KeptBeginningTests : KernelTest
{
    private string RuntimeDirectory => Path.Combine(Directory, "run");

    private string Kept => Path.Combine(RuntimeDirectory, "sandbox", "beginning");

    // The phases of what was made ahead are not the job's.
    [KernelFact(Needs.Unprivileged)]
    public async Task The_root_of_the_second_job_is_there_before_its_plan()
    {
        var first = await RunJobAsync("here");
        var second = await RunJobAsync("here");

        Assert.Contains("root", Phases(first));
        Assert.DoesNotContain("root", Phases(second));
        Assert.Contains("pivot", Phases(second));
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task Nothing_of_a_job_is_kept()
    {
        await RunJobAsync("here");

        var text = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Kept, Cancellation));

        Assert.Contains("/proc/keys", text, StringComparison.Ordinal);
        Assert.DoesNotContain("here", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Probe.Directory, text, StringComparison.Ordinal);
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task A_job_that_begins_otherwise_gets_what_it_asks_for()
    {
        await RunJobAsync("here");

        var other = await RunJobAsync("here", "\"limits\": { \"disk\": \"3MiB\" }");
        var again = await RunJobAsync("here", "\"limits\": { \"disk\": \"3MiB\" }");

        Assert.Contains("root", Phases(other));
        Assert.DoesNotContain("root", Phases(again));
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task Nothing_is_made_ahead_for_a_strict_job()
    {
        await RunJobAsync("here");
        var before = await File.ReadAllBytesAsync(Kept, Cancellation);

        var strict = await RunJobAsync("here", "\"isolation\": \"strict\"");

        Assert.Contains("root", Phases(strict));
        Assert.Equal(before, await File.ReadAllBytesAsync(Kept, Cancellation));
    }

    // What is hidden in every job is looked for in one whose root was made by a file in which it is not.
    [KernelFact(Needs.Unprivileged)]
    public async Task A_file_with_other_steps_opens_nothing_to_a_job()
    {
        var job = Path.Combine(Directory, "cat.json");
        await File.WriteAllTextAsync(job, """{ "command": ["/bin/cat", "/proc/cmdline"] }""", Cancellation);
        await ExecAsync(job);
        var honest = await File.ReadAllBytesAsync(Kept, Cancellation);
        var text = Encoding.Latin1.GetString(honest);
        await File.WriteAllBytesAsync(Kept, Encoding.Latin1.GetBytes(text.Replace("/proc/cmdline", "/proc/cmdlinX", StringComparison.Ordinal)), Cancellation);

        var run = await ExecAsync(job);

        Assert.NotEqual(-1, honest.AsSpan().IndexOf("/proc/cmdline"u8));
        Assert.Contains("root", Phases(run));
        Assert.Equal("", run.Result.GetProperty("stdout").GetProperty("text").GetString());
        Assert.Equal(honest, await File.ReadAllBytesAsync(Kept, Cancellation));
    }

    [KernelTheory(Needs.Unprivileged)]
    [InlineData("printf x >\"$K\"")]
    [InlineData("head -c 70000 /dev/zero >\"$K\"")]
    [InlineData("head -c 200 \"$K\" >\"$K.part\" && mv \"$K.part\" \"$K\"")]
    [InlineData("dd if=/dev/urandom of=\"$K\" bs=1 seek=20 count=4 conv=notrunc 2>/dev/null")]
    [InlineData("dd if=/dev/urandom of=\"$K\" bs=1 seek=100 count=400 conv=notrunc 2>/dev/null")]
    [InlineData("chmod 0644 \"$K\"")]
    [InlineData("chmod 0755 \"${K%/*}\"")]
    [InlineData("rm \"$K\" && mkfifo -m 0600 \"$K\"")]
    [InlineData("mv \"$K\" \"$K.there\" && ln -s beginning.there \"$K\"")]
    [InlineData("rm \"$K\" && mkdir \"$K\"")]
    public async Task A_file_that_is_none_is_as_good_as_no_file(string damage)
    {
        await RunJobAsync("here");
        var damaged = await CommandRun.ShellInAsync(Directory, $"K='{Kept}'; {damage}", Cancellation);
        Assert.True(damaged.ExitStatus == 0, damaged.ToString());

        var run = await RunJobAsync("here");

        Assert.Contains("root", Phases(run));
    }

    [KernelFact(Needs.Unprivileged)]
    public async Task Several_jobs_of_one_command_run_one_after_the_other()
    {
        var job = JobFiles.Write(Directory, ["/probes/say", "here"]);
        await ExecAsync(job);

        var run = await CommandRun.ShellInAsync(Directory, $"XDG_RUNTIME_DIR='{RuntimeDirectory}' '{Probe.Directory}/adopt' \"$SANDBOX\" exec '{job}' '{job}' '{job}'", Cancellation);

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Equal(3, run.Stdout.Split("\"verdict\":\"ok\"").Length - 1);
        Assert.EndsWith("adopted 0\n", run.Stderr, StringComparison.Ordinal);
    }

    // Whatever was being made ahead at that moment goes along.
    [KernelFact(Needs.Unprivileged)]
    public async Task A_command_that_is_killed_at_any_moment_leaves_nothing()
    {
        var job = JobFiles.Write(Directory, ["/probes/say", "here"]);
        await ExecAsync(job);
        var mounts = await File.ReadAllTextAsync("/proc/self/mountinfo", Cancellation);
        var processes = HostProcesses.OfThisUser();

        for (var microseconds = 0; microseconds < 16_000; microseconds += 800)
        {
            using var command = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"XDG_RUNTIME_DIR='{RuntimeDirectory}' exec '{Probe.CommandLine}' exec '{job}' </dev/null >/dev/null 2>&1"]))!;
            await Task.Delay(TimeSpan.FromMicroseconds(microseconds), Cancellation);
            command.Kill();
            await command.WaitForExitAsync(Cancellation);
        }

        var clock = Stopwatch.StartNew();
        while (HostProcesses.OfThisUser().Except(processes).Any() && clock.Elapsed < TimeSpan.FromSeconds(5) * Requirements.Slowness)
        {
            await Task.Delay(10, Cancellation);
        }

        Assert.Equal([], HostProcesses.OfThisUser().Except(processes).Select(HostProcesses.Describe));
        Assert.Equal(mounts, await File.ReadAllTextAsync("/proc/self/mountinfo", Cancellation));

        // On a busy machine one may get as far as telling `ps` of itself: that goes with the next look.
        await CommandRun.ShellInAsync(Directory, $"XDG_RUNTIME_DIR='{RuntimeDirectory}' '{Probe.CommandLine}' ps -a", Cancellation);
        Assert.Equal([Kept], System.IO.Directory.GetFiles(Path.GetDirectoryName(Kept)!, "*", SearchOption.AllDirectories));
    }

    private Task<CommandRun> RunJobAsync(string word, string more = "\"env\": { \"TOKEN\": \"secret\" }") =>
        ExecAsync(JobFiles.Write(Directory, ["/probes/say", word], more));

    private async Task<CommandRun> ExecAsync(string job)
    {
        System.IO.Directory.CreateDirectory(RuntimeDirectory, (UnixFileMode)0b111_000_000);
        var run = await CommandRun.ShellInAsync(Directory, $"XDG_RUNTIME_DIR='{RuntimeDirectory}' \"$SANDBOX\" exec --server none '{job}'", Cancellation);
        Assert.True(run.ExitStatus == 0, run.ToString());
        return run;
    }

    private static List<string> Phases(CommandRun run) => [.. run.Result.GetProperty("phases").EnumerateArray().Select(phase => phase.GetProperty("name").GetString()!)];
}
