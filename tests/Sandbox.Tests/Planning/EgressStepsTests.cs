using System.Buffers.Binary;
using System.Net.Sockets;
using Sandbox.Planning.Steps;
using Sandbox.Resources.Networks;
using Xunit;

namespace Sandbox.Tests.Planning;

/// <summary>What a job with a way out has the kernel told: whole messages, each of which is answered for, and the rules before the route.</summary>
public sealed class EgressStepsTests
{
    private const ushort Acknowledge = 4;

    [Theory]
    [InlineData(AddressFamily.InterNetwork), InlineData(AddressFamily.InterNetworkV6)]
    public void Messages_are_whole_and_acknowledged(AddressFamily family)
    {
        foreach (var batch in (byte[][])[EgressRules.Redirect(family), EgressRules.Route(family)])
        {
            var messages = Messages(batch);

            Assert.All(messages, message => Assert.True(AttributesFit(message.Body), $"message {message.Sequence}"));
            Assert.Equal(Enumerable.Range(1, messages.Count).Select(static number => (uint)number), messages.Select(static message => message.Sequence));
            Assert.All(messages.Where(static message => message.Type is not (16 or 17)), static message => Assert.NotEqual(0, message.Flags & Acknowledge));
        }
    }

    [Fact]
    public void Nothing_is_routed_before_it_is_redirected()
    {
        var job = new JobSpec { Command = ["true"], Network = Network.Egress("any") };

        var steps = Plans.Of(job).Steps.Where(static step => step is ListenStep or NetlinkStep or LoopbackStep).Select(static step => step switch
        {
            ListenStep listen => $"{listen.Family} {listen.Type} {listen.Optional}",
            NetlinkStep netlink => $"{netlink.Protocol} {netlink.Optional} {netlink.Follows}",
            _ => "up",
        });

        Assert.Equal(
            [
                "up", "InterNetwork Stream False", "InterNetwork Dgram False", "InterNetworkV6 Stream True", "InterNetworkV6 Dgram True",
                "12 True False", "0 False True", "12 True False", "0 True True",
            ],
            steps);
    }

    private static List<(ushort Type, ushort Flags, uint Sequence, byte[] Body)> Messages(byte[] batch)
    {
        var messages = new List<(ushort, ushort, uint, byte[])>();
        for (var at = 0; at < batch.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(batch.AsSpan(at));
            Assert.InRange(length, 16, batch.Length - at);
            Assert.Equal(0, length % 4);
            messages.Add((BinaryPrimitives.ReadUInt16LittleEndian(batch.AsSpan(at + 4)), BinaryPrimitives.ReadUInt16LittleEndian(batch.AsSpan(at + 6)), BinaryPrimitives.ReadUInt32LittleEndian(batch.AsSpan(at + 8)), batch[(at + 16)..(at + length)]));
            at += length;
        }

        return messages;
    }

    // The header of a family is 4 bytes of netfilter or 12 of a route.
    private static bool AttributesFit(byte[] body) => Fit(body.AsSpan(4)) || (body.Length >= 12 && Fit(body.AsSpan(12)));

    private static bool Fit(ReadOnlySpan<byte> attributes)
    {
        while (attributes.Length > 0)
        {
            var length = attributes.Length < 4 ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            var isNested = length >= 4 && (BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) & 0x8000) != 0;
            if (length < 4 || length > attributes.Length || (isNested && !Fit(attributes[4..length])))
            {
                return false;
            }

            attributes = attributes[Math.Min(attributes.Length, (length + 3) & ~3)..];
        }

        return true;
    }
}
