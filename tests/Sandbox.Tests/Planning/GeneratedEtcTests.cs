using System.Text;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Resources.Roots;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class GeneratedEtcTests
{
    [Theory]
    [InlineData("root:x:0:0::/:/bin/sh\n", "root:x:0:0::/:/bin/sh\njob:x:1000:1000:job:/work:/bin/sh\n")]
    [InlineData("root:x:0:0::/:/bin/sh", "root:x:0:0::/:/bin/sh\njob:x:1000:1000:job:/work:/bin/sh\n")]
    [InlineData("me:x:10001:1000::/:\n", "me:x:10001:1000::/:\njob:x:1000:1000:job:/work:/bin/sh\n")]
    [InlineData("", "job:x:1000:1000:job:/work:/bin/sh\n")]
    public void A_user_without_a_name_gets_one(string present, string expected) =>
        Assert.Equal(expected, Written(new() { Command = ["x"] }, "/etc/passwd", present));

    [Theory]
    [InlineData("root:x:0:0::/:/bin/sh\nme:x:1000:5::/home/me:/bin/sh\n")]
    [InlineData("broken\n:::\nme:x:1000:5::/home/me:/bin/sh")]
    public void A_user_with_a_name_keeps_it(string present) =>
        Assert.Null(Written(new() { Command = ["x"] }, "/etc/passwd", present));

    [Fact]
    public void A_root_without_names_gets_all_that_programs_expect()
    {
        var text = Written(new() { Command = ["x"] }, "/etc/group", null);

        Assert.Equal("root:x:0:\njob:x:1000:\nnogroup:x:65534:\n", text);
    }

    [Theory]
    [InlineData(null, "multi on\n")]
    [InlineData("multi off\n", null)]
    public void A_name_has_all_its_addresses_unless_the_root_says_otherwise(string? present, string? expected) =>
        Assert.Equal(expected, Written(new() { Command = ["x"] }, "/etc/host.conf", present));

    private static string? Written(JobSpec spec, string path, string? present)
    {
        var steps = new List<PlanStep>();
        var layers = new RootLayers { Directories = ["/layer"], Read = asked => asked == path && present is not null ? Encoding.UTF8.GetBytes(present) : null };

        GeneratedEtc.AddTo(steps, spec, layers, "/rootfs/image");

        return steps.OfType<FileStep>().FirstOrDefault(step => step.Target == path) is { } file ? Encoding.UTF8.GetString(file.Content.Span) : null;
    }
}
