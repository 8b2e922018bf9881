using System.Net;
using System.Text;
using Sandbox.Egress;
using Xunit;

namespace Sandbox.Tests.Egress;

/// <summary>Whatever a job sends to its name server is one question that can be read, or is answered without being believed.</summary>
public sealed class DnsMessageTests
{
    [Theory]
    [InlineData("example.org", "example.org")]
    [InlineData("EXAMPLE.Org", "example.org")]
    [InlineData("_http._tcp.deb.example.org", "_http._tcp.deb.example.org")]
    [InlineData("2130706433", null)]
    [InlineData("0x7f.1", null)]
    [InlineData("exa mple.org", null)]
    [InlineData("b\u00fccher.example", null)]
    public void A_name_is_read_as_rules_have_it(string asked, string? name)
    {
        Assert.True(DnsMessage.TryRead(Query(asked), out var message));

        Assert.True(message.IsUnderstood);
        Assert.Equal(name, message.Name);
        Assert.Equal(DnsMessage.TypeA, message.Type);
    }

    [Fact]
    public void A_dot_within_a_label_is_no_end_of_it()
    {
        var query = Query("evil.example.org");
        query[12] = 12; // "evil.example" is one label
        query[17] = (byte)'.';

        Assert.True(DnsMessage.TryRead(query, out var message));

        Assert.Null(message.Name);
    }

    [Fact]
    public void An_answer_has_the_question_and_one_address()
    {
        var query = Query("example.org");
        var answer = new byte[DnsMessage.MaxBytes];
        Assert.True(DnsMessage.TryRead(query, out var message));

        var length = message.Write(answer, DnsAnswer.Found, IPAddress.Parse("198.18.0.1"));

        Assert.Equal(query.Length + 16, length);
        Assert.Equal(query[..2], answer[..2]);
        Assert.Equal([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], answer[2..12]);
        Assert.Equal(query[12..], answer[12..query.Length]);
        Assert.Equal([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 198, 18, 0, 1], answer[query.Length..length]);
    }

    [Theory]
    [InlineData(2, 0x80)]
    [InlineData(2, 0x81)]
    public void An_answer_is_not_answered(int at, byte value)
    {
        var query = Query("example.org");
        query[at] = value;

        Assert.False(DnsMessage.TryRead(query, out _));
    }

    [Theory]
    [InlineData(2, 0x28)] // an update
    [InlineData(5, 2)] // two questions
    [InlineData(5, 0)]
    [InlineData(12, 0xc0)] // a pointer
    [InlineData(12, 64)]
    public void What_is_no_plain_question_is_told_to_be_none(int at, byte value)
    {
        var query = Query("example.org");
        query[at] = value;
        var answer = new byte[DnsMessage.MaxBytes];

        Assert.True(DnsMessage.TryRead(query, out var message));

        Assert.False(message.IsUnderstood);
        Assert.Equal(12, message.Write(answer, DnsAnswer.NotUnderstood, null));
        Assert.Equal(1, answer[3] & 15);
        Assert.Equal(0, answer[5]);
    }

    [Fact]
    public void The_longest_name_has_an_answer_that_fits()
    {
        var name = string.Join('.', Enumerable.Repeat(new string('a', 61), 4));
        Assert.True(DnsMessage.TryRead(Query(name), out var message));

        Assert.Equal(name, message.Name);
        Assert.True(message.Write(new byte[DnsMessage.MaxBytes], DnsAnswer.Found, IPAddress.IPv6Loopback) <= DnsMessage.MaxBytes);
    }

    [Fact]
    public void No_bytes_break_it()
    {
        var random = new Random(13);
        var answer = new byte[DnsMessage.MaxBytes];
        for (var round = 0; round < 200_000; round++)
        {
            var query = round % 2 == 0 ? new byte[random.Next(DnsMessage.MaxBytes + 1)] : Query("www.example.org");
            if (round % 2 == 0)
            {
                random.NextBytes(query);
                if (query.Length > 5)
                {
                    (query[2], query[4], query[5]) = (0, 0, 1);
                }
            }
            else
            {
                query[random.Next(query.Length)] = (byte)random.Next(256);
                query = query[..random.Next(query.Length + 1)];
            }

            if (DnsMessage.TryRead(query, out var message))
            {
                Assert.InRange(message.Write(answer, DnsAnswer.Found, message.Type == DnsMessage.TypeA ? IPAddress.Loopback : null), 12, DnsMessage.MaxBytes);
                Assert.True(message.Name is null || message.Name == HostNames.Normal(message.Name));
            }
        }
    }

    private static byte[] Query(string name, int type = DnsMessage.TypeA)
    {
        var bytes = new List<byte> { 0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
        foreach (var label in name.Split('.'))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.Latin1.GetBytes(label));
        }

        return [.. bytes, 0, 0, (byte)type, 0, 1];
    }
}
