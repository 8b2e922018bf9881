using System.Diagnostics;
using Sandbox.Interop;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

/// <summary>A D-Bus daemon of the test's own, on a socket in a temporary directory.</summary>
internal sealed class PrivateBus : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Process _daemon;

    public PrivateBus()
    {
        Assert.SkipUnless(Path.Exists("/usr/bin/dbus-daemon"), "needs dbus-daemon");
        // Its own configuration, because the one of --session knows services that it would start.
        var configuration = _directory.Write(
            "bus.conf",
            $"""
            <busconfig>
              <type>session</type>
              <listen>{Address}</listen>
              <policy context="default"><allow send_destination="*"/><allow receive_type="*"/><allow own="*"/></policy>
            </busconfig>
            """);
        string[] arguments = ["--nofork", "--print-address", $"--config-file={configuration}"];
        _daemon = Process.Start(new ProcessStartInfo("/usr/bin/dbus-daemon", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true, // where it regrets its own limits
        })!;
        // It prints once it listens.
        Assert.NotNull(_daemon.StandardOutput.ReadLine());
    }

    public string Socket => $"{_directory.Path}/bus";

    public string Address => $"unix:path={Socket}";

    public BusFinder Finder() => new(name => name == "XDG_RUNTIME_DIR" ? _directory.Path : null, "/nowhere", Libc.EffectiveUid());

    public void Dispose()
    {
        _daemon.Kill();
        _daemon.WaitForExit();
        _daemon.Dispose();
        _directory.Dispose();
    }
}
