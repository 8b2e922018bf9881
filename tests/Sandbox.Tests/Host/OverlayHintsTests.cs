using Sandbox.Execution;
using Sandbox.Host;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Xunit;

namespace Sandbox.Tests.Host;

public sealed class OverlayHintsTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    public OverlayHintsTests()
    {
        Directory.CreateDirectory(_root.Path + "/proc/self");
        Directory.CreateDirectory(_root.Path + "/srv/app/data here");
        Directory.CreateDirectory(_root.Path + "/srv/app2");
        Directory.CreateSymbolicLink(_root.Path + "/link", "srv/app");
        File.WriteAllLines(_root.Path + "/proc/self/mountinfo", [
            "22 1 254:0 / / rw - ext4 /dev/root rw",
            "23 22 0:5 / /srv/app rw - tmpfs t rw",
            @"24 23 0:6 / /srv/app/data\040here rw - tmpfs t rw",
            "25 22 0:7 / /srv/app2x rw - tmpfs t rw",
        ]);
    }

    [Theory]
    [InlineData("/srv/app", true)]
    [InlineData("/link", true)]
    [InlineData("/srv", true)]
    [InlineData("/srv/app/data here", false)]
    [InlineData("/srv/app2", false)]
    [InlineData("/nowhere", false)]
    public void The_mount_below_is_named(string source, bool hasMounts)
    {
        var hint = Hint(new OverlayStep(source, "/work", "/mounts/0"), "EINVAL");

        Assert.Equal(hasMounts, hint is not null);
        if (hasMounts)
        {
            Assert.Contains(source == "/srv" ? "/srv/app is a mount" : "\"/srv/app/data here\" is a mount", hint, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_overlay_that_nobody_asked_for_is_explained() =>
        Assert.Contains("put below /data", Hint(new OverlayStep("/srv/app", "/data", "/mounts/0") { ReadOnly = true }, "EINVAL"), StringComparison.Ordinal);

    [Fact]
    public void Layers_of_a_root_are_looked_at_too() =>
        Assert.Contains("is a mount", OverlayHints.For(new LayeredRootStep(false, ""), [new LayerStep("/srv/app", "")], "EINVAL", Files), StringComparison.Ordinal);

    [Fact]
    public void Another_failure_has_another_reason()
    {
        Assert.Null(Hint(new OverlayStep("/srv/app", "/work", ""), "EACCES"));
        Assert.Null(Hint(new BindStep("/srv/app", "/work", ""), "EINVAL"));
    }

    public void Dispose() => _root.Dispose();

    private HostFiles Files => new(_root.Path);

    private string? Hint(PlanStep step, string errno) => OverlayHints.For(step, [], errno, Files);
}
