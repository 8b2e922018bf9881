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
            ["memory"] = new() { Requested = null, Effective = 1.5, By = "watchdog", Note = "sampled" },
        },
        Isolation = Results.Example.Isolation! with { Groups = [27], HostUid = 1000 },
    };
}
