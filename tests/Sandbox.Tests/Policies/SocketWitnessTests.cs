using Sandbox.Policies;
using Xunit;

namespace Sandbox.Tests.Policies;

public sealed class SocketWitnessTests
{
    private const PolicyVariant NoNetwork = PolicyVariant.OwnNetwork | PolicyVariant.NoNetwork;
    private const ulong Unix = 1, Inet = 2, Inet6 = 10, Stream = 1, Datagram = 2, Flags = 0x80800;

    [Theory]
    [InlineData("default")]
    [InlineData("build")]
    public void Without_a_network_a_socket_to_ask_with_is_told_of(string name)
    {
        var policy = PolicyText.BuiltIn(name, variant: NoNetwork);

        foreach (var family in (ulong[])[Inet, Inet6])
        {
            Assert.Equal(PolicyAction.WitnessSocket, policy.Decide(PolicyText.Call("socket", family, Datagram, 0)));
            Assert.Equal(PolicyAction.WitnessSocket, policy.Decide(PolicyText.Call("socket", family, Datagram | Flags, 17)));
            Assert.Equal(PolicyText.Allow, policy.Decide(PolicyText.Call("socket", family, Stream, 0)));
        }

        Assert.Equal(PolicyText.Allow, policy.Decide(PolicyText.Call("socket", Unix, Datagram, 0)));
        Assert.Equal(PolicyText.Allow, PolicyText.BuiltIn(name, variant: PolicyVariant.OwnNetwork).Decide(PolicyText.Call("socket", Inet, Datagram, 0)));
    }

    [Fact]
    public void What_a_policy_refuses_stays_refused()
    {
        var judge = PolicyText.BuiltIn("judge", variant: NoNetwork);

        Assert.Equal(PolicyText.Errno("EAFNOSUPPORT"), judge.Decide(PolicyText.Call("socket", Inet, Datagram, 0)));
        Assert.Equal(PolicyText.Errno("EPROTONOSUPPORT"), PolicyText.BuiltIn("default", variant: NoNetwork).Decide(PolicyText.Call("socket", Inet, Datagram, 132)));
    }
}
