using System.Text;
using System.Text.Json;
using NJsonSchema;
using Sandbox.Cli.Batch;
using Sandbox.Jobs;
using Sandbox.Tests.Cli.Batch;
using Xunit;

namespace Sandbox.Tests.Jobs;

public sealed class SchemaTests
{
    private static readonly JsonDocumentOptions s_jobFile = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static TheoryData<string> Examples =>
    [
        "tests/Sandbox.Tests/Jobs/contract.job.json",
        .. ExampleJobs(),
    ];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task An_example_is_valid_by_the_schema_and_by_the_reader(string file)
    {
        var content = await File.ReadAllTextAsync(Repository.PathOf(file), TestContext.Current.CancellationToken);

        var errors = await Errors("job", content);

        Assert.Empty(errors);
        Assert.Empty(Job.Problems(content));
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{ "command": [] }""")]
    [InlineData("""{ "command": ["a"], "comand": 1 }""")]
    [InlineData("""{ "command": ["a"], "limits": { "memory": "64mib" } }""")]
    [InlineData("""{ "command": ["a"], "limits": { "cpuTime": 2 } }""")]
    [InlineData("""{ "command": ["a"], "mounts": [ { "type": "tmpfs" } ] }""")]
    [InlineData("""{ "command": ["a"], "mounts": [ { "type": "tmpfs", "target": "/a", "writable": true } ] }""")]
    [InlineData("""{ "command": ["a"], "mounts": [ { "type": "tmpfs", "target": "a" } ] }""")]
    [InlineData("""{ "command": ["a"], "files": { "/a": { "text": "", "from": "x" } } }""")]
    [InlineData("""{ "command": ["a"], "files": { "/a": {} } }""")]
    [InlineData("""{ "command": ["a"], "files": { "/a": { "from": "sha256:abc" } } }""")]
    [InlineData("""{ "command": ["a"], "files": { "/a": { "text": "", "readOnly": "yes" } } }""")]
    [InlineData("""{ "command": ["a"], "stdin": { "from": "sha256:abc" } }""")]
    [InlineData("""{ "command": ["a"], "mounts": [ { "type": "bind", "source": "sha256:abc", "target": "/a" } ] }""")]
    [InlineData("""{ "command": ["a"], "user": { "uid": 4294967295, "gid": 1 } }""")]
    [InlineData("""{ "command": ["a"], "user": "nobody" }""")]
    [InlineData("""{ "command": ["a"], "require": ["memroy"] }""")]
    [InlineData("""{ "command": ["a"], "capabilities": ["CAP_SYS_ADMIN"] }""")]
    [InlineData("""{ "command": ["a"], "network": "bridge" }""")]
    [InlineData("""{ "command": ["a"], "rootfs": { "writable": true } }""")]
    [InlineData("""{ "command": ["a"], "rootfs": { "image": "a", "directory": "b" } }""")]
    [InlineData("""{ "rootfs": { "directory": "b" } }""")]
    [InlineData("""{ "command": ["a"], "devices": ["/etc/passwd"] }""")]
    [InlineData("""{ "command": ["a"], "stdout": "stdout" }""")]
    [InlineData("""{ "command": ["a"], "hostname": "a b" }""")]
    [InlineData("""{ "command": ["a"], "terminal": "yes" }""")]
    [InlineData("""{ "command": ["a"], "cpuset": "0-" }""")]
    [InlineData("""{ "command": ["a"], "limits": { "cpus": 0 } }""")]
    [InlineData("""{ "command": ["a"], "limits": { "cpus": "2" } }""")]
    [InlineData("""{ "command": ["a"], "diff": {} }""")]
    [InlineData("""{ "command": ["a"], "diff": "changes.tar" }""")]
    [InlineData("""{ "command": ["a"], "diff": { "to": "changes.zip" } }""")]
    [InlineData("""{ "command": ["a"], "limits": { "collect": "much" } }""")]
    [InlineData("""{ "command": ["a"], "require": ["collect"] }""")]
    public async Task What_the_schema_refuses_the_reader_refuses_too(string job)
    {
        var errors = await Errors("job", job);

        Assert.NotEmpty(errors);
        Assert.NotEmpty(Job.Problems(job));
    }

    [Fact]
    public void The_schema_and_the_reader_know_the_same_members()
    {
        var schema = Schema("job");
        var definitions = schema.GetProperty("$defs");
        var mounts = definitions.GetProperty("mount").GetProperty("oneOf").EnumerateArray().ToList();
        var properties = schema.GetProperty("properties");

        AssertSame([.. Members.Job, "processes", "pipes", "steps"], Names(schema));
        AssertSame(StepsForm.Step, Names(definitions.GetProperty("step")));
        AssertSame(StepsForm.Case, Names(definitions.GetProperty("case")));
        AssertSame(StepsForm.Group, Names(definitions.GetProperty("group")));
        AssertSame(LimitTable.Names, Names(definitions.GetProperty("limits")));
        AssertSame(LimitTable.Requirable, properties.GetProperty("require").GetProperty("items").GetProperty("enum").EnumerateArray().Select(name => name.GetString()!));
        AssertSame(Members.File, Names(definitions.GetProperty("file")));
        AssertSame(Members.Content, Names(definitions.GetProperty("content")));
        AssertSame(Members.Stream, Names(definitions.GetProperty("toFile")));
        AssertSame(Members.Diff, Names(properties.GetProperty("diff").GetProperty("anyOf")[1]));
        AssertSame(Members.Output, Names(definitions.GetProperty("output")));
        AssertSame(Members.User, Names(properties.GetProperty("user").GetProperty("anyOf")[1]));
        AssertSame(Members.Rootfs, Names(properties.GetProperty("rootfs").GetProperty("anyOf")[1]));
        AssertSame(Members.Mount, mounts.SelectMany(Names).Distinct());
        AssertSame(Members.MountTypes, mounts.Select(mount => mount.GetProperty("properties").GetProperty("type").GetProperty("enum")[0].GetString()!));
    }

    [Fact]
    public void The_schema_and_the_types_know_the_same_values()
    {
        var result = Schema("result").GetProperty("properties");
        var phases = Enum.GetValues<JobPhase>().Select(phase => phase.Word()).ToList();

        var job = Schema("job").GetProperty("properties");
        var granted = CapabilityNames.Of((CapabilitySet)ulong.MaxValue);

        Assert.Equal(Enum.GetValues<RequiredLimit>().Select(LimitTable.NameOf), Values(job.GetProperty("require").GetProperty("items")));
        Assert.Equal(granted.Append(CapabilityNames.Unneeded).SelectMany(name => new[] { name, "CAP_" + name }), Values(job.GetProperty("capabilities").GetProperty("items")));
        Assert.Equal(Enum.GetValues<CapabilitySet>().Length, granted.Length + 1);
        Assert.Equal([null, .. Enum.GetValues<Killer>().Select(killer => killer.Word())], Values(result.GetProperty("killedBy")));
        Assert.Equal(
            Enum.GetValues<Mechanism>().Select(mechanism => mechanism.Word()),
            Values(result.GetProperty("enforcement").GetProperty("additionalProperties").GetProperty("properties").GetProperty("by")));
        Assert.Equal(phases, Values(result.GetProperty("phases").GetProperty("items").GetProperty("properties").GetProperty("name")));
        Assert.Equal([.. phases, null], Values(result.GetProperty("error").GetProperty("anyOf")[1].GetProperty("properties").GetProperty("phase")));
    }

    [Fact]
    public void The_schema_allows_a_mount_what_the_reader_allows_it()
    {
        foreach (var mount in Schema("job").GetProperty("$defs").GetProperty("mount").GetProperty("oneOf").EnumerateArray())
        {
            var type = mount.GetProperty("properties").GetProperty("type").GetProperty("enum")[0].GetString();
            var refused = Members.Mount.Where(member => Job
                .ProblemsWith($$""" "mounts": [ { "{{member}}": 0, "type": "{{type}}" } ] """)
                .Contains("does not apply", StringComparison.Ordinal));

            AssertSame(Members.Mount.Except(refused), Names(mount));
        }
    }

    [Fact]
    public void The_defaults_of_the_schema_are_those_of_the_reader()
    {
        var limits = Schema("job").GetProperty("$defs").GetProperty("limits").GetProperty("properties");
        var defaults = limits.EnumerateObject()
            .Where(limit => limit.Value.TryGetProperty("default", out _))
            .Select(limit => $"\"{limit.Name}\": {limit.Value.GetProperty("default").GetRawText()}");

        var spec = Job.With($"\"limits\": {{ {string.Join(", ", defaults)} }}");

        Assert.Equal(new ResourceLimits(), spec.Limits);
    }

    [Fact]
    public async Task Results_are_valid_by_the_schema()
    {
        var error = new ErrorReport { Message = "m" };
        JobResult[] results =
        [
            Results.Plain,
            Results.Example,
            Results.Plain with
            {
                ProcessesRefused = 3,
                Io = new() { ReadBytes = 4096, WrittenBytes = 0, Reads = 1, Writes = 0 },
                Pressure = new() { Cpu = TimeSpan.FromMilliseconds(1.5), Memory = TimeSpan.Zero, Io = TimeSpan.Zero },
                Quality = new() { ForcedSwitches = 2, Cpus = "0-1" },
            },
            Results.Changed,
            Results.Plain with { Verdict = Verdict.SetupError, ExitCode = null, Error = error },
            JobResult.Of(new InvalidJobException([new() { Pointer = "/a", Message = "m", Line = 1, Column = 2, Suggestion = "b" }, new() { Pointer = "", Message = "m" }])),
            Results.Example with { Stdout = Results.Captured([0xFF]), Memory = new MemoryUsage { PeakBytes = 1, Sampled = true } },
        ];

        foreach (var result in results)
        {
            Assert.Empty(await Errors("result", Results.Json(result)));
        }
    }

    [Fact]
    public async Task A_result_with_another_member_is_not_valid_by_the_schema()
    {
        var json = Results.Json(Results.Plain).Replace("\"message\"", "\"massage\"", StringComparison.Ordinal);

        var errors = await Errors("result", json);

        Assert.NotEmpty(errors);
    }

    [Theory]
    [InlineData("\"index\"", "\"index\"", true)]
    [InlineData("\"index\"", "\"idnex\"", false)]
    [InlineData("sandbox.batch/1", "sandbox.batch/2", false)]
    [InlineData("\"line\":3", "\"line\":0", false)]
    public async Task A_line_of_a_batch_is_valid_by_the_schema_and_no_other_is(string part, string becomes, bool isValid)
    {
        var item = BatchResults.Item(2);
        var line = Encoding.UTF8.GetString(BatchLine.ForOutput(item, BatchResults.Text(Verdict.Ok)).Span);

        var errors = await Errors("batch", line.Replace(part, becomes, StringComparison.Ordinal));

        Assert.Equal(isValid, errors.Count == 0);
        Assert.Contains(part, line, StringComparison.Ordinal);
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
    }

    [Fact]
    public void The_schema_knows_every_verdict()
    {
        var known = Schema("result").GetProperty("properties").GetProperty("verdict").GetProperty("enum")
            .EnumerateArray().Select(name => name.GetString()!);

        AssertSame(Enum.GetValues<Verdict>().Select(ResultWriter.VerdictName), known);
    }

    private static IEnumerable<string> ExampleJobs()
    {
        var directory = Repository.PathOf("examples");
        return Directory.Exists(directory)
            ? Directory.GetFiles(directory, "*job.json", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Repository.Root, file)).Order()
            : [];
    }

    private static async Task<IReadOnlyList<string>> Errors(string kind, string json)
    {
        // The validator knows draft 7: the same schema, with the definitions under their name of then.
        var text = Schema(kind).GetRawText().Replace("$defs", "definitions", StringComparison.Ordinal)
            .Replace("\"$ref\": \"urn:sandbox:result:1\"", "\"type\": \"object\"", StringComparison.Ordinal); // checked by itself
        var schema = await JsonSchema.FromJsonAsync(text, TestContext.Current.CancellationToken);
        var plain = JsonDocument.Parse(json, s_jobFile).RootElement;
        return [.. schema.Validate(JsonSerializer.Serialize(plain)).Select(error => error.ToString())];
    }

    private static JsonElement Schema(string kind) =>
        JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf($"schemas/{kind}.schema.json"))).RootElement;

    private static IEnumerable<string> Names(JsonElement schema) =>
        schema.GetProperty("properties").EnumerateObject().Select(member => member.Name);

    private static IEnumerable<string?> Values(JsonElement member) => member.GetProperty("enum").EnumerateArray().Select(value => value.GetString());

    private static void AssertSame(IEnumerable<string> expected, IEnumerable<string> actual) =>
        Assert.Equal(expected.Order(), actual.Order());
}
