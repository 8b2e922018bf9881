using Sandbox.Planning;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class PlanPrinterTests
{
    private static readonly Dictionary<string, Enforcement> s_enforcement = new()
    {
        ["openFiles"] = new Enforcement { Requested = 100000, Effective = 4096, By = Mechanism.Rlimit },
        ["memory"] = new Enforcement { Requested = 1 << 20, Effective = 1 << 20, By = Mechanism.Watchdog, Note = "unmapped memory is not seen" },
        ["cpuTime"] = new Enforcement { Requested = null, Effective = null, By = Mechanism.None },
    };

    [Fact]
    public void No_value_of_a_variable_and_no_content_of_a_file_is_printed()
    {
        var plan = Plans.Of(
            """
            {
              "command": ["true"],
              "env": { "TOKEN": "s3cret" },
              "stdin": { "text": "s3cret" },
              "files": { "/work/key": { "text": "s3cret" } }
            }
            """);

        var text = PlanPrinter.Print(plan, s_enforcement, ["none: rlimits and a watchdog"]);

        Assert.DoesNotContain("s3cret", text, StringComparison.Ordinal);
        Assert.Contains("TOKEN", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_is_printed_with_what_holds_it()
    {
        var lines = PlanPrinter.Print(Plans.Of("""{ "command": ["true"] }"""), s_enforcement, ["none: rlimits and a watchdog"]).Split('\n');

        Assert.Contains(lines, line => line.Contains("openFiles", StringComparison.Ordinal) && line.EndsWith("by rlimit, in force 4096", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("memory", StringComparison.Ordinal) && line.EndsWith(" 1 MiB  by watchdog (unmapped memory is not seen)", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("cpuTime", StringComparison.Ordinal) && line.EndsWith("none  by none", StringComparison.Ordinal));
    }

    [Fact]
    public void A_skipped_mount_is_named()
    {
        var plan = Plans.Of(
            """{ "command": ["true"], "mounts": [ { "type": "bind", "source": "nowhere", "target": "/maybe", "optional": true } ] }""");

        Assert.Contains("skipped: /maybe", PlanPrinter.Print(plan, s_enforcement, ["none: rlimits and a watchdog"]), StringComparison.Ordinal);
    }
}
