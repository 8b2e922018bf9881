using System.Text.Json;
using Xunit;

namespace Sandbox.Tests.Jobs;

public sealed class ResultFileTests
{
    [Fact]
    public void The_example_is_written_member_by_member_as_documented()
    {
        var expected = File.ReadAllText(Repository.PathOf("tests/Sandbox.Tests/Jobs/contract.result.json")).TrimEnd();

        var json = Results.Json(Results.Example, pretty: true);

        Assert.Equal(expected, json);
    }

    [Fact]
    public void Compact_is_one_line_with_the_same_content()
    {
        var pretty = JsonDocument.Parse(Results.Json(Results.Example, pretty: true)).RootElement;

        var compact = Results.Json(Results.Example);

        Assert.DoesNotContain('\n', compact);
        Assert.True(JsonElement.DeepEquals(pretty, JsonDocument.Parse(compact).RootElement));
    }

    [Theory]
    [InlineData(new byte[] { 0x61, 0xC3, 0xA4 }, false, "aä")]
    [InlineData(new byte[] { 0x61, 0xC3 }, true, "a")]
    [InlineData(new byte[] { 0x61, 0xF0, 0x9F, 0x98 }, true, "a")]
    [InlineData(new byte[] { 0xF0, 0x9F, 0x98, 0x80 }, true, "😀")]
    [InlineData(new byte[] { 0xC3 }, true, "")]
    [InlineData(new byte[] { 0x00, 0x1B, 0x0A }, false, "\0\u001b\n")]
    public void Valid_text_is_text_and_loses_only_a_character_cut_at_the_limit(byte[] content, bool truncated, string expected)
    {
        var stdout = Results.Read(Results.Plain with { Stdout = Results.Captured(content, truncated) }).GetProperty("stdout");

        Assert.Equal(expected, stdout.GetProperty("text").GetString());
        Assert.False(stdout.TryGetProperty("base64", out _));
    }

