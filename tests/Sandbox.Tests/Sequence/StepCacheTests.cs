using System.Text;
using Sandbox.Hashing;
using Sandbox.Images;
using Sandbox.Sequence;
using Sandbox.Store;
using Xunit;

namespace Sandbox.Tests.Sequence;

/// <summary>Which steps run and which are remembered, with a runner that starts nothing and keeps what it reads.</summary>
public sealed class StepCacheTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _source;
    private Action _meanwhile = static () => { };
    private Verdict _verdict = Verdict.Ok;
    private int _runs;

    public StepCacheTests() => _source = _directory.Write("main.c", "int main;");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_was_ok_is_remembered_with_all_that_it_made_and_wrote()
    {
        var first = await RunAsync(Step());
        var second = await RunAsync(Step());

        Assert.Equal(1, _runs);
        Assert.Equal((false, true), (first.Cached, second.Cached));
        Assert.Equal((first.Verdict, first.Message, first.Kept["program"]), (second.Verdict, second.Message, second.Kept["program"]));
        Assert.Equal("a warning", Encoding.UTF8.GetString(second.Result!.Stderr.Content!.Value.Span));
        Assert.Equal((first.Result!.Time.Cpu, 0), (second.Result.Time.Cpu, second.Result.ExitCode));
    }

    [Fact]
    public async Task The_name_and_the_place_of_a_file_are_of_no_account()
    {
        await RunAsync(Step());
        var copy = _directory.Write("elsewhere/other.c", "int main;");

        var again = await RunAsync(Step(job => job with { Name = "another", Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Files = [FileOf(copy)] }));

        Assert.True(again.Cached);
    }

    public static TheoryData<string, Func<JobSpec, JobSpec>> Differences => new()
    {
        { "command", static job => job with { Command = ["cc", "-O2"] } },
        { "words that look the same together", static job => job with { Command = ["cc -O1"] } },
        { "env", static job => job with { Env = new Dictionary<string, string> { ["A"] = "b" } } },
        { "directory", static job => job with { WorkingDirectory = "/tmp" } },
        { "limits", static job => job with { Limits = job.Limits with { MemoryBytes = 1 << 28 } } },
        { "policy", static job => job with { Seccomp = Seccomp.Policy("judge") } },
        { "mounts", static job => job with { Mounts = [Mount.Tmpfs("/x", 1 << 20)] } },
        { "user", static job => job with { User = new JobUser { Uid = 0, Gid = 0 } } },
        { "stdin", static job => job with { Stdin = Stdin.Text("x") } },
        { "a file's path", static job => job with { Files = [job.Files[0] with { Path = "/work/b.c" }] } },
        { "a file's mode", static job => job with { Files = [job.Files[0] with { Mode = 0x1ff }] } },
        { "another file", static job => job with { Files = [.. job.Files, new() { Path = "/work/x.h", Content = Content.Text("") }] } },
        { "a stored file", static job => job with { Files = [.. job.Files, new() { Path = "/work/x.h", Content = Content.Stored(new string('a', 64)) }] } },
    };

    [Theory]
    [MemberData(nameof(Differences), DisableDiscoveryEnumeration = true)]
    public async Task Whatever_else_is_different_runs(string what, Func<JobSpec, JobSpec> change)
    {
        await RunAsync(Step());

        var other = await RunAsync(Step(change));

        Assert.False(other.Cached, what);
        Assert.Equal(2, _runs);
    }

    [Fact]
    public async Task Other_content_of_a_file_and_other_kept_names_run()
    {
        await RunAsync(Step());
        var renamed = await RunAsync(Step() with { Keep = new Dictionary<string, string> { ["other"] = "/work/main" } });
        File.WriteAllText(_source, "int main2");

        Assert.False(renamed.Cached);
        Assert.False((await RunAsync(Step())).Cached);
    }

    [Theory]
    [InlineData(Verdict.ExitCode)]
    [InlineData(Verdict.WallTimeLimit)]
    [InlineData(Verdict.InternalError)]
    public async Task What_was_not_ok_runs_again(Verdict verdict)
    {
        _verdict = verdict;
        await RunAsync(Step());
        _verdict = Verdict.Ok;

        Assert.False((await RunAsync(Step())).Cached);
        Assert.True((await RunAsync(Step())).Cached);
    }

    // The attack: what is compiled is not what was looked at, and the right content is back before anybody looks again.
    [Fact]
    public async Task What_was_changed_while_it_ran_is_not_remembered()
    {
        _meanwhile = () =>
        {
            File.WriteAllText(_source, "evil main");
            File.WriteAllText(_source, "int main;");
        };
        var first = await RunAsync(Step());
        _meanwhile = static () => { };

        Assert.Contains("was changed while it ran", Assert.Single(first.Result!.Notes), StringComparison.Ordinal);
        Assert.False((await RunAsync(Step())).Cached);
    }

    [Fact]
    public async Task A_kept_file_that_is_gone_or_damaged_is_made_again()
    {
        var digest = (await RunAsync(Step())).Kept["program"];
        await new FileStore(Store).RemoveAsync(digest, TestContext.Current.CancellationToken);
        var afterRemoval = await RunAsync(Step());

        var path = $"{Store}/files/objects/{digest}";
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.WriteAllText(path, "evil");
        var afterDamage = await RunAsync(Step());

        Assert.Equal((false, false, 3), (afterRemoval.Cached, afterDamage.Cached, _runs));
        Assert.Equal(digest, afterDamage.Kept["program"]);
    }

    [Fact]
    public async Task An_entry_that_is_not_whole_is_none()
    {
        await RunAsync(Step());
        var entry = Assert.Single(Directory.GetFiles(Store + "/steps"));
        var text = File.ReadAllBytes(entry);
        foreach (var damaged in new[] { text[..^1], text[..10], [], [.. text[..70], (byte)(text[70] ^ 1), .. text[71..]] })
        {
            File.WriteAllBytes(entry, damaged);
            Assert.False((await RunAsync(Step())).Cached);
        }

        Assert.True((await RunAsync(Step())).Cached);
    }

    [Fact]
    public async Task A_store_of_another_remembers_nothing_for_one()
    {
        await RunAsync(Step());

        Assert.False((await RunAsync(Step(), _directory.Path + "/other")).Cached);
    }

    [Fact]
    public async Task In_the_hosts_root_the_tools_have_to_be_the_same()
    {
        var tool = _directory.Write("tools/bin/cc", "v1");
        var library = _directory.Write("tools/lib/deep/crt.o", "v1");
        File.CreateSymbolicLink(_directory.Path + "/tools/c99", "bin/cc");
        var step = Step(static job => job with { Rootfs = Rootfs.Host }) with { Cache = new() { Tools = [_directory.Path + "/tools/c99", _directory.Path + "/tools/lib"] } };
        Action[] changes =
        [
            () => File.SetLastWriteTimeUtc(tool, DateTime.UnixEpoch),
            () => File.WriteAllText(library, "v2"),
            () => File.WriteAllText(_directory.Path + "/tools/lib/deep/new.o", ""),
            () => File.SetUnixFileMode(tool, UnixFileMode.UserRead),
            () =>
            {
                File.Move(tool, tool + ".old");
                File.Copy(tool + ".old", tool);
            },
        ];

        await RunAsync(step);
        foreach (var change in changes)
        {
            Assert.True((await RunAsync(step)).Cached);
            change();
            Assert.False((await RunAsync(step)).Cached);
        }
    }

    [Fact]
    public async Task A_tool_that_cannot_be_looked_at_is_said_and_nothing_is_remembered()
    {
        var step = Step(static job => job with { Rootfs = Rootfs.Host }) with { Cache = new() { Tools = [_directory.Path + "/none"] } };
        await RunAsync(step);

        var second = await RunAsync(step);

        Assert.Equal((false, 2), (second.Cached, _runs));
        Assert.Contains("/none: ENOENT", Assert.Single(second.Result!.Notes), StringComparison.Ordinal);
    }

    private string Store => _directory.Path + "/store";

    private async Task<StepResult> RunAsync(JobStep step, string? store = null)
    {
        var files = new StoredFiles(store ?? Store);
        var run = new StepsRun(new() { Name = "job", Steps = [step] }, Compile, static (_, _) => throw new InvalidOperationException("nothing runs together here"), files, static () => StoreSize.Default, new(files, () => UnpackedImages.Of(store ?? Store)));
        return (await run.RunAsync(TestContext.Current.CancellationToken)).Steps[0];
    }

    private Task<JobResult> Compile(JobSpec job, CancellationToken cancellationToken)
    {
        _runs++;
        _meanwhile();
        var output = Assert.Single(job.Outputs);
        File.WriteAllText(output.To, "program");
        return Task.FromResult(JobResult.CancelledBeforeStart(null, "exited with code 0") with
        {
            Verdict = _verdict,
            Stderr = new() { Bytes = 9, Content = "a warning"u8.ToArray() },
            Time = new() { Cpu = TimeSpan.FromMilliseconds(41), User = TimeSpan.FromMilliseconds(40), System = TimeSpan.FromMilliseconds(1), Wall = TimeSpan.FromMilliseconds(50) },
            Outputs = [new() { Path = output.Path, Bytes = 7, Sha256 = ContentDigest.Of("program"u8), To = output.To }],
        });
    }

    private JobStep Step(Func<JobSpec, JobSpec>? change = null)
    {
        var job = new JobSpec { Command = ["cc", "-O1"], Rootfs = Rootfs.Empty, Files = [FileOf(_source)] };
        return new() { Name = "compile", Job = change?.Invoke(job) ?? job, Keep = new Dictionary<string, string> { ["program"] = "/work/main" }, Cache = new() };
    }

    private static InjectedFile FileOf(string source) => new() { Path = "/work/main.c", Content = Content.File(source) };
}
