using Sandbox.Server.Settings;
using Sandbox.Server.Settings.Explaining;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class ExplainCommandTests
{
    private static readonly Dictionary<string, string> s_none = [];

    [Fact]
    public void A_command_line_of_go_judge_becomes_options()
    {
        var lines = new List<string>();

        var status = ExplainCommand.Run(["ES_OPEN_FILE_LIMIT=512", "/opt/go-judge", "-http-addr", ":5050", "--parallelism=4", "-auth-token", "secret-of-somebody", "-src-prefix=/srv/a,/srv/b", "-enable-grpc", "-file-timeout", "30m", "-tmp-fs-param", "size=64m,nr_inodes=4k", "-silent"], s_none, lines.Add);

        Assert.Equal(0, status);
        Assert.Equal("sandbox serve --max-limit openFiles=512 --api go-judge=127.0.0.1:5050 --slots 4 --token-file FILE --allow file=/srv/a --allow file=/srv/b --files-age 30m --max-limit disk=64MiB --log-level none", lines[^1]);
        Assert.Contains(lines, static line => line.StartsWith("-enable-grpc: nothing (gRPC is not spoken)", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, static line => line.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public void The_environment_of_piston_becomes_options_and_limits_of_a_runtimes_file()
    {
        var lines = new List<string>();

        var status = ExplainCommand.Run(["docker run -e PISTON_RUN_TIMEOUT=5000 piston"], new Dictionary<string, string> { ["PISTON_BIND_ADDRESS"] = "0.0.0.0:2000", ["PISTON_RUN_TIMEOUT"] = "1", ["PISTON_RUN_MEMORY_LIMIT"] = "-1", ["HOME"] = "/" }, lines.Add);

        Assert.Equal(0, status);
        Assert.Contains("sandbox serve --api piston=127.0.0.1:2000", lines);
        Assert.Equal("\"limits\": { \"runTimeoutMs\": 5000 }", lines[^1]);
        Assert.Contains(lines, static line => line.StartsWith("PISTON_RUN_MEMORY_LIMIT=-1: nothing", StringComparison.Ordinal));
    }

    [Fact]
    public void What_no_such_judge_has_is_said_and_nothing_is_a_usage()
    {
        var lines = new List<string>();

        Assert.Equal(2, ExplainCommand.Run(["go-judge", "-no-such-flag=1", "PISTON_WAT=1"], s_none, lines.Add));
        Assert.Equal(["-no-such-flag: not known", "PISTON_WAT: not known"], lines);
        Assert.Equal(2, ExplainCommand.Run([], s_none, lines.Add));
        Assert.StartsWith("usage: ", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_is_explained_and_its_options_are_taken()
    {
        Assert.All(GoJudgeConfiguration.Settings.Concat(PistonConfiguration.Settings), static setting =>
        {
            foreach (var value in (string[])["1", "127.0.0.1:5050", "64m", "size=64m", "10m", "/usr", "INFO", "true", "", "\u202e'"])
            {
                var explained = setting.Explain(value);
                Assert.True(explained.Options.Count > 0 || explained.Limit is not null || explained.Note.Length > 0 || value is not "1", $"{setting.Name}={value}");
                if (explained.Options.Count > 0 && value is "1" or "127.0.0.1:5050" or "64m" or "10m" or "INFO" && !setting.IsSecret && !IsPath(setting.Name) && !explained.Options.Contains("--api"))
                {
                    Assert.Empty(SettingsReader.Read(explained.Options, static _ => null).Problems);
                }
            }
        });
    }

    private static bool IsPath(string name) => name is "dir" or "src-prefix";
}
