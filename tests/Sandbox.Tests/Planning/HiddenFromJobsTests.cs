using Sandbox.Host;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Xunit;

namespace Sandbox.Tests.Planning;

/// <summary>No bind is a way to the socket of a job host.</summary>
public sealed class HiddenFromJobsTests
{
    [Theory]
    [InlineData("/srv", "/x", "/x/host/in")]
    [InlineData("/srv/host", "/x/y", "/x/y/in")]
    [InlineData("/link", "/x", "/x/host/in")]
    public void What_lies_below_a_read_only_bind_is_covered_at_once(string source, string target, string covered)
    {
        var steps = Plan($$"""{ "type": "bind", "source": "{{source}}", "target": "{{target}}" }, { "type": "tmpfs", "target": "/after" }""").Steps.ToList();
        var bind = steps.FindIndex(step => step is BindStep mount && mount.Target == target);

        var cover = Assert.IsType<MaskStep>(steps[bind + 1]);
        Assert.Equal((covered, "/mounts/0", target), (cover.Target, cover.Origin, cover.Mount));
        Assert.Equal((8UL, 71UL, (ulong)target.Length), (cover.Fields.Value0, cover.Fields.Value1, cover.Fields.Value2));
        Assert.Single(steps.OfType<MaskStep>(), step => step.Hides is not null);
    }

    [Theory]
    [InlineData("""{ "type": "bind", "source": "/srv/host/in", "target": "/x" }""", "/mounts/0/source")]
    [InlineData("""{ "type": "bind", "source": "/srv/host/in/s", "target": "/x" }""", "/mounts/0/source")]
    [InlineData("""{ "type": "bind", "source": "/hard", "target": "/x" }""", "/mounts/0/source")]
    [InlineData("""{ "type": "bind", "source": "/srv/host", "target": "/x", "writable": true }""", "/mounts/0/writable")]
    [InlineData("""{ "type": "bind", "source": "/link", "target": "/x", "writable": true }""", "/mounts/0/writable")]
    [InlineData("""{ "type": "overlay", "source": "/usr", "target": "/x", "upper": "/srv" }""", "/mounts/0/upper")]
    [InlineData("""{ "type": "overlay", "source": "/usr", "target": "/x", "upper": "/srv/host/in" }""", "/mounts/0/upper")]
    public void A_bind_of_it_and_a_writable_one_above_it_are_refused(string mount, string pointer)
    {
        var problem = Assert.Single(Assert.Throws<InvalidJobException>(() => Plan(mount)).Problems);

        Assert.Equal(pointer, problem.Pointer);
        Assert.Contains("belongs to a job host", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "type": "bind", "source": "/srv/host/in/below", "target": "/x", "writable": true }""")]
    [InlineData("""{ "type": "bind", "source": "/srv/beside", "target": "/x", "writable": true }""")]
    [InlineData("""{ "type": "overlay", "source": "/srv", "target": "/x" }""")]
    public void What_does_not_show_it_is_as_without(string mount) =>
        Assert.DoesNotContain(Plan(mount).Steps.OfType<MaskStep>(), step => step.Hides is not null);

    // Nothing above can be moved: the cover stays, and so does that over what is inside.
    [Theory]
    [InlineData("/srv", "/x/host/in")]
    [InlineData("/srv/host", "/x/in")]
    public void What_nobody_can_move_is_covered_below_a_writable_bind_too(string source, string covered)
    {
        HiddenPlace[] places = [new("/srv/host/in", 8, 71) { IsFixed = true }, new("/srv/host/in/hosts", 8, 73) { IsWhole = true }];
        var plan = Plans.Of($$"""{ "command": ["true"], "mounts": [{ "type": "bind", "source": "{{source}}", "target": "/x", "writable": true }] }""", Context() with { Hidden = places });

        Assert.Equal(covered, Assert.Single(plan.Steps.OfType<MaskStep>(), step => step.Hides is not null).Target);
        Assert.Throws<InvalidJobException>(() => Plans.Of(
            $$"""{ "command": ["true"], "mounts": [{ "type": "bind", "source": "{{source}}", "target": "/x", "writable": true }] }""",
            Context() with { Hidden = [.. places, new("/srv/host/other", 8, 74)] }));
    }

    [Fact]
    public void A_root_that_is_a_directory_is_covered_and_a_device_is_no_way()
    {
        var context = Context() with { Hidden = [new("/srv/debian/usr/in", 8, 70)] };

        var plan = Plans.Of("""{ "command": ["true"], "rootfs": { "directory": "/srv/debian" } }""", context);
        var device = Assert.Throws<InvalidJobException>(() => Plans.Of("""{ "command": ["true"], "devices": ["/hard"] }""", Context()));

        Assert.Equal("/usr/in", Assert.Single(plan.Steps.OfType<MaskStep>(), step => step.Hides is not null).Target);
        Assert.Equal("/devices/0", Assert.Single(device.Problems).Pointer);
    }

    private static SandboxPlan Plan(string mounts) => Plans.Of($$"""{ "command": ["true"], "mounts": [{{mounts}}] }""", Context());

    private static PlanContext Context() => Plans.Context(new LinkedHost { MountsBelow = null }
            .Directory("/usr", "/srv", "/srv/beside", "/srv/host", "/srv/host/in", "/srv/host/in/below", "/srv/debian", "/srv/debian/usr", "/srv/debian/etc").Link("/link", "/srv")) with
    {
        Hidden = [new("/srv/host/in", 8, 71), new("/srv/host/in/s", 8, 72)],
    };

    private sealed class LinkedHost : PaperHost
    {
        public override (ulong Device, ulong Inode)? Identity(string path) => path == "/hard" ? (8, 72) : null;
    }
}
