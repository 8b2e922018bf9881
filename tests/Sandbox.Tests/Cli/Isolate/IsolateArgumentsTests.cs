using Sandbox.Cli.Isolate;
using Xunit;

namespace Sandbox.Tests.Cli.Isolate;

/// <summary>The command line of isolate is read as getopt_long(3) does it.</summary>
public sealed class IsolateArgumentsTests
{
    private static IsolateRequest Read(params string[] words) =>
        IsolateArguments.Parse(words, out var problem) ?? throw new InvalidOperationException(problem);

    private static string Problem(params string[] words)
    {
        Assert.Null(IsolateArguments.Parse(words, out var problem));
        return problem;
    }

    [Fact]
    public void A_value_is_attached_or_the_next_word()
    {
        Assert.Equal(12, Read("-b12", "--init").Box);
        Assert.Equal(12, Read("-b", "12", "--init").Box);
        Assert.Equal(12, Read("--box-id=12", "--init").Box);
        Assert.Equal(12, Read("--box-id", "12", "--init").Box);
        Assert.Equal("--init", Read("-M", "--init", "--run", "x").Meta);
    }

    [Fact]
    public void The_number_of_processes_has_to_be_attached()
    {
        Assert.Equal(60, Read("-p60", "--run", "x").Processes);
        Assert.Equal(60, Read("--processes=60", "--run", "x").Processes);
        Assert.Equal(0, Read("-p", "--run", "x").Processes);
        Assert.Equal(1, Read("--run", "x").Processes);
        var separate = Read("--run", "--processes", "60");
        Assert.Equal(0, separate.Processes);
        Assert.Equal(["60"], separate.Program);
    }

    [Fact]
    public void Options_stand_before_and_behind_the_command_until_two_dashes()
    {
        var request = Read("--run", "-t", "1", "/bin/echo", "--wall-time=2", "a", "--", "-t", "5");

        Assert.Equal((1000L, 2000L), (request.Time, request.WallTime));
        Assert.Equal(["/bin/echo", "a", "-t", "5"], request.Program);
    }

    [Fact]
    public void Letters_can_be_joined()
    {
        var request = Read("-evvst2.5", "--run", "x");

        Assert.True(request.InheritsEnvironment && request.IsSilent);
        Assert.Equal((2, 2500L), (request.Verbosity, request.Time));
    }

    [Fact]
    public void The_beginning_of_a_long_name_is_enough()
    {
        Assert.Equal(3, Read("--proc=3", "--run", "x").Processes);
        Assert.Equal(IsolateAction.Init, Read("--ini").Action);
        Assert.StartsWith("option '--std' is ambiguous", Problem("--std=x", "--run", "x"), StringComparison.Ordinal);
        Assert.Equal(5000L, Read("--time=5", "--run", "x").Time);
    }

    [Theory]
    [InlineData("option '--silent' doesn't allow an argument", "--silent=1", "--init")]
    [InlineData("option '--meta' requires an argument", "--run", "x", "--meta")]
    [InlineData("option requires an argument -- 'b'", "--init", "-b")]
    [InlineData("unrecognized option '--nonsense'", "--nonsense", "--init")]
    [InlineData("invalid option -- 'z'", "-z", "--init")]
    [InlineData("Invalid numeric parameter: x", "-bx", "--init")]
    [InlineData("Invalid numeric parameter: -1", "-m", "-1", "--run", "x")]
    [InlineData("Numeric parameter out of range: 2147483648", "-b2147483648", "--init")]
    [InlineData("Invalid numeric parameter: 1s", "-t1s", "--run", "x")]
    [InlineData("Numeric parameter out of range: -1", "-t-1", "--run", "x")]
    [InlineData("Invalid directory rule specified: a=b", "--dir=a=b", "--run", "x")]
    [InlineData("Invalid directory rule specified: a/../b", "--dir=a/../b", "--run", "x")]
    [InlineData("Unknown directory option ro", "--dir=a:ro", "--run", "x")]
    [InlineData("Please specify an isolate command (e.g. --init, --run).")]
    [InlineData("Please specify an isolate command (e.g. --init, --run).", "-b", "1")]
    [InlineData("--run mode requires a command to run", "--run", "--")]
    [InlineData("--init mode takes no parameters", "--init", "x")]
    [InlineData("--cleanup mode takes no parameters", "--cleanup", "--", "x")]
    [InlineData("Only one command is allowed.", "--init", "--cleanup")]
    [InlineData("Options related to control groups require --cg to be set.", "--cg-mem=1000", "--run", "x")]
    [InlineData("Invalid quota specified: 5", "-q5", "--init")]
    [InlineData("Invalid numeric parameter: ", "--quota=5,", "--init")]
    public void A_mistake_is_told(string problem, params string[] words) => Assert.Equal(problem, Problem(words));

    [Fact]
    public void What_Judge0_sends_is_understood()
    {
        var request = Read("--cg", "-s", "-b", "1234567890", "-M", "/box/meta", "--stderr-to-stdout", "-i", "/dev/null", "-t", "15.0", "-x", "0", "-w", "20.0", "-k", "128000", "-p120",
            "--cg-timing", "--cg-mem=512000", "-f", "4096", "-E", "HOME=/tmp", "-E", "PATH=/usr/bin", "-E", "LANG", "-d", "/etc:noexec", "--run", "--", "/bin/bash", "run.sh");

        Assert.Equal((1234567890, 15000L, 20000L, 128000L, 120L, 512000L, 4096L), (request.Box, request.Time, request.WallTime, request.Stack, request.Processes, request.GroupMemory, request.FileSize));
        Assert.Equal(["HOME=/tmp", "PATH=/usr/bin", "LANG"], request.Variables);
        Assert.Equal(["/bin/bash", "run.sh"], request.Program);
        Assert.NotNull(IsolateArguments.Parse(["--no-cg-timing", "--run", "x"], out _));
    }

    [Fact]
    public void A_fraction_of_a_millisecond_is_not_no_limit() => Assert.Equal(1, Read("-t", "0.0001", "--run", "x").Time);
}
