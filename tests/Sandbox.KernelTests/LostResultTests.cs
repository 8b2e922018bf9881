using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What was asked for reaches the caller, or the exit status and a line on standard error say that it did not.</summary>
public sealed class LostResultTests : KernelTest
{
    private const string Zeros = """{ "command": ["sh", "-c", "head -c 16777216 /dev/zero; head -c 16777216 /dev/zero >&2"] }""";

    // The host itself, its JSON in pieces, and what was captured: 32 MiB.
    private const long MaxKibibytes = (32 + 64) << 10;

    [KernelTheory]
    [InlineData(">&-", "it is closed")]
    [InlineData(">/dev/full", "ENOSPC")]
    [InlineData("1</dev/null", "it is closed")]
    [InlineData("<&- >&-", "it is closed")]
    public async Task A_job_whose_result_could_not_be_written_is_not_started(string streams, string reason)
    {
        var job = Marking();

        var run = await CommandRun.ShellInAsync(Directory, $"\"$SANDBOX\" exec '{job}' {streams}", Cancellation);

        Assert.True(run.ExitStatus == 3, run.ToString());
        Assert.Equal($"sandbox: the result could not be written to stdout: {reason}\n", run.Stderr);
        Assert.False(File.Exists($"{Directory}/marked"));
    }

    [KernelFact]
    public async Task A_job_whose_result_goes_to_a_file_needs_no_stdout()
    {
        var job = Marking();

        var run = await CommandRun.ShellInAsync(Directory, $"\"$SANDBOX\" exec --result r.json '{job}' >&-", Cancellation);

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Equal("ok", JsonDocument.Parse(await File.ReadAllTextAsync($"{Directory}/r.json", Cancellation)).RootElement.GetProperty("verdict").GetString());
    }

    [KernelTheory]
    [InlineData("plan job.json")]
    [InlineData("doctor")]
    [InlineData("doctor --json")]
    [InlineData("schema job")]
    [InlineData("policy list")]
    [InlineData("policy show judge")]
    [InlineData("policy check policy.json")]
    [InlineData("completion bash")]
    [InlineData("image ls")]
    [InlineData("image gc")]
    [InlineData("store ls")]
    [InlineData("store put job.json")]
    [InlineData("--version")]
    [InlineData("--help")]
    [InlineData("exec --help")]
    public async Task Nothing_that_prints_ends_well_without_a_place_to_print_to(string line)
    {
        _ = Marking();
        await File.WriteAllTextAsync($"{Directory}/policy.json", """{ "unlisted": "errno EPERM", "allow": ["read"] }""", Cancellation);

        foreach (var stream in new[] { ">&-", ">/dev/full", "1</dev/null" })
        {
            var run = await CommandRun.ShellInAsync(Directory, $"SANDBOX_STORE=$PWD/store \"$SANDBOX\" {line} {stream}", Cancellation);

            Assert.True(run.ExitStatus == 3, $"{stream}: {run}");
            Assert.StartsWith("sandbox: cannot write to stdout: ", run.Stderr, StringComparison.Ordinal);
            Assert.Equal(1, run.Stderr.Count(letter => letter == '\n'));
        }
    }

    [KernelFact]
    public async Task A_reader_that_goes_away_is_told()
    {
        await File.WriteAllTextAsync($"{Directory}/zeros.json", Zeros, Cancellation);

        var run = await CommandRun.ShellInAsync(Directory, "{ \"$SANDBOX\" exec zeros.json; echo \"status $?\" >&2; } | head -c 10", Cancellation);

        Assert.Equal("sandbox: the result could not be written to stdout: EPIPE\nstatus 3\n", run.Stderr);
    }

