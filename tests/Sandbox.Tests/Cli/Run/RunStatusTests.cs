using Sandbox.Cli.Run;
using Sandbox.Tests.Jobs;
using Xunit;

namespace Sandbox.Tests.Cli.Run;

public sealed class RunStatusTests
{
    private const int SigTerm = 15;

    [Theory]
    [InlineData(Verdict.Ok, 0)]
    [InlineData(Verdict.CpuTimeLimit, 124)]
    [InlineData(Verdict.WallTimeLimit, 124)]
    [InlineData(Verdict.IdleLimit, 124)]
    [InlineData(Verdict.MemoryLimit, 124)]
    [InlineData(Verdict.OutputLimit, 124)]
    [InlineData(Verdict.FileSizeLimit, 124)]
    [InlineData(Verdict.PolicyViolation, 159)]
    [InlineData(Verdict.ExecFailed, 126)]
    [InlineData(Verdict.OutputError, 125)]
    [InlineData(Verdict.Cancelled, 143)]
    [InlineData(Verdict.SetupError, 125)]
    [InlineData(Verdict.InternalError, 125)]
    public void A_verdict_has_its_status(Verdict verdict, int status) =>
        Assert.Equal(status, RunStatus.Of(Results.Plain with { Verdict = verdict, ExitCode = 0 }, SigTerm));

    [Fact]
    public void No_verdict_but_ok_is_status_0()
    {
        var others = Enum.GetValues<Verdict>().Where(verdict => verdict is not (Verdict.Ok or Verdict.ExitCode or Verdict.Signal));

        Assert.All(others, verdict => Assert.NotEqual(0, RunStatus.Of(Results.Plain with { Verdict = verdict, ExitCode = 0 }, SigTerm)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(124)]
    [InlineData(255)]
    public void An_exit_code_is_the_status(int code) =>
        Assert.Equal(code, RunStatus.Of(Results.Plain with { Verdict = Verdict.ExitCode, ExitCode = code }, SigTerm));

    [Theory]
    [InlineData("SIGHUP", 129)]
    [InlineData("SIGKILL", 137)]
    [InlineData("SIGSEGV", 139)]
    [InlineData("SIGRTMIN+30", 192)]
    public void A_signal_is_128_and_its_number(string signal, int status) =>
        Assert.Equal(status, RunStatus.Of(Results.Plain with { Verdict = Verdict.Signal, ExitCode = null, Signal = signal }, SigTerm));

    [Fact]
    public void A_command_that_does_not_exist_is_127() =>
        Assert.Equal(127, RunStatus.Of(Results.Plain with { Verdict = Verdict.ExecFailed, CommandNotFound = true }, SigTerm));
}
