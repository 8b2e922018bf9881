using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Whatever a job makes of the directories that its outputs go to, the host writes there or nowhere, and says so.</summary>
public sealed class DestinationTests : KernelTest
{
    private const string Untouched = "untouched";

    private string Project => Path.Combine(Directory, "proj");

    private string Victim => Path.Combine(Directory, "victim");

    public static TheoryData<string, string> Attacks()
    {
        string[] destinations = ["file", "directory", "tree", "diff"];
        string[] ways =
        [
            "mv /src/build /src/away; ln -s $VICTIM /src/build",
            "rm -r /src/build; ln -s $VICTIM /src/build",
            "mv /src/build /src/deep/away; mkdir /src/build",
            "rm -r /src/build",
            "mv /src/build /src/away; echo > /src/build",
            "mv /src/build /src/away; mkdir /src/build; ln -s $VICTIM/keys /src/build/keys",
        ];
        var data = new TheoryData<string, string>();
        foreach (var destination in destinations)
        {
            foreach (var way in ways)
            {
                data.Add(destination, way);
            }
        }

        return data;
    }

    [KernelTheory]
    [MemberData(nameof(Attacks))]
    public async Task A_directory_that_the_job_displaces_gets_nothing_and_is_named(string destination, string way)
    {
        MakeDirectories();

        var result = await RunAsync(To(destination, Writing(way)));

        AssertVerdict(Verdict.OutputError, result);
        Assert.Contains(result.OutputErrors, error => error.Error.Contains("proj/build/", StringComparison.Ordinal) && error.Error.Contains("no longer where it was", StringComparison.Ordinal));
        Assert.Empty(result.Outputs);
        AssertUntouched();
        var withoutLinks = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        Assert.DoesNotContain(System.IO.Directory.GetFiles(Project, "*", withoutLinks), file => Path.GetFileName(file) != "build");
    }

    [KernelTheory]
    [InlineData("ln -s $VICTIM/keys /src/build/keys", true)]
    [InlineData("ln -s $VICTIM /src/build/keys", true)]
    [InlineData("mkfifo /src/build/keys", true)]
    [InlineData("mkdir /src/build/keys", false)]
    [InlineData("mkdir /src/build/keys; echo > /src/build/keys/x", false)]
    [InlineData("chmod 0 /src/build", false)]
    public async Task What_the_job_puts_at_the_name_itself_is_replaced_or_refused(string way, bool isReplaced)
    {
        MakeDirectories();

        var result = await RunAsync(To("file", Writing(way)));

        AssertVerdict(isReplaced || (way.StartsWith("chmod", StringComparison.Ordinal) && Environment.UserName == "root") ? Verdict.Ok : Verdict.OutputError, result);
        AssertUntouched();
        if (!isReplaced)
        {
            return;
        }

        var file = new FileInfo(Path.Combine(Project, "build/keys"));
        Assert.Null(file.LinkTarget);
        Assert.Equal("OF THE JOB\n", await File.ReadAllTextAsync(file.FullName, Cancellation));
    }

    [KernelTheory]
    [InlineData("mv /src/build /src/away; ln -s $VICTIM /src/build")]
    [InlineData("rm /src/build/keys; ln -s $VICTIM/keys /src/build/keys")]
    [InlineData("mv /src/build/keys /src/build/other")]
    public async Task A_file_of_a_stream_that_the_job_displaces_is_named(string way)
    {
        MakeDirectories();
        var job = Writing(way + "; echo OF THE JOB") with { Stdout = new FileOutput { Path = Path.Combine(Project, "build/keys") } };

        var result = await RunAsync(job);

        AssertVerdict(Verdict.OutputError, result);
        Assert.Equal("stdout", Assert.Single(result.OutputErrors).Path);
        AssertUntouched();
    }

