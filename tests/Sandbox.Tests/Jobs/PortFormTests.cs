using Xunit;

namespace Sandbox.Tests.Jobs;

/// <summary>The member <c>ports</c> of a job.</summary>
public sealed class PortFormTests
{
    [Theory]
    [InlineData("127.0.0.1:8080:80", "127.0.0.1:8080:80")]
    [InlineData("8080:80", "127.0.0.1:8080:80")]
    [InlineData("80", "127.0.0.1:0:80")]
    [InlineData("0:80/tcp", "127.0.0.1:0:80")]
    [InlineData("0.0.0.0::80", "0.0.0.0:0:80")]
    [InlineData("[::]:65535:1", "[::]:65535:1")]
    public void A_port_is_read_and_written(string text, string written)
    {
        var port = PortMapping.Parse(text);

        Assert.Equal(written, port.ToString());
        Assert.Equal(port, PortMapping.Parse(written));
    }

    [Theory]
    [InlineData("")]
    [InlineData("80:")]
    [InlineData(":80:")]
    [InlineData("65536")]
    [InlineData("80:0")]
    [InlineData("-1:80")]
    [InlineData("+1:80")]
    [InlineData("8000-8010:80")]
    [InlineData("localhost:8080:80")]
    [InlineData("127.1:8080:80")]
    [InlineData("0x7f000001:8080:80")]
    [InlineData("::1:8080:80")]
    [InlineData("[127.0.0.1]:8080:80")]
    [InlineData("53:53/udp")]
    [InlineData("80/")]
    public void What_is_none_is_refused(string text) => Assert.Throws<FormatException>(() => PortMapping.Parse(text));

    [Theory]
    [InlineData("\"loopback\"", "\"80\"", "/ports")]
    [InlineData("\"loopback\"", "[80]", "/ports/0")]
    [InlineData("\"loopback\"", "[\"80\", \"x\"]", "/ports/1")]
    [InlineData("\"loopback\"", "[\"8080:80\", \"8080:81\"]", "/ports/1")]
    [InlineData("\"none\"", "[\"80\"]", "/ports")]
    [InlineData("\"host\"", "[\"80\"]", "/ports")]
    [InlineData("{ \"egress\": \"any\" }", "[\"5353:53\"]", "/ports/0")]
    public void A_problem_is_told_at_its_place(string network, string ports, string pointer) =>
        Assert.Equal(pointer, Assert.Single(Job.Problems($$"""{ "command": ["true"], "network": {{network}}, "ports": {{ports}} }""")).Pointer);

    [Fact]
    public void Ports_are_chosen_as_often_as_one_likes() =>
        Assert.Equal(3, Job.With("\"network\": \"loopback\", \"ports\": [\"80\", \"80\", \"8080:53\"]").Ports.Count);
}
