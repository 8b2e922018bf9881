using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What people and build steps rely on of <c>sandbox run</c>: exit statuses, bytes, directories that stay as they are.</summary>
public sealed class RunCommandTests : KernelTest
{
    [KernelTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(124)]
    [InlineData(255)]
    public async Task The_exit_status_is_the_jobs(int status)
    {
        var run = await ProbeAsync("/probes/exit_with", $"{status}");

        AssertEnded(status, run);
        Assert.Equal(("", ""), (run.Stdout, run.Stderr));
    }

    [KernelTheory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(24)]
    [InlineData(34)]
    public async Task A_signal_is_128_and_its_number_without_a_word(int signal)
    {
        var run = await ProbeAsync("/probes/self_signal", $"{signal}");

        AssertEnded(128 + signal, run);
        Assert.Equal("", run.Stderr);
    }

    [KernelTheory]
    [InlineData("wall-time-limit", "--wall-time", "200ms", "/probes/sleep_forever")]
    [InlineData("cpu-time-limit", "--cpu-time", "200ms", "/probes/burn_user")]
    [InlineData("idle-limit", "--idle-time", "300ms", "/probes/sleep_forever")]
    [InlineData("memory-limit", "--memory", "64m", "/probes/eat_memory_in_many", "419430400")]
    [InlineData("output-limit", "--output", "100k", "/probes/flood", "1", "1")]
    [InlineData("file-size-limit", "--ulimit", "fsize=65536", "/probes/write_huge_file", "/work/x")]
    public async Task A_limit_is_124_and_named(string verdict, params string[] words)
    {
        var run = await ProbeAsync(["--wall-time", "20s", .. words]);

        AssertEnded(124, run);
        Assert.StartsWith($"sandbox: {verdict}: ", run.Stderr, StringComparison.Ordinal);
        Assert.Equal(1, run.Stderr.Count(letter => letter == '\n'));
    }