    [KernelTheory]
    [InlineData("file")]
    [InlineData("directory")]
    [InlineData("tree")]
    [InlineData("diff")]
    [InlineData("stdout")]
    public async Task A_link_that_an_earlier_job_left_is_not_followed(string destination)
    {
        MakeDirectories();
        AssertVerdict(Verdict.Ok, await RunAsync(Writing("rm -r /src/build; ln -s $VICTIM /src/build")));

        var result = await RunAsync(To(destination, Writing("true")));

        // As root a link in a directory that others may write to is as bad as one of the caller's own without.
        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal((Path.Combine(Project, "build"), "ELOOP"), (result.Error!.Path, result.Error.Errno));
        AssertUntouched();
    }

    [KernelFact]
    public async Task The_upper_side_of_an_overlay_is_not_looked_for_behind_a_link_that_an_earlier_job_left()
    {
        MakeDirectories();
        AssertVerdict(Verdict.Ok, await RunAsync(Writing("rm -r /src/build; ln -s $VICTIM /src/build")));
        var job = Writing("true");

        var result = await RunAsync(job with { Mounts = [job.Mounts[0], new OverlayMount { Source = Project, Target = "/low", Upper = Path.Combine(Project, "build") }] });

        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal(("/mounts/1/upper", "ELOOP"), (result.Error!.Pointer, result.Error.Errno));
        AssertUntouched();
    }

    [KernelFact]
    public async Task A_job_is_not_given_the_store_to_write_to()
    {
        var store = System.IO.Directory.CreateDirectory(Path.Combine(Project, "store")).FullName;
        using var runner = new SandboxRunner(new SandboxOptions { Store = store });
        MakeDirectories();

        var refusal = await Assert.ThrowsAsync<InvalidJobException>(() => runner.RunAsync(Writing("true"), Cancellation));

        Assert.Equal("/mounts/1/source", Assert.Single(refusal.Problems).Pointer);
    }

    [KernelTheory]
    [InlineData("file", "build")]
    [InlineData("directory", "build")]
    [InlineData("tree", "build")]
    [InlineData("tree", "build/d")]
    [InlineData("stdout", "build")]
    [InlineData("diff", "build")]
    public async Task Another_job_that_swaps_the_directory_all_the_time_gets_nothing_written_elsewhere(string destination, string swapped)
    {
        MakeDirectories();
        Open(System.IO.Directory.CreateDirectory(Path.Combine(Project, "build/d")).FullName);
        File.CreateSymbolicLink(Path.Combine(Project, "link"), Victim);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var attacking = Runner.RunAsync(Attacking($"/src/{swapped}", "/src/link"), stop.Token);
        var arrived = 0;

        for (var round = 0; round < 25; round++)
        {
            var result = await RunAsync(To(destination, Writing("true")));
            Assert.True(result.Verdict is Verdict.Ok or Verdict.OutputError or Verdict.SetupError, Describe(result));
            arrived += result.Verdict == Verdict.Ok ? 1 : 0;
            AssertUntouched();
        }

        Assert.False(attacking.IsCompleted, "the attack ended before it was over");
        await stop.CancelAsync();
        await attacking;
        TestContext.Current.SendDiagnosticMessage($"{destination} {swapped}: {arrived} of 25 arrived");
    }

    [KernelFact]
    public async Task A_link_of_the_caller_on_the_way_is_refused_by_name_and_what_it_leads_to_is_not()
    {
        MakeDirectories();
        File.CreateSymbolicLink(Path.Combine(Directory, "short"), Project);
        var job = Writing("true");

        var throughLink = await RunAsync(job with { Outputs = [Output(Path.Combine(Directory, "short/build/keys"))] });
        var direct = await RunAsync(job with { Outputs = [Output(Path.Combine(Project, "build/../build/./keys"))] });

        AssertVerdict(Verdict.SetupError, throughLink);
        Assert.Equal("/outputs/0/to", throughLink.Error!.Pointer);
        Assert.Contains("name the directory that it leads to", throughLink.Error.Hint, StringComparison.Ordinal);
        AssertVerdict(Verdict.Ok, direct);
    }

