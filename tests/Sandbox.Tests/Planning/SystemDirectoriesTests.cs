using Sandbox.Planning.Steps;
using Sandbox.Resources.Roots;
using Xunit;

namespace Sandbox.Tests.Planning;

/// <summary>The host's directories are looked at once a second, and not for every job.</summary>
public sealed class SystemDirectoriesTests
{
    private readonly HandSetClock _clock = new();

    [Fact]
    public void What_is_installed_shows_a_second_later()
    {
        var directories = new SystemDirectories(_clock);
        var host = new PaperHost().Directory("/usr", "/etc", "/etc/fonts");
        var before = directories.Of(host);
        host.Directory("/etc/alternatives");

        _clock.Advance(TimeSpan.FromMilliseconds(999));
        var soon = directories.Of(host);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        var later = directories.Of(host);

        Assert.Same(before, soon);
        Assert.Equal(["/usr", "/etc/fonts"], before.OfType<BindStep>().Select(bind => bind.Source));
        Assert.Equal(["/usr", "/etc/alternatives", "/etc/fonts"], later.OfType<BindStep>().Select(bind => bind.Source));
    }

    // Or the plan of one job would be made of the last one's.
    [Fact]
    public void What_a_job_adds_is_its_own()
    {
        var system = new SystemDirectories(_clock).Of(new PaperHost().Directory("/usr", "/etc"));
        var count = system.Count;

        var steps = HostDirectories.Steps(new JobSpec { Command = ["true"], Network = Network.Host }, system);

        Assert.Equal(count, system.Count);
        Assert.True(steps.Count > count);
    }
}
