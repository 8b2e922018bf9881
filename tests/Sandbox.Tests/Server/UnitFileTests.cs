using System.Diagnostics;
using Sandbox.Server.Handover;
using Xunit;

namespace Sandbox.Tests.Server;

/// <summary>The units in packaging/systemd.</summary>
public sealed class UnitFileTests : IDisposable
{
    private const string Directory = "packaging/systemd";

    private static readonly (string Name, string Value)[] s_needed = [("Type", "notify"), ("Delegate", "yes"), ("KillMode", "mixed"), ("OOMPolicy", "continue"), ("ExecStart", "sandbox serve")];

    // Jobs inherit it, or the sandbox cannot make their namespaces and mounts (systemd.exec(5)).
    private static readonly string[] s_restrictions =
    [
        "NoNewPrivileges", "SystemCall", "Restrict", "Protect", "Private", "CapabilityBoundingSet", "MemoryDenyWriteExecute", "LockPersonality", "DynamicUser", "ReadOnlyPaths", "InaccessiblePaths",
        "SecureBits",
    ];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("user/sandbox.service")]
    [InlineData("system/sandbox.service")]
    public void A_service_tells_that_it_is_ready_and_restricts_nothing(string unit)
    {
        var settings = Settings(unit);

        Assert.All(s_needed, needed => Assert.Equal(needed.Value, settings.Single(setting => setting.Name == needed.Name).Value));
        Assert.DoesNotContain(settings, static setting => s_restrictions.Any(word => setting.Name.StartsWith(word, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_sockets_are_where_the_command_looks_and_the_users_alone()
    {
        var settings = Settings("user/sandbox.socket");

        Assert.Equal(["%t/sandbox.sock", "%t/sandbox.sock" + HandoverServer.Suffix], settings.Where(static setting => setting.Name == "ListenStream").Select(static setting => setting.Value));
        Assert.Equal("0600", settings.Single(static setting => setting.Name == "SocketMode").Value);
    }

    // systemd 250 or later knows all of it; what is not installed is not its fault.
    [Theory]
    [InlineData("user/sandbox.service")]
    [InlineData("user/sandbox.socket")]
    [InlineData("system/sandbox.service")]
    public void Systemd_has_nothing_to_say_against_it(string unit)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "needs systemd-analyze");
        string[] scope = unit.StartsWith("user/", StringComparison.Ordinal) ? ["--user"] : [];
        var run = new ProcessStartInfo("/usr/bin/systemd-analyze", [.. scope, "--man=no", "verify", Repository.PathOf($"{Directory}/{unit}")]) { RedirectStandardError = true };
        run.Environment["XDG_RUNTIME_DIR"] = _directory.Path;

        using var verify = Process.Start(run)!;
        var said = verify.StandardError.ReadToEnd();

        Assert.DoesNotContain(said.Split('\n', StringSplitOptions.RemoveEmptyEntries), static line => !line.Contains("Command sandbox is not executable", StringComparison.Ordinal));
    }

    private static List<(string Name, string Value)> Settings(string unit) =>
        [.. Repository.Read($"{Directory}/{unit}").Split('\n').Where(static line => line.Contains('=', StringComparison.Ordinal) && line[0] != '#').Select(static line => (line[..line.IndexOf('=', StringComparison.Ordinal)], line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]))];
}