    [KernelTheory]
    [InlineData("out/x", "deep/../out/x")]
    [InlineData("out/x", "out//./x")]
    public async Task Two_outputs_to_one_file_are_refused_by_whatever_paths(string first, string second)
    {
        MakeDirectories();
        var job = Writing("true") with { Outputs = [Output(Path.Combine(Project, first)), Output(Path.Combine(Project, second))] };

        var refusal = await Assert.ThrowsAsync<InvalidJobException>(() => RunAsync(job));

        var problem = Assert.Single(refusal.Problems);
        Assert.Equal(("/outputs/1/to", "is written to already"), (problem.Pointer, problem.Message));
    }

    [KernelTheory]
    [InlineData("/dev/stdout", ">out")]
    [InlineData("/dev/stdout", "| cat >out")]
    [InlineData("/proc/self/fd/7", "7>out")]
    [InlineData("/dev/fd/7", "7>out")]
    public async Task Descriptors_of_the_caller_can_be_named_by_the_links_of_the_machine(string path, string redirection)
    {
        const string Job = """{ \"command\": [\"echo\", \"hi\"], \"stdout\": { \"to\": \"PATH\" } }""";
        var job = Job.Replace("PATH", path, StringComparison.Ordinal);

        var stream = await CommandRun.ShellInAsync(Directory, $"echo \"{job}\" | \"$SANDBOX\" exec --result r.json - {redirection}; cat out; grep -o '\"verdict\":\"[a-z-]*\"' r.json", Cancellation);
        var result = await CommandRun.ShellInAsync(Directory, $"\"$SANDBOX\" run --result {path} --stdout discard -- true {redirection}; grep -c '\"verdict\":\"ok\"' out", Cancellation);

        Assert.Equal("hi\n\"verdict\":\"ok\"\n", stream.Stdout);
        Assert.Equal("1\n", result.Stdout);
    }

    [KernelFact]
    public async Task A_device_is_never_replaced_by_an_output()
    {
        var result = await RunAsync(Writing("true", mounts: false) with { Outputs = [Output("/dev/null")] });

        AssertVerdict(Verdict.SetupError, result);
    }

    [KernelTheory]
    [InlineData("exec", "mv /src/build /src/away; ln -s $VICTIM /src/build")]
    [InlineData("run", "mv /src/build /src/away; ln -s $VICTIM /src/build")]
    [InlineData("exec", "mv /src/build /src/away; mkdir /src/build; ln -s $VICTIM/keys /src/build/keys")]
    [InlineData("run", "rm -r /src/build")]
    public async Task A_result_whose_directory_the_job_displaces_is_written_nowhere_and_told(string command, string way)
    {
        MakeDirectories();

        var run = await RunCommandAsync(command, way);

        Assert.Equal(command == "exec" ? 3 : 125, run.ExitStatus);
        Assert.Contains("its directory is no longer where it was", run.Stderr, StringComparison.Ordinal);
        AssertUntouched();
    }

