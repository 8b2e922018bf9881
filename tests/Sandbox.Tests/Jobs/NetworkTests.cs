using System.Buffers;
using System.Text;
using Sandbox.Jobs;
using Sandbox.Tests.Cli.Run;
using Sandbox.Tests.Planning;
using Xunit;

namespace Sandbox.Tests.Jobs;

/// <summary>A network is one of a closed set, and everybody who has to know all of them does.</summary>
public sealed class NetworkTests
{
    public static TheoryData<string> Words() => [.. Network.All.Select(network => network.ToString())];

    [Fact]
    public void Every_kind_of_network_is_listed()
    {
        var kinds = typeof(Network).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Network)));

        // One with members has no word of its own (NetworkFormTests).
        Assert.Equal(kinds.Select(kind => kind.Name).Order(), Network.All.Append(Network.Egress("any")).Append(Network.Join("net")).Append(Network.Of("id")).Select(network => network.GetType().Name).Order());
        Assert.All(kinds, kind => Assert.True(kind.IsSealed));
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void A_word_of_a_job_file_is_written_as_it_was_read(string word)
    {
        var spec = JobFile.Parse(Encoding.UTF8.GetBytes($$"""{"command":["true"],"network":"{{word}}"}"""), "/jobs");
        var bytes = new ArrayBufferWriter<byte>();
        JobWriter.Write(bytes, spec);
        var written = JobFile.Parse(bytes.WrittenSpan, "/jobs");

        Assert.Equal((word, Network.Parse(word)), (spec.Network.ToString(), spec.Network));
        Assert.Equal(spec.Network, written.Network);
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void The_command_line_and_the_plan_know_every_word(string word)
    {
        var job = Request.Job("--network", word);

        Assert.Equal(Network.Parse(word), job.Network);
        Assert.NotEmpty(Plans.Of(job with { Command = ["true"] }).Steps);
    }

    [Theory]
    [InlineData("")]
    [InlineData("None")]
    [InlineData("bridge")]
    [InlineData(null)]
    public void Any_other_word_is_none(string? word)
    {
        Assert.False(Network.TryParse(word, out var network));
        Assert.Null(network);
        Assert.Throws<FormatException>(() => Network.Parse(word!));
    }
}
