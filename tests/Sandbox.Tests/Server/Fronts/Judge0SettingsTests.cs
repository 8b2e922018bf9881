using Sandbox.Server.Fronts.Judge0;
using Sandbox.Server.Settings;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

public sealed class Judge0SettingsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_configuration_of_judge0_is_read_as_it_is()
    {
        var settings = Judge0Settings.Parse("# comment\nMAX_QUEUE_SIZE=\nCPU_TIME_LIMIT=2.5\nMAX_CPU_TIME_LIMIT = \"30\"\nENABLE_SUBMISSION_DELETE=true\nENABLE_WAIT_RESULT=false\nAUTHN_HEADER=X-Key\nAUTHN_TOKEN=one two\nAUTHZ_TOKEN=three\nREDIS_PASSWORD=secret\nMAINTENANCE_MODE=true\nMAINTENANCE_MESSAGE=back soon\nALLOWED_LANGUAGES_FOR_COMPILER_OPTIONS=C C++\n");

        Assert.Equal((null, 2.5m, 30m, true, false, "X-Key", true, "back soon"), (settings.MostQueued, settings.CpuTime, settings.MostCpuTime, settings.CanDelete, settings.CanWait, settings.AuthenticationHeader, settings.IsInMaintenance, settings.MaintenanceMessage));
        Assert.Equal(["one", "two"], settings.AuthenticationTokens);
        Assert.Equal(["three"], settings.AuthorizationTokens);
        Assert.Equal(["C", "C++"], settings.CompilerOptionLanguages);
    }

    [Theory]
    [InlineData("CPU_TIME_LIMTI=2", "CPU_TIME_LIMTI")]
    [InlineData("CPU_TIME_LIMIT=many", "CPU_TIME_LIMIT")]
    [InlineData("ENABLE_CALLBACKS=yes", "neither true nor false")]
    [InlineData("CALLBACKS_MAX_TRIES=9", "from 1 to 3")]
    [InlineData("ALLOW_IP=10.0.0.1", "allow=CIDR")]
    [InlineData("AUTHN_HEADER=a:b", "name of a header")]
    [InlineData("nothing", "no setting")]
    public void What_it_cannot_mean_is_said_without_its_value(string text, string said)
    {
        var wrong = Assert.Throws<FormatException>(() => Judge0Settings.Parse(text)).Message;

        Assert.Contains(said, wrong, StringComparison.Ordinal);
        Assert.DoesNotContain("many", wrong, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_nobody_elses_to_read_and_its_tokens_open_a_port_to_others()
    {
        var path = _directory.Write("judge0.conf", "AUTHN_TOKEN=0123456789abcdef0123456789abcdef\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b110_100_100);
        string[] arguments = ["--api", "judge0=0.0.0.0:2358", "--judge0-conf", path];

        Assert.Contains(SettingsReader.Read(arguments, static _ => null).Problems, static problem => problem.Contains("chmod 600", StringComparison.Ordinal));
        File.SetUnixFileMode(path, (UnixFileMode)0b110_000_000);
        Assert.Empty(SettingsReader.Read(arguments, static _ => null).Problems);
        Assert.Single(SettingsReader.Read(["--api", "judge0=0.0.0.0:2358"], static _ => null).Problems);
        Assert.Single(SettingsReader.Read([.. arguments, "--api", "piston=0.0.0.0:2000"], static _ => null).Problems);
    }

    [Fact]
    public void A_key_of_callbacks_is_private_and_long_enough()
    {
        var path = _directory.Write("key", "short\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b110_000_000);
        string[] arguments = ["--callback", "10.0.0.0/8", "--callback-key", path];

        Assert.Contains(SettingsReader.Read(arguments, static _ => null).Problems, static problem => problem.Contains("20 bytes", StringComparison.Ordinal));
        File.WriteAllText(path, "0123456789abcdef0123456789abcdef\n");
        var (settings, problems) = SettingsReader.Read(arguments, static _ => null);
        Assert.Empty(problems);
        Assert.Equal((1, 32), (settings.Callbacks.Count, settings.CallbackKey!.Length));
        Assert.Single(SettingsReader.Read(["--callback", "example.org"], static _ => null).Problems);
    }
}