    [KernelTheory]
    [InlineData("exec", "ln -s $VICTIM/keys /src/build/keys")]
    [InlineData("run", "ln -s $VICTIM/keys /src/build/keys")]
    [InlineData("exec", "mkfifo /src/build/keys")]
    public async Task A_result_replaces_what_the_job_put_at_its_name(string command, string way)
    {
        MakeDirectories();

        var run = await RunCommandAsync(command, way);

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Null(new FileInfo(Path.Combine(Project, "build/keys")).LinkTarget);
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Project, "build/keys"), Cancellation));
        Assert.Equal("ok", json.RootElement.GetProperty("verdict").GetString());
        AssertUntouched();
    }

    // The names that it once had: of the process, which the job can try them all of.
    [KernelTheory]
    [InlineData("exec")]
    [InlineData("run")]
    public async Task Planted_names_of_a_passing_file_catch_nothing(string command)
    {
        MakeDirectories();
        var (first, last) = ($"{Environment.ProcessId}", $"{Environment.ProcessId + 4000}");
        var way = $"/probes/plant_links $VICTIM/keys /src/build/.keys. {first} {last} .tmp; " +
            $"/probes/plant_links $VICTIM/keys /src/build/.sandbox- {first} {last} -1.part";

        var run = await RunCommandAsync(command, way);

        Assert.True(run.ExitStatus == 0, run.ToString());
        Assert.Null(new FileInfo(Path.Combine(Project, "build/keys")).LinkTarget);
        AssertUntouched();
    }

    private void MakeDirectories()
    {
        foreach (var directory in (string[])[Victim, Project, Path.Combine(Project, "build"), Path.Combine(Project, "deep"), Path.Combine(Project, "out"), Path.Combine(Directory, "lower")])
        {
            Open(System.IO.Directory.CreateDirectory(directory).FullName);
        }

        File.WriteAllText(Path.Combine(Victim, "keys"), Untouched);
        Open(Path.Combine(Victim, "keys"));
    }

    // The id of a job of root must be able to write there, or the host would be kept from nothing.
    private static void Open(string path) => File.SetUnixFileMode(path, (UnixFileMode)0b111_111_111);

    private void AssertUntouched()
    {
        Assert.Equal(["keys"], System.IO.Directory.GetFileSystemEntries(Victim).Select(Path.GetFileName));
        Assert.Equal(Untouched, File.ReadAllText(Path.Combine(Victim, "keys")));
    }

    private string Script(string way) =>
        $"VICTIM={Victim}; umask 0; ({way}) 2>/dev/null; mkdir -p /work/d/d; echo OF THE JOB > /work/keys; cp /work/keys /work/d/keys; cp /work/keys /work/d/d/keys; echo new > /low/new";

    private JobSpec Writing(string way, bool mounts = true)
    {
        var job = Probe.Tool("sh", "-c", Script(way));
        return mounts ? job with
        {
            Mounts =
            [
                .. job.Mounts,
                new BindMount { Source = Project, Target = "/src", Writable = true },
                new OverlayMount { Source = Path.Combine(Directory, "lower"), Target = "/low" },
            ],
        }
        : job with { Command = ["sh", "-c", "echo OF THE JOB > /work/keys"] };
    }

    private JobSpec Attacking(string one, string other)
    {
        var job = Probe.Tool("/probes/swap_names", one, other);
        return job with
        {
            Mounts = [.. job.Mounts, new BindMount { Source = Project, Target = "/src", Writable = true }],
            Limits = job.Limits with { WallTime = TimeSpan.FromSeconds(60) * Requirements.Slowness },
        };
    }

    private JobSpec To(string destination, JobSpec job) => destination switch
    {
        "file" => job with { Outputs = [Output(Path.Combine(Project, "build/keys"))] },
        "directory" => job with { Outputs = [new OutputSpec { Path = "/work/key*", To = Path.Combine(Project, "build/") }] },
        "tree" => job with { Outputs = [new OutputSpec { Path = "/work/**/keys", To = Path.Combine(Project, "build/") }] },
        "stdout" => job with { Stdout = new FileOutput { Path = Path.Combine(Project, "build/keys") } },
        _ => job with { Diff = new() { To = Path.Combine(Project, "build/keys.tar") } },
    };

    private static OutputSpec Output(string to) => new() { Path = "/work/keys", To = to };

    private Task<CommandRun> RunCommandAsync(string command, string way)
    {
        var script = $"VICTIM={Victim}; ({way}) 2>/dev/null; echo OF THE JOB";
        var result = Path.Combine(Project, "build/keys");
        if (command == "run")
        {
            return CommandRun.SandboxAsync("", Cancellation, "run", "--result", result, "-v", $"{Project}:/src:rw", "-v", $"{Probe.Directory}:/probes", "--", "sh", "-c", script);
        }

        var job = $$"""{"command": ["sh", "-c", "{{script}}"], "mounts": [{"type": "bind", "source": "{{Project}}", "target": "/src", "writable": true}, {"type": "bind", "source": "{{Probe.Directory}}", "target": "/probes"}]}""";
        return CommandRun.SandboxAsync(job, Cancellation, "exec", "--result", result, "-");
    }
}
