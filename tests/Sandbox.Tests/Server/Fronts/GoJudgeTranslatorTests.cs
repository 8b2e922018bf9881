using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Sandbox.Server.Files;
using Sandbox.Server.Fronts;
using Sandbox.Server.Fronts.GoJudge;
using Sandbox.Server.Settings;
using Sandbox.Server.Trust;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

public sealed class GoJudgeTranslatorTests : IDisposable
{
    private const string Tenant = "alice";

    private static readonly string[] s_seeds =
    [
        """{"cmd":[{"args":["/bin/sh","-c","true"],"env":["PATH=/bin",""],"files":[{"content":"a"},{"name":"stdout","max":100},{"name":"stderr","max":100,"pipe":true}],"cpuLimit":1000000000,"clockLimit":2000000000,"memoryLimit":104857600,"stackLimit":8388608,"procLimit":50,"copyIn":{"a.c":{"content":"x"},"d/b":{"src":"DIRECTORY/in"},"l":{"symlink":"../etc/passwd"}},"copyOut":["a?","b"],"copyOutCached":["c"],"copyOutMax":10,"copyOutTruncate":true}]}""",
        """{"requestId":"1","cmd":[{"args":["a"],"files":[null,null,{"name":"e","max":1}],"cpuLimit":1},{"args":["b"],"files":[null,null,{"name":"e","max":1},null]}],"pipeMapping":[{"in":{"index":0,"fd":1},"out":{"index":1,"fd":0},"proxy":true,"name":"x","max":10},{"in":{"index":1,"fd":1},"out":{"index":0,"fd":0}}]}""",
        """{"cmd":[{"args":["a"],"tty":true,"files":[{"streamIn":true},{"streamOut":true},{"streamOut":true}],"cpuSetLimit":"0-1","dataSegmentLimit":true,"addressSpaceLimit":true,"realCpuLimit":5}]}""",
    ];

    private static readonly string[] s_pieces =
        ["0", "-1", "18446744073709551615", "9223372036854775807", "1e9", "null", "true", "\"\"", "\"/etc/passwd\"", "\"../..\"", "\"a*\"", "\"\\u0000\"", "\"\\ud800\"", "[]", "{}", "\"src\":\"/etc/passwd\",", "\"fileId\":\"AAAAAAAA\",", "[[[[", "{\"symlink\":\"/\"}", "{\"name\":\"/proc/self/x\",\"max\":1}", "\"cpuSetLimit\":\"0\","];

    private readonly TemporaryDirectory _directory = new();
    private readonly ServerSettings _settings;
    private readonly TenantFiles _files;

    public GoJudgeTranslatorTests()
    {
        File.WriteAllText(_directory.Path + "/in", "data");
        var allowed = new Allowances();
        allowed.Add("file=" + _directory.Path);
        _settings = new() { Allowed = allowed, Store = "/nowhere" };
        _files = new(_settings, static _ => { }, TimeProvider.System);
    }

    public void Dispose()
    {
        _files.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void No_request_makes_the_translator_fail_or_gets_past_the_trust_boundary()
    {
        var mutator = new ByteMutator([.. s_seeds.Select(seed => Encoding.UTF8.GetBytes(seed.Replace("DIRECTORY", _directory.Path, StringComparison.Ordinal)))], [.. s_pieces.Select(Encoding.UTF8.GetBytes)], new Random(14));
        var watch = Stopwatch.StartNew();
        var (all, understood, runnable) = (0, 0, 0);

        for (; all < 500 || watch.Elapsed < ByteMutator.Time; all++)
        {
            var request = mutator.Next();
            if (Translate(request, isStream: all % 2 == 0) is { } plan)
            {
                understood++;
                runnable += TranslatedJob.Holds(plan.Job, _settings, _directory.Path) ? 1 : 0;
            }
        }

        // One that refuses everything finds nothing.
        Assert.True(understood > all / 100 && runnable > all / 500, $"{all} {understood} {runnable}");
    }

    [Fact]
    public void A_limit_that_is_not_given_is_one_of_nothing_and_every_one_above_the_maximum_is_held_to_it()
    {
        var limits = Translate("""{ "cmd": [{ "args": ["a"] }] }""")!.Commands[0].Job.Limits;
        Assert.Equal((TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1), 1), (limits.CpuTime, limits.WallTime, limits.Processes));

        limits = Translate("""{ "cmd": [{ "args": ["a"], "cpuLimit": 1000000001, "clockLimit": 3000000000, "realCpuLimit": 2000000000, "memoryLimit": 1048576, "stackLimit": 2097152, "procLimit": 3, "strictMemoryLimit": true }] }""")!.Commands[0].Job.Limits;
        Assert.Equal((TimeSpan.FromTicks(10000001), TimeSpan.FromSeconds(2), 1L << 20, 1L << 20, 3, 1L << 20), (limits.CpuTime, limits.WallTime, limits.MemoryBytes, limits.StackBytes, limits.Processes, limits.DataSegmentBytes));

        var huge = Translate("""{ "cmd": [{ "args": ["a"], "cpuLimit": 18446744073709551615, "memoryLimit": 18446744073709551615, "procLimit": 18446744073709551615, "copyOutMax": 18446744073709551615, "copyOut": ["a"] }] }""")!;
        Assert.True(TranslatedJob.Holds(huge.Job, _settings, _directory.Path));
    }

    // Each is collected once, and would be in the answer as often as it has names.
    [Theory]
    [InlineData("\"a\", \"a\"", false)]
    [InlineData("\"a\", \"./a\"", true)]
    [InlineData("\"a\", \"/w//a\"", true)]
    public void A_file_is_collected_by_one_name(string names, bool isRefused)
    {
        var request = Encoding.UTF8.GetBytes($$"""{ "cmd": [{ "args": ["a"], "cpuLimit": 1000000000, "copyOut": [{{names}}] }] }""");

        Assert.Equal(isRefused, Translate(request, isStream: false) is null);
    }

    [Fact]
    public void More_values_than_a_request_needs_are_no_request() =>
        Assert.Throws<JsonException>(() => RequestForm.Read(Encoding.UTF8.GetBytes($$"""{ "cmd": [{{string.Join(',', Enumerable.Repeat("{}", 150_000))}}] }""")));

    [Theory]
    [InlineData("a", "/w/a")]
    [InlineData("./a//b/", "/w/a/b")]
    [InlineData("/tmp/x", "/tmp/x")]
    [InlineData("a/../../etc/x", "/etc/x")]
    [InlineData("../../..", null)]
    [InlineData("", null)]
    [InlineData("/", null)]
    public void A_name_is_a_path_from_the_working_directory(string name, string? path) => Assert.Equal(path, CommandPaths.Of(name));

    [Fact]
    public void Each_byte_that_is_no_text_is_replaced_by_itself() => Assert.Equal("aé\uFFFD\uFFFDb\uFFFD\uFFFD", GoJudgeAnswers.Text([(byte)'a', 0xc3, 0xa9, 0xff, 0xfe, (byte)'b', 0xe2, 0x82]));

    private RequestPlan? Translate(string request) => Translate(Encoding.UTF8.GetBytes(request), isStream: false);

    private RequestPlan? Translate(ReadOnlySpan<byte> request, bool isStream)
    {
        try
        {
            return new RequestTranslator(_settings, new KeptFiles(_files, _settings, TimeProvider.System), Tenant).Translate(RequestForm.Read(request), isStream);
        }
        catch (Exception refused) when (refused is JsonException or GoJudgeRefusal)
        {
            return null;
        }
    }
}
