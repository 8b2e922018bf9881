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
                runnable += plan.Parts.All(part => TranslatedJob.Holds(part.Job, _settings, _directory.Path)) ? 1 : 0;
                Assert.True(plan.Parts.Sum(static part => part.HeldBytes) <= FrontHold.ResultBytes + (64 << 20), Encoding.UTF8.GetString(request));
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
        Assert.True(TranslatedJob.Holds(huge.Parts[0].Job, _settings, _directory.Path));
    }

    [Theory]
    [InlineData("\"a\", \"a\"", 1)]
    [InlineData("\"a\", \"./a\"", 2)]
    [InlineData("\"a\", \"/w//a\", \"a?\"", 2)]
    public void A_file_is_collected_once_and_told_by_every_name(string names, int told)
    {
        var part = Translate($$"""{ "cmd": [{ "args": ["a"], "cpuLimit": 1000000000, "copyOutMax": 9, "copyOut": [{{names}}] }] }""")!.Parts[0];

        Assert.Single(part.Commands[0].Job.Outputs);
        Assert.Equal((told, told * 10), (part.Commands[0].Wanted.Count, part.HeldBytes));
    }

    [Fact]
    public void What_all_commands_may_have_held_is_bounded_and_the_large_files_share_it()
    {
        const string Command = """{ "args": ["a"], "memoryLimit": 1048576, "files": [{ "content": "" }, { "name": "stdout", "max": 1000 }], "copyOut": ["a", "b"], "copyOutCached": ["c"] }""";
        var plan = Translate($$"""{ "cmd": [{{string.Join(',', Enumerable.Repeat(Command, 16))}}] }""")!;

        var part = Assert.Single(plan.Parts);
        Assert.True(part.HeldBytes is > 200 << 20 and <= FrontHold.ResultBytes, $"{part.HeldBytes}");
        var outputs = part.Commands[0].Job.Outputs.Where(static output => output.To == OutputSpec.Memory).ToDictionary(static output => output.Path, static output => output.MaxSizeBytes);
        Assert.Equal((1001L, plan.MostBytes), (outputs["/w/stdout"], outputs["/w/a"]));
        Assert.Equal(FrontHold.ResultBytes / 32, plan.MostBytes, 10_000.0);
        Assert.Equal(CommandLimits.UsualCopyOut, part.Commands[0].Job.Outputs.Single(static output => output.To == OutputSpec.Store).MaxSizeBytes);
    }

    [Fact]
    public void Commands_that_no_pipe_connects_are_jobs_of_their_own_where_they_are_too_many_for_one()
    {
        var plan = Translate($$"""{ "cmd": [{{Commands(100)}}], "pipeMapping": [{ "in": { "index": 3, "fd": 1 }, "out": { "index": 70, "fd": 0 } }, { "in": { "index": 70, "fd": 5 }, "out": { "index": 99, "fd": 0 } }] }""")!;

        Assert.Equal(98, plan.Parts.Count);
        Assert.Equal([3, 70, 99], Assert.Single(plan.Parts, static part => part.Places.Count > 1).Places);
        Assert.Equal(Enumerable.Range(0, 100), plan.Parts.SelectMany(static part => part.Places).Order());
        Assert.All(plan.Parts, part => Assert.True(TranslatedJob.Holds(part.Job, _settings, _directory.Path)));

        Assert.Single(Translate($$"""{ "cmd": [{{Commands(16)}}] }""")!.Parts);
        Assert.Null(Translate($$"""{ "cmd": [{{Commands(129)}}] }"""));
        Assert.Equal(Enumerable.Range(0, 32), Assert.Single(Translate($$"""{ "cmd": [{{Commands(32)}}], "pipeMapping": [{{Chain(32)}}] }""")!.Parts).Places);
        Assert.Null(Translate($$"""{ "cmd": [{{Commands(33)}}], "pipeMapping": [{{Chain(33)}}] }"""));

        static string Commands(int count) => string.Join(',', Enumerable.Repeat("""{ "args": ["a"], "cpuLimit": 1 }""", count));
        static string Chain(int count) => string.Join(',', Enumerable.Range(1, count - 1).Select(static index => $$"""{ "in": { "index": {{index - 1}}, "fd": 1 }, "out": { "index": {{index}}, "fd": 0 } }"""));
    }

    // Hydro's judge gives its manager pipes at 3 and up, and only 0 to 2 in files.
    [Fact]
    public void A_pipe_may_lead_to_a_descriptor_that_files_does_not_reach()
    {
        var plan = Translate("""
            { "cmd": [{ "args": ["a"], "files": [{ "content": "" }, { "name": "o", "max": 1 }] }, { "args": ["b"] }],
              "pipeMapping": [{ "in": { "index": 0, "fd": 4 }, "out": { "index": 1, "fd": 0 } }, { "in": { "index": 1, "fd": 1 }, "out": { "index": 0, "fd": 3 } }] }
            """)!;

        Assert.Equal([(3, false), (4, true)], plan.Commands[0].Job.Descriptors.Select(static pipe => (pipe.Number, pipe.Write)).Order());
        Assert.True(plan.Commands[1].Job is { Stdin: PipeStdin, Stdout: PipeOutput });
        Assert.Null(Translate("""{ "cmd": [{ "args": ["a"], "files": [{ "content": "" }] }, { "args": ["b"] }], "pipeMapping": [{ "in": { "index": 1, "fd": 1 }, "out": { "index": 0, "fd": 0 } }] }"""));
    }

    [Fact]
    public void A_rate_of_a_processor_is_held_where_the_server_bounds_it_for_all_and_told_to_be_ignored_elsewhere()
    {
        const string Request = """{ "cmd": [{ "args": ["a"], "cpuRateLimit": 500 }] }""";

        Assert.True(Translate(Request) is { IgnoresRate: true } ignored && ignored.Commands[0].Job.Limits.Cpus is null);
        var held = new RequestTranslator(_settings with { Maximum = _settings.Maximum with { Cpus = 2 } }, new KeptFiles(_files, _settings, TimeProvider.System), Tenant).Translate(RequestForm.Read(Encoding.UTF8.GetBytes(Request)), isStream: false);
        Assert.Equal((false, 0.5), (held.IgnoresRate, held.Commands[0].Job.Limits.Cpus));
    }

    [Theory]
    [InlineData("""{ "cmd": [{ "args": ["a"], "files": [{ "colour": 1 }] }] }""", 400, true)]
    [InlineData("""{ "cmd": [{ "args": ["a"], "copyIn": { "a": { "src": "/etc/passwd" } } }] }""", 400, true)]
    [InlineData("""{ "cmd": [{ "args": ["a"], "tty": true, "files": [{ "streamIn": true }] }] }""", 400, true)]
    [InlineData("""{ "cmd": [] }""", 400, false)]
    [InlineData("""{ "cmd": [{ "args": ["a"], "files": [null] }] }""", 500, false)]
    public void Only_a_file_that_is_none_ends_the_connection_that_it_came_by(string request, int status, bool ends)
    {
        var refusal = Assert.Throws<GoJudgeRefusal>(() => new RequestTranslator(_settings, new KeptFiles(_files, _settings, TimeProvider.System), Tenant).Translate(RequestForm.Read(Encoding.UTF8.GetBytes(request)), isStream: false));

        Assert.Equal((status, ends), (refusal.Status, refusal.EndsConnection));
    }

    [Fact]
    public void A_stream_of_several_commands_is_a_job_for_each_unless_pipes_connect_them()
    {
        const string Commands = """ "cmd": [{ "args": ["a"], "files": [{ "streamIn": true }, { "streamOut": true }] }, { "args": ["b"], "files": [{ "streamIn": true }, { "streamOut": true }, { "content": "" }, null] }, { "args": ["c"], "files": [null] }] """;

        var piped = Translate(Encoding.UTF8.GetBytes($$"""{ {{Commands}}, "pipeMapping": [{ "in": { "index": 1, "fd": 3 }, "out": { "index": 2 } }] }"""), isStream: true)!;
        Assert.Equal([[0], [1, 2]], piped.Parts.Select(static part => part.Places));
        Assert.Equal([[0, 1], []], piped.Parts[1].Commands.Select(static command => command.Live.ToArray()));
        var together = (ProcessesJob)piped.Parts[1].WithStreams(piped.Parts[1].Job);
        Assert.Equal((Stdin.Live, OutputStream.Live), (together.Processes[0].Job.Stdin, together.Processes[0].Job.Stdout));
        Assert.IsType<PipeStdin>(together.Processes[1].Job.Stdin);
        var plan = Translate(Encoding.UTF8.GetBytes($$"""{ {{Commands.Replace(", null] }", "] }", StringComparison.Ordinal).Replace("[null]", "[]", StringComparison.Ordinal)}} }"""), isStream: true)!;
        Assert.Equal([[0, 1], [0, 1], []], plan.Parts.Select(static part => part.Commands[0].Live.ToArray()));
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
    public void What_follows_a_request_is_passed_over_and_null_asks_for_nothing()
    {
        Assert.Equal(["a"], RequestForm.Read("""{ "cmd": [{ "args": ["a"] }] } {{{"""u8.ToArray()).Cmd![0]!.Args);
        Assert.Null(RequestForm.Read("null"u8.ToArray()).Cmd);
        Assert.ThrowsAny<JsonException>(() => RequestForm.Read("{"u8.ToArray()));
        Assert.ThrowsAny<JsonException>(() => RequestForm.Read(Array.Empty<byte>()));
    }

    [Theory]
    [InlineData("a.out", "attachment; filename=\"a.out\"")]
    [InlineData("a \"b\\c\n", "attachment; filename=\"a \\\"b\\\\c_\"")]
    [InlineData("é", "attachment; filename*=UTF-8''%C3%A9")]
    public void A_name_is_told_in_one_form(string name, string header) => Assert.Equal(header, GoJudgeAnswers.Attachment(name));

    [Fact]
    public void Each_byte_that_is_no_text_is_replaced_by_itself() => Assert.Equal("aé\uFFFD\uFFFDb\uFFFD\uFFFD", GoJudgeAnswers.Text([(byte)'a', 0xc3, 0xa9, 0xff, 0xfe, (byte)'b', 0xe2, 0x82]));

    private RequestPlan? Translate(string request) => Translate(Encoding.UTF8.GetBytes(request), isStream: false);

    private RequestPlan? Translate(ReadOnlyMemory<byte> request, bool isStream)
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
