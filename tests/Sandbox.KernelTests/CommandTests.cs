using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The command and its surroundings reach the program byte for byte.</summary>
public sealed class CommandTests : KernelTest
{
    [KernelFact]
    public async Task Arguments_arrive_as_they_were_written()
    {
        string[] arguments = ["", " ", "a b", "$HOME", "*", "'\"\\", "tab\there", "žluťoučký 🐎", "--", "-x", "=", "\u0001"];

        var result = await RunAsync(Probe.Job("say", arguments));

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(string.Concat(arguments.Select(argument => argument + "\n")), Out(result));
    }

    [KernelFact]
    public async Task Thousands_of_arguments_arrive()
    {
        var arguments = Enumerable.Range(0, 5000).Select(number => $"{number}").ToArray();

        var result = await RunAsync(Probe.Job("say", arguments));

        AssertPrinted(string.Join('\n', arguments), result);
    }

    // The kernel's own limit: a single argument of more than 128 KiB is E2BIG (execve(2)).
    [KernelFact]
    public async Task An_argument_too_long_for_the_kernel_is_refused_with_the_reason()
    {
        var job = Probe.Job("say", new string('x', 300_000));
        string? refusal = null;
        Verdict verdict;

        try
        {
            var result = await RunAsync(job);
            verdict = result.Verdict;
            refusal = result.Message;
        }
        catch (InvalidJobException invalid)
        {
            verdict = Verdict.ExecFailed;
            refusal = invalid.Message;
        }

        Assert.Equal(Verdict.ExecFailed, verdict);
        Assert.NotEmpty(refusal);
    }

    [KernelTheory]
    [InlineData("#!/nope/sh\n", "0755", "the interpreter after #! does not exist")]
    [InlineData("#!/bin/sh\r\necho\r\n", "0755", "its first line ends with a carriage return")]
    [InlineData("#! /work\n", "0755", "is not a file that the job may execute")]
    [InlineData("#!/work/other\n", "0644", "is not a file that the job may execute")]
    [InlineData("#!/work/script\n", "0755", "scripts that are the interpreters of each other")]
    [InlineData("#!\n", "0755", "after #! there is no path")]
    public async Task What_is_wrong_with_the_interpreter_of_a_script_is_said(string text, string mode, string said)
    {
        var job = new JobSpec
        {
            Command = [text.Contains("other", StringComparison.Ordinal) ? "/work/first" : "/work/script"],
            Files = [Script("/work/first", "#!/work/other\n", "0755"), Script("/work/other", "#!/bin/sh\n", mode), Script("/work/script", text, "0755")],
        };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.ExecFailed, result);
        Assert.Contains(said, result.Message, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("/work/a/b", "/work/a", "a directory is there already")]
    [InlineData("/work/a", "/work/a/b", "a directory of the path is a file")]
    [InlineData("/work/a", "/dev/null", "a device is there")]
    public async Task A_file_that_cannot_be_where_it_is_wanted_has_a_remedy(string first, string second, string said)
    {
        var job = Probe.Job("say", "x") with { Files = [Script(first, "1", "0644"), Script(second, "2", "0644")] };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal("/files/" + second.Replace("/", "~1", StringComparison.Ordinal), result.Error!.Pointer);
        Assert.Contains(said, result.Error.Hint, StringComparison.Ordinal);
    }

    private static InjectedFile Script(string path, string text, string mode) =>
        new() { Path = path, Content = Content.Text(text), Mode = Convert.ToInt32(mode, 8) };

    [KernelFact]
    public async Task A_variable_may_hold_anything_but_a_zero()
    {
        var job = Probe.Job("state", "environment") with { Env = new Dictionary<string, string> { ["ODD"] = "a=b c\t'\"$x" } };

        var result = await RunAsync(job);

        Assert.Contains("ODD=a=b c\t'\"$x\n", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task A_default_variable_can_be_replaced()
    {
        var job = Probe.Job("state", "environment") with { Env = new Dictionary<string, string> { ["PATH"] = "/probes" } };

        var result = await RunAsync(job);

        Assert.Contains("PATH=/probes\n", Out(result), StringComparison.Ordinal);
        Assert.DoesNotContain("/usr/bin", Out(result), StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task The_search_path_is_that_of_the_job()
    {
        var job = Probe.Job("say") with { Command = ["say", "found"], Env = new Dictionary<string, string> { ["PATH"] = "/nowhere:/probes" } };

        AssertPrinted("found", await RunAsync(job));
    }

    [KernelFact]
    public async Task A_working_directory_is_made_where_it_is_missing()
    {
        var job = Probe.Job("state", "cwd") with { WorkingDirectory = "/work/a/b" };

        AssertPrinted("/work/a/b", await RunAsync(job));
    }

    [KernelFact]
    public async Task A_file_can_be_the_program()
    {
        var program = await File.ReadAllBytesAsync(Path.Combine(Probe.Directory, "say"), Cancellation);
        var job = Probe.Job("say") with
        {
            Command = ["./injected", "ran"],
            Mounts = [],
            Files = [new InjectedFile { Path = "/work/injected", Mode = Convert.ToInt32("0755", 8), Content = new InlineContent { Bytes = program } }],
        };

        AssertPrinted("ran", await RunAsync(job));
    }
}
