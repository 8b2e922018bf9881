using Sandbox.Planning;
using Sandbox.Tests.Planning;
using Xunit;

namespace Sandbox.Tests.Diff;

public sealed class OverlayUpperTests
{
    [Fact]
    public void Overlays_are_numbered_as_the_launcher_numbers_them_and_only_writable_ones_are_told()
    {
        var plan = Plans.Of(
            """
            {
              "command": ["true"],
              "rootfs": "empty",
              "mounts": [
                { "type": "bind", "source": "data", "target": "/data" },
                { "type": "tmpfs", "target": "/data/missing" },
                { "type": "overlay", "source": "src", "target": "/src" },
                { "type": "overlay", "source": "here", "target": "/src/here" }
              ]
            }
            """);

        var uppers = OverlayUpper.AllOf(plan);

        Assert.Equal([("overlay1", "/src", "/mounts/2"), ("overlay2", "/src/here", "/mounts/3")], uppers.Select(upper => (upper.Directory, upper.Target, upper.Origin)));
        Assert.Equal(["/jobs/src"], uppers[0].LowerDirectories);
    }

    [Fact]
    public void What_the_plan_puts_into_an_overlay_is_given()
    {
        var plan = Plans.Of(
            """
            {
              "command": ["true"],
              "rootfs": "empty",
              "mounts": [
                { "type": "overlay", "source": "src", "target": "/src" },
                { "type": "tmpfs", "target": "/src/a/b" },
                { "type": "symlink", "source": "there", "target": "/src/link" }
              ],
              "files": { "/src/c/file": { "text": "x" }, "/srcs": { "text": "" } }
            }
            """);

        var given = Assert.Single(OverlayUpper.AllOf(plan)).Given;

        Assert.Equal(["a", "a/b", "c", "c/file", "link"], given.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("there", given["link"].Link);
        Assert.Equal("/src/c/file", given["c/file"].File?.Target);
        Assert.True(given["a"].IsPlace && given["a/b"].IsPlace && given["c"].IsPlace);
    }
}
