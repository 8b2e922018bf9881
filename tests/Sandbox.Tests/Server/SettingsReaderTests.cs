using Sandbox.Cli;
using Sandbox.Server.Settings;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class SettingsReaderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void An_option_goes_before_a_variable_and_that_before_the_file()
    {
        var file = File("""{ "slots": 1, "maxWaiting": 1, "keepCount": 1, "listen": ["unix:/a"] }""");

        var settings = Valid(["--slots=3", "--config", file], ("SANDBOX_SERVE_SLOTS", "2"), ("SANDBOX_SERVE_MAX_WAITING", "2"));

        Assert.Equal((3, 2, 1), (settings.Queue.Slots, settings.Queue.MaxWaiting, settings.Retention.Count));
        Assert.Equal(["/a"], settings.Sockets);
    }

    [Fact]
    public void Every_setting_is_taken_from_each_of_the_three()
    {
        foreach (var option in ServeOption.All)
        {
            var text = AnyOf(option.Name);
            var given = Describe(Valid(["--" + option.Name, text]));
            Assert.NotEqual(Describe(Valid([])), given);
            Assert.Equal(given, Describe(Valid([], (option.Variable, text))));
            Assert.Equal(given, Describe(Valid(["--config", File($"{{ \"{option.Member}\": {(option.IsList ? $"[\"{text}\"]" : $"\"{text}\"")} }}")])));
        }
    }

    [Fact]
    public void Every_problem_is_said_at_once()
    {
        var problems = Problems(["--slots", "0", "--grace", "soon", "--listen", "judge.example:80", "--max-limit", "speed=1", "--nothing", "--config", File("""{ "colour": "red", "memory": [] }""")]);

        Assert.Equal(7, problems.Count);
        Assert.Contains(problems, problem => problem.Contains("judge.example:80", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("colour is no setting", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--listen", "unix:relative")]
    [InlineData("--listen", "0.0.0.0:8080")]
    [InlineData("--api", "127.0.0.1:1")]
    [InlineData("--api", "gojudge=127.0.0.1:1")]
    [InlineData("--api", "go-judge=judge:1")]
    [InlineData("--api", "go-judge=127.0.0.1:1,allow=everybody")]
    [InlineData("--api", "go-judge=127.0.0.1:1,host=")]
    [InlineData("--slots", "257")]
    [InlineData("--slots", "-1")]
    [InlineData("--max-body", "1TiB")]
    [InlineData("--keep-age", "1000h")]
    [InlineData("--max-limit", "memory")]
    [InlineData("--max-limit", "memory=0B")]
    [InlineData("--max-limit", "cpus=nan")]
    [InlineData("--default-limit", "memory")]
    [InlineData("--default-limit", "memory=0B")]
    [InlineData("--default-limit", "memory=64MiB\", \"wallTime\": \"1s")]
    [InlineData("--default-limit", "cpus=1e9")]
    [InlineData("--default-limit", "speed=1")]
    [InlineData("--default-limit", "wallTime=11m")]
    [InlineData("--allow", "everything")]
    [InlineData("--allow", "bind=/tmp")]
    [InlineData("--allow", "bind=ro:tmp")]
    [InlineData("--allow", "bind=ro:/")]
    [InlineData("--allow", "file=/no/such/directory")]
    [InlineData("--allow", "file=/etc/passwd")]
    [InlineData("--allow", "device=null")]
    [InlineData("--allow", "network=loopback")]
    [InlineData("--store", "relative")]
    [InlineData("--token-file", "relative")]
    [InlineData("--max-connections", "3")]
    public void What_cannot_be_is_refused(string option, string value) => Assert.NotEmpty(Problems([option, value]));

    [Fact]
    public void What_is_given_twice_is_refused_unless_it_is_a_list()
    {
        Assert.Single(Problems(["--slots", "1", "--slots", "1"]));
        Assert.Equal(["/a", "/b"], Valid(["--listen", "unix:/a", "--listen=unix:/b"]).Sockets);
        Assert.Single(Problems(["--config", File("""{ "slots": 1, "slots": 2 }""")]));
    }

    [Theory]
    [InlineData("127.0.0.1:0", true)]
    [InlineData("127.8.8.8:1", true)]
    [InlineData("[::1]:1", true)]
    [InlineData("localhost:1", true)]
    [InlineData("0.0.0.0:1", false)]
    [InlineData("[::]:1", false)]
    [InlineData("192.0.2.1:1", false)]
    public void A_port_that_others_reach_needs_a_token(string place, bool isLoopback)
    {
        Assert.Equal(isLoopback, Problems(["--listen", place]).Count == 0);
        Assert.Empty(Problems(["--listen", place, "--token-file", "/token"]));
    }

    [Theory]
    [InlineData("127.0.0.1:1", true)]
    [InlineData("0.0.0.0:1", false)]
    [InlineData("0.0.0.0:1,allow=10.0.0.0/8", false)]
    [InlineData("0.0.0.0:1,host=judge", false)]
    [InlineData("0.0.0.0:1,allow=10.0.0.0/8,allow=fd00::/8,host=judge", true)]
    public void Another_api_that_others_reach_needs_a_token_or_networks_and_a_name(string place, bool isFine)
    {
        var option = "go-judge=" + place;

        Assert.Equal(isFine, Problems(["--api", option]).Count == 0);
        Assert.Empty(Problems(["--api", option, "--token-file", "/token"]));
        var front = Assert.Single(Valid(["--token-file", "/token"], ("SANDBOX_SERVE_API", option)).Fronts);
        Assert.Equal((option, place.Contains("allow=", StringComparison.Ordinal) && place.Contains("host=", StringComparison.Ordinal)), (front.ToString(), front.NeedsNoToken));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{ "slots": true }""")]
    [InlineData("""{ "listen": "unix:/a" }""")]
    public void A_file_that_is_none_is_refused(string content) => Assert.NotEmpty(Problems(["--config", File(content)]));

    [Fact]
    public void A_file_that_is_not_there_is_refused() => Assert.Single(Problems(["--config", _directory.Path + "/nothing"]));

    [Fact]
    public void A_maximum_bounds_one_limit_and_leaves_the_others()
    {
        var maximum = Valid(["--max-limit", "memory=64MiB", "--max-limit", "processes=3"]).Maximum;

        Assert.Equal((64L << 20, 3, new ServerSettings().Maximum.WallTime), (maximum.MemoryBytes, maximum.Processes, maximum.WallTime));
    }

    [Fact]
    public void A_default_is_for_one_limit_and_none_leaves_it_to_the_maximum()
    {
        var settings = Valid(["--default-limit", "wallTime=3s", "--default-limit", "memory=none", "--default-limit", "cpus=0.5", "--default-limit", "processes=7"]);

        Assert.Equal((TimeSpan.FromSeconds(3), null, 0.5, 7, new ResourceLimits().OpenFiles), (settings.Default.WallTime, settings.Default.MemoryBytes, settings.Default.Cpus, settings.Default.Processes, settings.Default.OpenFiles));
    }

    [Fact]
    public void The_page_has_every_setting()
    {
        var page = Repository.Read("docs/serve.md");

        Assert.All(ServeOption.All, option => Assert.Contains($"| `--{option.Name} {option.Value}` | {option.Help} |", page, StringComparison.Ordinal));
    }

    [Fact]
    public void The_command_has_the_same_options()
    {
        var settings = ServeOption.All.Select(option => (option.Name, (string?)option.Value, option.Help));

        Assert.Equal(settings, ServeCommand.Command.Options.Where(option => option.Name is not (ServeOption.Config or ServeCommand.Explain)).Select(option => (option.Name, option.Value, option.Help)));
    }

    private string AnyOf(string name) => name switch
    {
        "listen" => "unix:/here/s",
        "api" => "go-judge=127.0.0.1:5050",
        "runtimes" => Repository.PathOf("tests/Sandbox.Tests/Server/Fronts/runtimes.json"),
        "judge0-conf" => PrivateFile("NUMBER_OF_RUNS=3\n"),
        "callback" => "10.0.0.0/8",
        "callback-key" => PrivateFile("0123456789abcdef0123456789abcdef\n"),
        "token-file" => "/here/token",
        "tls-certificate" or "tls-key" or "tls-client-ca" => "/here/pem",
        "log-level" => "debug",
        "max-connections" => "99",
        "slots" => "77",
        "max-waiting" or "keep-count" => "7",
        "memory" or "max-body" or "keep-bytes" or "files-bytes" => "1MiB",
        "grace" or "keep-age" or "files-age" => "7s",
        "max-limit" or "default-limit" => "memory=7MiB",
        "allow" => "bind=ro:/tmp",
        "cgroup" => "none",
        "lease-cores" => "0",
        "store" or "state" => "/tmp",
        "state-sync" => "none",
        _ => throw new InvalidOperationException(name),
    };

    private string PrivateFile(string content)
    {
        var path = File(content);
        System.IO.File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private string File(string content)
    {
        var path = Path.Combine(_directory.Path, Guid.NewGuid().ToString("N"));
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    private static string Describe(ServerSettings settings) => $"{string.Join(",", settings.Sockets)} {string.Join(",", settings.TokenFiles)} {string.Join(",", settings.Fronts)} {string.Join(",", settings.Callbacks)} {settings with { Sockets = [], TokenFiles = [], Fronts = [], Callbacks = [] }}";

    private static ServerSettings Valid(string[] arguments, params (string Name, string Value)[] variables)
    {
        var (settings, problems) = Read(arguments, variables);
        Assert.Empty(problems);
        return settings;
    }

    private static IReadOnlyList<string> Problems(string[] arguments) => Read(arguments, []).Problems;

    private static (ServerSettings Settings, IReadOnlyList<string> Problems) Read(string[] arguments, (string Name, string Value)[] variables) =>
        SettingsReader.Read(arguments, name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