    [KernelTheory]
    [InlineData("")]
    [InlineData("--result r.json")]
    public async Task Output_of_zeros_costs_the_host_no_multiple_of_its_limit(string option)
    {
        await File.WriteAllTextAsync($"{Directory}/zeros.json", Zeros, Cancellation);

        var run = await CommandRun.ShellInAsync(Directory, $"'{Probe.Directory}/peak' \"$SANDBOX\" exec {option} zeros.json >out", Cancellation);
        var peak = long.Parse(run.Stderr.Split("peak ")[1].Split('\n')[0], CultureInfo.InvariantCulture);
        var result = JsonDocument.Parse(await File.ReadAllBytesAsync($"{Directory}/{(option.Length > 0 ? "r.json" : "out")}", Cancellation)).RootElement;

        Assert.InRange(peak, 1, MaxKibibytes);
        Assert.Equal("ok", result.GetProperty("verdict").GetString());
        Assert.Equal(16 << 20, result.GetProperty("stdout").GetProperty("base64").GetBytesFromBase64().Length);
        Assert.Equal(16 << 20, result.GetProperty("stderr").GetProperty("base64").GetBytesFromBase64().Length);
    }

    // The units of ulimit are KiB, but those of -f are blocks of 512 bytes.
    [KernelTheory]
    [InlineData("-v 30000")]
    [InlineData("-v 60000")]
    [InlineData("-v 98304")]
    [InlineData("-v 115000")]
    [InlineData("-v 130000")]
    [InlineData("-v 150000")]
    [InlineData("-v 180000")]
    [InlineData("-v 250000")]
    [InlineData("-v 400000")]
    [InlineData("-d 30000")]
    [InlineData("-d 100000")]
    [InlineData("-f 8")]
    [InlineData("-f 16384")]
    [InlineData("-n 12")]
    [InlineData("-n 14")]
    public async Task Whatever_the_sandbox_itself_lacks_there_is_a_result_or_a_sentence(string limit)
    {
        await File.WriteAllTextAsync($"{Directory}/zeros.json", Zeros, Cancellation);

        foreach (var command in new[] { "exec zeros.json >out", "exec --result out zeros.json" })
        {
            File.Delete($"{Directory}/out");
            var run = await CommandRun.ShellInAsync(Directory, $"ulimit {limit}; \"$SANDBOX\" {command}", Cancellation);

            Assert.True(run.ExitStatus is 0 or 3, $"{command}: {run}");
            Assert.DoesNotContain("   at ", run.Stderr, StringComparison.Ordinal);
            Assert.DoesNotContain("Exception", run.Stderr, StringComparison.Ordinal);
            if (run.Stderr.Length == 0)
            {
                var verdict = JsonDocument.Parse(await File.ReadAllBytesAsync($"{Directory}/out", Cancellation)).RootElement.GetProperty("verdict").GetString();
                Assert.Equal(run.ExitStatus == 0, verdict == "ok");
            }
        }
    }

    [KernelFact]
    public async Task What_the_sandbox_itself_lacks_has_a_hint()
    {
        var job = Marking();

        var files = await CommandRun.ShellInAsync(Directory, $"ulimit -n 14; \"$SANDBOX\" exec '{job}'", Cancellation);
        var sizes = await CommandRun.ShellInAsync(Directory, $"ulimit -f 8; \"$SANDBOX\" exec '{job}'", Cancellation);
        var memory = await CommandRun.ShellInAsync(Directory, $"ulimit -v 60000; \"$SANDBOX\" run true", Cancellation);

        Assert.Contains("ulimit -n", files.Result.GetProperty("error").GetProperty("hint").GetString(), StringComparison.Ordinal);
        Assert.Contains("ulimit -f", sizes.Result.GetProperty("error").GetProperty("hint").GetString(), StringComparison.Ordinal);
        Assert.Equal(125, memory.ExitStatus);
        Assert.Contains("ulimit -v", memory.Stderr, StringComparison.Ordinal);
    }

    private string Marking() =>
        JobFiles.Write(Directory, ["/probes/write_output", "/work/marked", "x"], $$"""  "outputs": [{ "path": "/work/marked", "to": {{JsonSerializer.Serialize($"{Directory}/marked")}}, "optional": true }] """);
}