    [Theory]
    [InlineData(new byte[] { 0x61, 0xC3 }, false)]
    [InlineData(new byte[] { 0xFF, 0x61 }, true)]
    [InlineData(new byte[] { 0x61, 0x80 }, true)]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80 }, true)]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, false)]
    public void Other_bytes_are_base64_and_whole(byte[] content, bool truncated)
    {
        var stdout = Results.Read(Results.Plain with { Stdout = Results.Captured(content, truncated) }).GetProperty("stdout");

        Assert.Equal(content, stdout.GetProperty("base64").GetBytesFromBase64());
        Assert.False(stdout.TryGetProperty("text", out _));
    }

    [Theory]
    [InlineData('\0', 4096, "text")]
    [InlineData('\0', 4097, "base64")]
    [InlineData('\u001b', 100_000, "base64")]
    [InlineData('\n', 100_000, "base64")]
    [InlineData('"', 100_000, "base64")]
    [InlineData('a', 100_000, "text")]
    [InlineData('ä', 100_000, "text")]
    public void Long_text_is_base64_where_that_is_shorter(char letter, int count, string member)
    {
        var content = System.Text.Encoding.UTF8.GetBytes(new string(letter, count));

        var json = Results.Json(Results.Plain with { Stdout = Results.Captured(content) });
        var stdout = JsonDocument.Parse(json).RootElement.GetProperty("stdout");

        Assert.Equal(["bytes", "truncated", member], stdout.EnumerateObject().Select(one => one.Name));
        Assert.Equal(content, member == "text" ? System.Text.Encoding.UTF8.GetBytes(stdout.GetProperty("text").GetString()!) : stdout.GetProperty("base64").GetBytesFromBase64());
        Assert.True(json.Length < Math.Max(count * 3, 26_000), $"{json.Length} characters");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_character_between_two_pieces_stays_whole(bool pretty)
    {
        for (var shift = 0; shift < 4; shift++)
        {
            var text = new string('a', (12 << 10) - shift) + string.Concat(Enumerable.Repeat("€ä and then an emoji of four bytes: 😀\\", 2_000));

            var json = Results.Json(Results.Plain with { Stdout = Results.Captured(System.Text.Encoding.UTF8.GetBytes(text)) }, pretty);

            Assert.Equal(text, JsonDocument.Parse(json).RootElement.GetProperty("stdout").GetProperty("text").GetString());
        }
    }

    [Fact]
    public void A_stream_gets_the_same_bytes_in_pieces_of_a_bounded_size()
    {
        var result = Results.Example with { Stdout = Results.Captured(new byte[5_000_000]), Stderr = Results.Captured(System.Text.Encoding.UTF8.GetBytes(new string('x', 3_000_000))) };
        var pieces = new PieceStream();

        ResultFile.Write(pieces, result, pretty: false);

        Assert.Equal(Results.Json(result), System.Text.Encoding.UTF8.GetString(pieces.ToArray()));
        Assert.InRange(pieces.Largest, 1, 200_000);
    }

    [Fact]
    public void An_invalid_job_lists_every_problem()
    {
        var invalid = Assert.Throws<InvalidJobException>(() => JobFile.Parse("""{ "comand": ["ls"], "files": { "/a\u202e": 1 } }"""u8, "/"));

        var result = Results.Read(JobResult.Of(invalid, "n"));
        var problems = result.GetProperty("error").GetProperty("problems").EnumerateArray().ToList();

        Assert.Equal("invalid-job", result.GetProperty("verdict").GetString());
        Assert.Equal("n", result.GetProperty("name").GetString());
        Assert.StartsWith("the job is not valid: ", result.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(["/command", "/comand", "/files/~1a\u202e"], problems.Select(problem => problem.GetProperty("pointer").GetString()));
        Assert.Equal("command", problems[1].GetProperty("suggestion").GetString());
        Assert.Equal((1, 3), (problems[1].GetProperty("line").GetInt32(), problems[1].GetProperty("column").GetInt32()));
    }

    [Fact]
    public void A_job_that_came_from_no_file_has_problems_without_a_place()
    {
        var invalid = Assert.Throws<InvalidJobException>(() => Sandbox.Jobs.JobValidator.Validate(new JobSpec { Command = [] }));

        var problem = Results.Read(JobResult.Of(invalid)).GetProperty("error").GetProperty("problems")[0];

        Assert.Equal(JsonValueKind.Null, problem.GetProperty("line").ValueKind);
        Assert.Equal(JsonValueKind.Null, problem.GetProperty("column").ValueKind);
    }

    [Fact]
    public void Sentences_of_a_result_hide_nothing_and_its_names_are_exact()
    {
        const string name = "/work/\u202ea\u001b";
        var result = Results.Plain with
        {
            Message = $"output {name} is lost",
            OutputErrors = [new() { Path = name, Error = $"{name} is a directory" }],
            Error = new() { Message = name, Hint = name, Path = name },
        };

        var json = Results.Read(result);

        Assert.Equal("output /work/\\u202ea\\u001b is lost", json.GetProperty("message").GetString());
        Assert.Equal("/work/\\u202ea\\u001b is a directory", json.GetProperty("outputErrors")[0].GetProperty("error").GetString());
        Assert.Equal("/work/\\u202ea\\u001b", json.GetProperty("error").GetProperty("message").GetString());
        Assert.Equal("/work/\\u202ea\\u001b", json.GetProperty("error").GetProperty("hint").GetString());
        Assert.Equal(name, json.GetProperty("outputErrors")[0].GetProperty("path").GetString());
        Assert.Equal(name, json.GetProperty("error").GetProperty("path").GetString());
    }

    [Fact]
    public void A_copy_of_a_result_has_content_where_there_was_some()
    {
        var copy = (Results.Plain with { Stderr = Results.Captured("abc"u8) }).Detached();

        Assert.Null(copy.Stdout.Content);
        Assert.Equal("abc"u8.ToArray(), copy.Stderr.Content!.Value.ToArray());
    }

    [Fact]
    public void A_stream_that_was_not_captured_has_no_content()
    {
        var stdout = Results.Read(Results.Plain with { Stdout = new StreamResult { Bytes = 7 } }).GetProperty("stdout");

        Assert.Equal(["bytes", "truncated"], stdout.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public void Milliseconds_have_at_most_three_decimals()
    {
        var time = Results.Plain.Time with { Wall = TimeSpan.FromTicks(12_345_678), Cpu = TimeSpan.FromTicks(3) };

        var json = Results.Json(Results.Plain with { Time = time });

        Assert.Contains("\"wallMs\":1234.568,", json, StringComparison.Ordinal);
        Assert.Contains("\"cpuMs\":0,", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Extras_appear_only_where_there_is_something_to_say()
    {
        var plain = Results.Json(Results.Example);
        var full = Results.Json(Full());

        string[] extras = ["skippedMounts", "notes", "sampled", "note", "groups", "hostUid"];
        Assert.All(extras, extra => Assert.DoesNotContain($"\"{extra}\"", plain, StringComparison.Ordinal));
        Assert.All(extras, extra => Assert.Contains($"\"{extra}\"", full, StringComparison.Ordinal));
    }

    [Fact]
    public void Changes_are_written_with_what_is_known_of_them()
    {
        var zeros = new string('0', 64);

        var json = Results.Json(Results.Changed);

        Assert.Contains(
            $$"""
            "diff":[{"path":"/src/a.c","change":"created","type":"file","mode":"0644","bytes":3,"sha256":"{{zeros}}"},{"path":"/src/d","change":"changed","type":"folder","mode":"1700"},{"path":"/src/e","change":"deleted","type":"other"},{"path":"/src/f","change":"created","type":"symlink","target":"a.c"}],"diffTruncated":true,"diffArchive":{"bytes":1024,"sha256":"{{zeros.Replace('0', '1')}}","to":"/changes.tar"},
            """,
            json,
            StringComparison.Ordinal);
        Assert.DoesNotContain("diff", Results.Json(Results.Plain), StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_shows_every_member_and_null_for_what_is_not_known()
    {
        var error = new ErrorReport { Message = "m", Step = "bind /a", Errno = "EACCES", Pointer = "/mounts/2" };

        var json = Results.Json(Results.Plain with { Verdict = Verdict.SetupError, Error = error });

        Assert.EndsWith(
            """
            "error":{"phase":null,"step":"bind /a","path":null,"errno":"EACCES","message":"m","hint":null,"pointer":"/mounts/2"}}
            """,
            json,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Every_verdict_has_its_kebab_case_name()
    {
        foreach (var verdict in Enum.GetValues<Verdict>())
        {
            var expected = JsonNamingPolicy.KebabCaseLower.ConvertName(verdict.ToString());

            Assert.Equal(expected, Results.Read(Results.Plain with { Verdict = verdict }).GetProperty("verdict").GetString());
        }
    }

    [Fact]
    public void Names_that_are_no_text_do_not_stop_the_result()
    {
        var outputs = new[] { new OutputFailure { Path = "/work/\ud800\u001b", Error = "e" } };

        var path = Results.Read(Results.Plain with { OutputErrors = outputs }).GetProperty("outputErrors")[0].GetProperty("path");

        Assert.Equal("/work/\ufffd\u001b", path.GetString());
    }

    private static JobResult Full() => Results.Example with
    {
        SkippedMounts = ["/maybe"],
        Notes = ["a file"],
        Memory = Results.Example.Memory with { Sampled = true },
        Enforcement = new Dictionary<string, Enforcement>
        {
            ["memory"] = new() { Requested = null, Effective = 1.5, By = Mechanism.Watchdog, Note = "sampled" },
        },
        Isolation = Results.Example.Isolation! with { Groups = [27], HostUid = 1000 },
    };

    private sealed class PieceStream : MemoryStream
    {
        public int Largest { get; private set; }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Largest = Math.Max(Largest, buffer.Length);
            base.Write(buffer);
        }
    }
}
