using Sandbox.Execution;
using Sandbox.Execution.Judging;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class SignalNameTests
{
    [Theory]
    [InlineData(1, "SIGHUP")]
    [InlineData(9, "SIGKILL")]
    [InlineData(25, "SIGXFSZ")]
    [InlineData(31, "SIGSYS")]
    [InlineData(32, "SIG32")]
    [InlineData(34, "SIGRTMIN")]
    [InlineData(35, "SIGRTMIN+1")]
    [InlineData(64, "SIGRTMIN+30")]
    public void A_signal_has_the_name_that_kill_lists(int number, string name) =>
        Assert.Equal(name, SignalName.Of(number));

    [Fact]
    public void A_name_leads_back_to_its_number() =>
        Assert.All(Enumerable.Range(1, 64), number => Assert.Equal(number, SignalName.NumberOf(SignalName.Of(number))));

    [Fact]
    public void A_name_that_no_signal_has_is_refused() =>
        Assert.Throws<ArgumentException>(() => SignalName.NumberOf("SIGNOT"));

    [Fact]
    public void All_64_names_differ() =>
        Assert.Equal(64, Enumerable.Range(1, 64).Select(SignalName.Of).Distinct().Count());
}
