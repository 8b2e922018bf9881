using Xunit;

namespace Sandbox.Tests.Cli.Run;

public sealed class NpmRetriesTests
{
    private const string Name = "npm_config_fetch_retries";

    [Theory]
    [InlineData("npm", "ci")]
    [InlineData("sh", "-c", "cd app && npm ci")]
    [InlineData("/usr/bin/npx", "tsc")]
    [InlineData("pnpm", "install")]
    public void Npm_does_not_try_in_vain_without_a_network(params string[] command)
    {
        Assert.Equal("0", Request.OfWords(["--", .. command]).Job.Env[Name]);
        Assert.False(Request.OfWords(["--network", "host", "--", .. command]).Job.Env.ContainsKey(Name));
        Assert.Equal("5", Request.OfWords(["-e", Name + "=5", "--", .. command]).Job.Env[Name]);
    }

    [Theory]
    [InlineData("node", "x.js")]
    [InlineData("cat", "npm.log", "x-npm", "npmrc")]
    public void Other_commands_are_left_alone(params string[] command) =>
        Assert.Empty(Request.OfWords(["--", .. command]).Job.Env);
}
