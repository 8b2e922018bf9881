using System.Text.RegularExpressions;
using Xunit;

namespace Sandbox.Tests;

/// <summary>
/// Somebody who sets the system clock must neither prolong nor end a job. Setting it in a test would disturb the whole
/// machine, so the sources are held to the rule instead: nothing that supervises a job reads that clock.
/// </summary>
public sealed partial class ClockTests
{
    [Fact]
    public void The_launcher_never_reads_the_system_clock()
    {
        var sources = Repository.Sources("native/launcher", ".c").ToList();

        var readers = sources.Where(path => SystemClockInC().IsMatch(File.ReadAllText(path)));

        Assert.NotEmpty(sources);
        Assert.Empty(readers);
    }

    [Theory]
    [InlineData("src/Sandbox/Execution")]
    [InlineData("src/Sandbox/Resources")]
    public void Nothing_that_supervises_a_job_reads_the_system_clock(string directory)
    {
        var sources = Repository.Sources(directory, ".cs").ToList();

        var readers = sources.Where(path => SystemClockInCSharp().IsMatch(File.ReadAllText(path)));

        Assert.NotEmpty(sources);
        Assert.Empty(readers);
    }

    [GeneratedRegex(@"\bCLOCK_REALTIME|\bgettimeofday\s*\(|\btime\s*\(\s*(NULL|0|nullptr)\s*\)")]
    private static partial Regex SystemClockInC();

    [GeneratedRegex(@"\bDateTime(Offset)?\.(Utc)?Now\b|\.GetUtcNow\(|\.GetLocalNow\(")]
    private static partial Regex SystemClockInCSharp();
}
