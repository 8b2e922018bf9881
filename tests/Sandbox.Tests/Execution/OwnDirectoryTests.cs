using Sandbox.Execution;
using Xunit;

namespace Sandbox.Tests.Execution;

/// <summary>No job gets a directory to write to in which the sandbox keeps what other jobs get.</summary>
public sealed class OwnDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _host = new();

    public OwnDirectoryTests()
    {
        Directory.CreateDirectory($"{_host.Path}/home/share/store/files");
        Directory.CreateDirectory($"{_host.Path}/home/work");
        Directory.CreateSymbolicLink($"{_host.Path}/link", "home");
    }

    [Theory]
    [InlineData("home")]
    [InlineData("home/share")]
    [InlineData("home/share/store")]
    [InlineData("home/share/store/files")]
    [InlineData("link")]
    [InlineData("home/work/../share")]
    public void A_directory_that_holds_it_or_lies_in_it_is_refused(string source)
    {
        var bind = Assert.Throws<InvalidJobException>(() => Check(new BindMount { Source = $"{_host.Path}/{source}", Target = "/x", Writable = true }));
        var overlay = Assert.Throws<InvalidJobException>(() => Check(new OverlayMount { Source = "/usr", Target = "/x", Upper = $"{_host.Path}/{source}" }));

        Assert.Equal("/mounts/0/source", Assert.Single(bind.Problems).Pointer);
        Assert.Equal("/mounts/0/upper", Assert.Single(overlay.Problems).Pointer);
    }

    [Fact]
    public void What_is_beside_it_read_only_or_missing_is_not()
    {
        Check(new BindMount { Source = $"{_host.Path}/home/work", Target = "/x", Writable = true });
        Check(new BindMount { Source = $"{_host.Path}/home", Target = "/x" });
        Check(new OverlayMount { Source = $"{_host.Path}/home", Target = "/x" });
        Check(new BindMount { Source = $"{_host.Path}/missing", Target = "/x", Writable = true, Optional = true });
    }

    // A job could make it, and every later command would take it for the user's own.
    [Theory]
    [InlineData("home/new/store", "home", true)]
    [InlineData("home/new/store", "link", true)]
    [InlineData("link/new/store", "home", true)]
    [InlineData("home/new/store", "home/work", false)]
    [InlineData("link/new/store", "home/share", false)]
    public void A_directory_in_which_it_is_yet_to_be_made_is_refused(string store, string source, bool isRefused)
    {
        var job = new JobSpec { Command = ["true"], Mounts = [new BindMount { Source = $"{_host.Path}/{source}", Target = "/x", Writable = true }] };

        var failure = Record.Exception(() => OwnDirectories.Check(job, [$"{_host.Path}/{store}"], []));

        Assert.Equal(isRefused ? "/mounts/0/source" : null, (failure as InvalidJobException)?.Problems.Single().Pointer);
    }

    [Theory]
    [InlineData("home/share/store", true)]
    [InlineData("home/share", true)]
    [InlineData("home/state", true)]
    [InlineData("home/work", false)]
    public void What_others_name_as_places_for_outputs_is_none_of_them(string directory, bool isRefused)
    {
        Directory.CreateDirectory($"{_host.Path}/home/state");
        using var prefix = HostPrefix.Open(_host.Path);
        using var held = prefix.Hold($"{_host.Path}/{directory}");
        var job = new JobSpec { Command = ["true"], Outputs = [new OutputSpec { Path = "/work/x", To = $"{_host.Path}/{directory}/x", Held = held }] };

        var failure = Record.Exception(() => OwnDirectories.Check(job, [$"{_host.Path}/home/share/store"], [$"{_host.Path}/home/state"]));

        Assert.Equal(isRefused ? "/outputs/0/to" : null, (failure as InvalidJobException)?.Problems.Single().Pointer);
    }

    // The directories that "**" finds are made where the output goes.
    [Theory]
    [InlineData("/work/**", "home/share/", true)]
    [InlineData("/work/**/x", "home/", true)]
    [InlineData("/work/*", "home/share/", false)]
    [InlineData("/work/**", "home/work/", false)]
    public void No_tree_of_a_jobs_goes_above_them(string path, string directory, bool isRefused)
    {
        var job = new JobSpec { Command = ["true"], Outputs = [new OutputSpec { Path = path, To = $"{_host.Path}/{directory}" }] };

        var failure = Record.Exception(() => OwnDirectories.Check(job, [$"{_host.Path}/home/share/store"], []));

        Assert.Equal(isRefused ? "/outputs/0/to" : null, (failure as InvalidJobException)?.Problems.Single().Pointer);
    }

    public void Dispose() => _host.Dispose();

    private void Check(Mount mount) =>
        OwnDirectories.Check(new() { Command = ["true"], Mounts = [mount] }, [$"{_host.Path}/home/share/store", $"{_host.Path}/nowhere"], []);
}
