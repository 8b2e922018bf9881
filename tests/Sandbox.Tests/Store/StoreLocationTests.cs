using Sandbox.Store;
using Xunit;

namespace Sandbox.Tests.Store;

public sealed class StoreLocationTests
{
    [Theory]
    [InlineData(1000, "/home/me/.local/share/sandbox", "HOME=/home/me")]
    [InlineData(1000, "/data/sandbox", "HOME=/home/me", "XDG_DATA_HOME=/data")]
    [InlineData(1000, "/home/me/.local/share/sandbox", "HOME=/home/me", "XDG_DATA_HOME=data")]
    [InlineData(1000, "/store", "HOME=/home/me", "XDG_DATA_HOME=/data", "SANDBOX_STORE=/store")]
    [InlineData(0, "/var/lib/sandbox", "HOME=/home/me", "XDG_DATA_HOME=/data")]
    [InlineData(0, "/store", "SANDBOX_STORE=/store")]
    public void The_place_follows_from_the_environment_and_the_user(uint uid, string expected, params string[] variables)
    {
        var directory = StoreLocation.Of(name => Value(variables, name), uid);

        Assert.Equal(expected, directory);
    }

    [Theory]
    [InlineData("SANDBOX_STORE", "SANDBOX_STORE=relative", "HOME=/home/me")]
    [InlineData("HOME")]
    public void Without_an_absolute_path_there_is_no_place(string expected, params string[] variables)
    {
        var refused = Assert.Throws<SandboxException>(() => StoreLocation.Of(name => Value(variables, name), 1000));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    private static string? Value(string[] variables, string name) =>
        variables.FirstOrDefault(variable => variable.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
}