    [KernelFact(Needs.X64 | Needs.NativeKernel)] // user-mode Linux knows no x32
    public async Task A_call_that_the_policy_kills_for_is_159_and_named()
    {
        var run = await ProbeAsync("/probes/foreign_call", "x32");

        AssertEnded(159, run);
        Assert.StartsWith("sandbox: policy-violation: ", run.Stderr, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData(127, "/probes/absent")]
    [InlineData(127, "absent")]
    [InlineData(127, "/probes/say/x")]
    [InlineData(126, "/probes")]
    [InlineData(126, "/work/plain")]
    [InlineData(126, "/work/no-interpreter")]
    public async Task A_command_that_cannot_be_executed_is_126_or_127_as_in_sh(int status, string command)
    {
        var run = await ProbeAsync("--text", "/work/plain=x", "--text", "/work/no-interpreter:0755=#!/absent\n", command);

        AssertEnded(status, run);
        Assert.StartsWith("sandbox: ", run.Stderr, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("-v /no/such/directory:/x", "/no/such/directory")]
    [InlineData("--rootfs /no/such/root", "/no/such/root")]
    [InlineData("--stdin /no/such/file", "/no/such/file")]
    [InlineData("--file /work/x=/no/such/file", "/no/such/file")]
    [InlineData("--seccomp no-such-policy", "no-such-policy")]
    [InlineData("--cpuset-cpus 4000", "--cpuset-cpus 4000")]
    [InlineData("--nope", "--nope")]
    public async Task What_cannot_be_set_up_is_125_and_named(string options, string named)
    {
        var run = await RunCommandAsync([.. options.Split(' '), "true"]);

        AssertEnded(125, run);
        Assert.Contains(named, run.Stderr, StringComparison.Ordinal);
        Assert.All(run.Stderr.TrimEnd('\n').Split('\n'), line => Assert.StartsWith("sandbox: ", line, StringComparison.Ordinal));
    }

    [KernelFact]
    public async Task Bytes_pass_through_unchanged()
    {
        var bytes = new byte[5_000_000];
        new Random(12).NextBytes(bytes);
        await File.WriteAllBytesAsync(Path.Combine(Directory, "in"), bytes, Cancellation);

        var run = await ShellAsync("\"$SANDBOX\" run -i cat < in > file && cat in | \"$SANDBOX\" run -i cat | cat > pipe");

        AssertEnded(0, run);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(Directory, "file"), Cancellation));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(Directory, "pipe"), Cancellation));
    }

    [KernelFact]
    public async Task Stdin_is_the_callers_only_if_asked()
    {
        var run = await ShellAsync("printf 'a\\nb\\n' | while read -r line; do \"$SANDBOX\" run cat; echo \"$line\"; done; echo c | \"$SANDBOX\" run -i cat; \"$SANDBOX\" run -i cat <&-");

        AssertEnded(125, run);
        Assert.Equal("a\nb\nc\n", run.Stdout);
        Assert.Contains("stdin", run.Stderr, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("\"$SANDBOX\" run yes > /dev/full", 125, "ENOSPC")]
    [InlineData("\"$SANDBOX\" run sh -c 'yes >&2' 2>/dev/full", 125, "")]
    [InlineData("\"$SANDBOX\" run echo x >&-", 125, "stdout is closed")]
    [InlineData("\"$SANDBOX\" run sh -c 'echo x >&2' 2>&-", 0, "")]
    public async Task A_stream_that_takes_nothing_ends_the_job(string script, int status, string words)
    {
        var run = await ShellAsync(script);

        AssertEnded(status, run);
        Assert.Contains(words, run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact(tool: "bash")]
    public async Task A_reader_that_goes_away_ends_the_job_as_any_other()
    {
        var run = await ShellAsync("bash -c '\"$0\" run yes | head -1; echo ${PIPESTATUS[0]}' \"$SANDBOX\"");

        AssertEnded(0, run);
        Assert.Equal("y\n141\n", run.Stdout);
        Assert.Equal("", run.Stderr);
    }

    [KernelFact]
    public async Task Streams_to_one_place_keep_their_order()
    {
        var run = await ShellAsync("\"$SANDBOX\" run sh -c 'for i in 1 2 3 4 5 6 7 8 9; do echo $i; echo e$i >&2; done' 2>&1");

        Assert.Equal(string.Concat(Enumerable.Range(1, 9).Select(number => $"{number}\ne{number}\n")), run.Stdout);
    }

    [KernelTheory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task A_signal_to_the_command_ends_the_job(string signal, int status)
    {
        // The first word of the job tells that it runs. A shell without job control starts what is behind & with SIGINT ignored.
        var run = await ShellAsync(
            $"mkfifo ready; env --default-signal=INT \"$SANDBOX\" run sh -c 'echo up; exec sleep 60' > ready & pid=$!; read -r word < ready; kill -{signal} $pid; wait $pid");

        AssertEnded(status, run);
        Assert.Equal("", run.Stderr);
    }

    // A job of real root has another uid, which cannot change root's files through an overlay.
    [KernelFact(Needs.Unprivileged)]
    public async Task An_overlay_leaves_the_directory_as_it_was()
    {
        var script = """
            mkdir src && echo 1 > src/kept && echo 2 > src/removed && cd src &&
            "$SANDBOX" run -v .:/work:overlay -w /work -- sh -c 'rm removed && echo 3 > kept && echo 4 > made && mkdir out && cat kept made && ls' &&
            cat kept removed && ls
            """;

        var run = await ShellAsync(script);

        AssertEnded(0, run);
        Assert.Equal("3\n4\nkept\nmade\nout\n1\n2\nkept\nremoved\n", run.Stdout);
    }

    [KernelFact]
    public async Task A_volume_is_written_only_if_it_says_so()
    {
        var script = """
            mkdir -m 777 data &&
            "$SANDBOX" run -v ./data:/data:rw -- sh -c 'echo written > /data/a' && cat data/a &&
            "$SANDBOX" run -v "$PWD/data:/data" -- sh -c 'cat /data/a; echo again > /data/a'
            """;

        var run = await ShellAsync(script);

        Assert.NotEqual(0, run.ExitStatus);
        Assert.Equal("written\nwritten\n", run.Stdout);
        Assert.Equal("written\n", await File.ReadAllTextAsync(Path.Combine(Directory, "data/a"), Cancellation));
    }

    [KernelFact]
    public async Task Options_reach_the_job()
    {
        var script = """
            echo copied > source && printf 'FROM_FILE=f\nBOTH=f\n' > vars && export CALLERS=c HIDDEN=h &&
            "$SANDBOX" run -e A=1 -e CALLERS --env-file vars -e BOTH=o -u 7:8 -h box -w /deep/down \
              --file /work/copy=source:0755 --text /work/text='a=b' --tmpfs /scratch:size=1m,noexec --shm-size 2m \
              -- sh -c 'echo "$A $CALLERS $FROM_FILE $BOTH ${HIDDEN-none}"; id -u; id -g; uname -n; pwd; cat /work/copy /work/text; echo; stat -c %a /work/copy; df --output=size -k /scratch /dev/shm | tail -2 | tr -d " "'
            """;

        var run = await ShellAsync(script);

        AssertEnded(0, run);
        Assert.Equal("1 c f o none\n7\n8\nbox\n/deep/down\ncopied\na=b\n755\n1024\n2048\n", run.Stdout);
    }

    [KernelFact]
    public async Task Words_of_the_command_are_left_alone()
    {
        string[] words = ["-v", "--rm", "-it=1", "--", "--memory=1", "", "a b", "@x", "-"];

        var run = await ProbeAsync(["/probes/say", .. words]);

        AssertEnded(0, run);
        Assert.Equal(string.Concat(words.Select(word => word + "\n")), run.Stdout);
    }

    [KernelFact]
    public async Task Bytes_that_are_no_text_are_refused_not_replaced()
    {
        var argument = await ShellAsync("\"$SANDBOX\" run echo \"$(printf 'a\\377')\"");
        var variable = await ShellAsync("X=$(printf 'a\\377') \"$SANDBOX\" run -e X true");

        Assert.All([argument, variable], run => AssertEnded(125, run));
        Assert.All([argument, variable], run => Assert.Contains("UTF-8", run.Stderr, StringComparison.Ordinal));
    }

    [KernelFact]
    public async Task The_result_and_the_outputs_are_written()
    {
        var run = await ShellAsync("\"$SANDBOX\" run --result r.json --collect /work/a=a --collect '/work/*.log=./:1k' sh -c 'echo x > a; echo y > b.log; exit 3'");
        var result = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Directory, "r.json"), Cancellation)).RootElement;

        AssertEnded(3, run);
        Assert.Equal("exit-code", result.GetProperty("verdict").GetString());
        Assert.Equal("x\n", await File.ReadAllTextAsync(Path.Combine(Directory, "a"), Cancellation));
        Assert.Equal("y\n", await File.ReadAllTextAsync(Path.Combine(Directory, "b.log"), Cancellation));
    }

    [KernelFact]
    public async Task What_the_job_changed_is_saved_and_listed()
    {
        var run = await ShellAsync("mkdir src && \"$SANDBOX\" run -v src:/src:overlay -w /src --save-diff changes.tar --diff --result r.json sh -c 'echo 1 > made' && tar -tf changes.tar | grep made && ls src");

        AssertEnded(0, run);
        Assert.Equal("src/made\n", run.Stdout);
        Assert.Contains("\"/src/made\"", await File.ReadAllTextAsync(Path.Combine(Directory, "r.json"), Cancellation), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_directory_as_root_is_changed_for_the_job_only()
    {
        var script = """
            mkdir -p root/bin root/work && cp PROBE root/bin/ &&
            "$SANDBOX" run --rootfs root:O --collect /made=made --text /made=1 /bin/say changed && cat made && ls root
            """;

        var run = await ShellAsync(script.Replace("PROBE", $"{Probe.Directory}/say", StringComparison.Ordinal));

        AssertEnded(0, run);
        Assert.Equal("changed\n1bin\nwork\n", run.Stdout);
    }

    [KernelFact]
    public async Task An_output_that_is_missing_is_125_and_named()
    {
        var run = await ShellAsync("\"$SANDBOX\" run --collect /work/a=a true");

        AssertEnded(125, run);
        Assert.StartsWith("sandbox: /work/a was not collected: ", run.Stderr, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task The_printed_job_is_the_one_that_runs()
    {
        var script = """
            echo in > file && "$SANDBOX" run --job -m 300m -v .:/data --stdin file --stdout out --name n --text /work/t=1 sh -c 'cat; cat /data/file /work/t' > job.json &&
            test ! -e out && "$SANDBOX" exec job.json --result r.json && cat out
            """;

        var run = await ShellAsync(script);
        var result = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Directory, "r.json"), Cancellation)).RootElement;

        AssertEnded(0, run);
        Assert.Equal("in\nin\n1", run.Stdout);
        Assert.Equal("n", result.GetProperty("name").GetString());
        Assert.Equal(300L << 20, result.GetProperty("enforcement").GetProperty("memory").GetProperty("requested").GetInt64());
    }

    private static void AssertEnded(int status, CommandRun run) => Assert.True(run.ExitStatus == status, $"expected {status}: {run}");

    private static Task<CommandRun> RunCommandAsync(params string[] words) => CommandRun.SandboxAsync("", Cancellation, ["run", .. words]);

    private static Task<CommandRun> ProbeAsync(params string[] words) =>
        RunCommandAsync(["--rootfs", "empty", "-v", $"{Probe.Directory}:/probes", .. words]);

    private Task<CommandRun> ShellAsync(string script) => CommandRun.ShellInAsync(Directory, script, Cancellation);
}
