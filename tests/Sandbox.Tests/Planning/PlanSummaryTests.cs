using System.Text;
using Sandbox.Planning;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class PlanSummaryTests
{
    private const int MaxLines = 25;

    private static readonly Dictionary<string, Enforcement> s_limits = new()
    {
        ["cpuTime"] = new Enforcement { Requested = 2, Effective = 2, By = Mechanism.Perf },
        ["wallTime"] = new Enforcement { Requested = 60, Effective = 60, By = Mechanism.Timer },
        ["memory"] = new Enforcement { Requested = 64 << 20, Effective = 64 << 20, By = Mechanism.Watchdog, Note = "sampled" },
        ["processes"] = new Enforcement { Requested = 128, Effective = 100, By = Mechanism.Rlimit, Note = "clamped to the host's hard limit" },
        ["output"] = new Enforcement { Requested = null, Effective = null, By = Mechanism.None },
        ["fileSize"] = new Enforcement { Requested = 64 << 20, Effective = 64 << 20, By = Mechanism.Rlimit },
        ["openFiles"] = new Enforcement { Requested = 256, Effective = 256, By = Mechanism.Rlimit },
        ["disk"] = new Enforcement { Requested = 256 << 20, Effective = 256 << 20, By = Mechanism.Tmpfs },
    };

    private const string Everything =
        """
        {
          "name": "two-sum #3",
          "command": ["python3", "main.py"],
          "env": { "TOKEN": "s3cret" },
          "files": { "/work/main.py": { "from": "main.py" } },
          "stdin": { "text": "s3cret" },
          "mounts": [
            { "type": "bind", "source": "data", "target": "/data" },
            { "type": "bind", "source": "out", "target": "/out", "writable": true, "noexec": true },
            { "type": "overlay", "source": "src", "target": "/src" },
            { "type": "tmpfs", "target": "/scratch", "size": "64MiB" },
            { "type": "bind", "source": "nowhere", "target": "/maybe", "optional": true }
          ],
          "network": "host",
          "limits": { "cpuTime": "2s", "memory": "64MiB", "output": "none" }
        }
        """;

    [Fact]
    public void A_page_says_what_the_job_sees_what_holds_it_and_what_is_weaker()
    {
        var text = PlanSummary.Print(Facts(Everything));

        Assert.Equal(
            """
            job        "two-sum #3": python3 main.py
            runs as    1000:1000 inside, 1001:1002 outside, in /work
            root       the host's programs (/usr and what leads there) and what they need of /etc, read-only
            sees       /data: /jobs/data, read-only
                       /out: /jobs/out, WRITABLE: changes stay, nothing can be executed
                       /src: a view of /jobs/src, which stays as it is: changes are gone afterwards
                       /scratch: empty, in memory, gone afterwards
                       /maybe: skipped, its source does not exist
            gets       input on stdin, 1 file put in, 1 variable set, 0 outputs collected
            writes     /work, /tmp, /dev/shm: 256 MiB together, in memory, gone afterwards
            network    the HOST's: the way out, and every port that listens there
            policy     default (built in: "sandbox policy show" prints it); no new privileges; no capabilities
            limits     disk 256 MiB: the kernel, for all writable directories (tmpfs)
                       processes 100, fileSize 64 MiB, openFiles 256: the kernel (rlimits)
                       wallTime 60 s: a timer, which kills
                       cpuTime 2 s: the sandbox, by the kernel's task clock
                       memory 64 MiB: the sandbox, by looking every few ms
                       no limit: output
            weaker     cpuTime is not held by the kernel: "sandbox doctor" says how to get a control group that does
                       memory is not held by the kernel: "sandbox doctor" says how to get a control group that does
                       processes: 128 asked for, 100 in force (clamped to the host's hard limit)

            """,
            text);
    }

    [Fact]
    public void No_value_of_a_variable_and_no_content_is_on_it() =>
        Assert.DoesNotContain("s3cret", PlanSummary.Print(Facts(Everything)), StringComparison.Ordinal);

    [Fact]
    public void Many_mounts_and_long_commands_still_make_a_page()
    {
        var mounts = string.Join(", ", Enumerable.Range(0, 40).Select(number => $$"""{ "type": "bind", "source": "data", "target": "/m{{number}}" }"""));

        var lines = PlanSummary.Print(Facts($$"""{ "command": ["sh", "-c", "{{new string('x', 4000)}}"], "mounts": [ {{mounts}} ] }""")).TrimEnd('\n').Split('\n');

        Assert.InRange(lines.Length, 10, MaxLines);
        Assert.All(lines, line => Assert.True(line.Length < 160, line));
        Assert.Contains(lines, line => line.Contains("and 34 more", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"empty\"", "empty but for /dev, /proc, /work and /tmp")]
    [InlineData("{ \"directory\": \"/srv/debian\" }", "the directory /srv/debian, read-only")]
    public void The_root_is_named(string rootfs, string expected) =>
        Assert.Contains(expected, PlanSummary.Print(Facts($$"""{ "command": ["/x"], "rootfs": {{rootfs}} }""")), StringComparison.Ordinal);

    private static PlanFacts Facts(string json)
    {
        var job = JobFile.Parse(Encoding.UTF8.GetBytes(json), Plans.JobDirectory);
        return new() { Job = job, Plan = Plans.Of(job), Policy = Plans.Policy, Enforcement = s_limits, Cgroups = [] };
    }
}
