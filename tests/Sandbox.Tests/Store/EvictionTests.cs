using Xunit;

namespace Sandbox.Tests.Store;

public sealed class EvictionTests : IDisposable
{
    private readonly TestStore _test = new();

    [Fact]
    public void What_was_used_longest_ago_goes_first_and_no_more_than_needed()
    {
        var (old, middle, young) = (_test.Put("10 bytes.1"), _test.Put("10 bytes.2"), _test.Put("10 bytes.3"));
        _test.Age(old, TimeSpan.FromHours(1));
        _test.Age(middle, TimeSpan.FromHours(3));
        _test.Age(young, TimeSpan.FromHours(2));

        var removed = _test.Store.Collect(25);

        Assert.Equal([middle], removed.Select(file => file.Sha256));
        Assert.Equal([young, old], _test.Store.List().Select(file => file.Sha256));
    }

    [Fact]
    public void What_a_running_job_uses_stays_whatever_its_age()
    {
        var (used, idle) = (_test.Put("used"), _test.Put("idle"));
        using var lease = _test.Lease(used);
        _test.Age(used, TimeSpan.FromHours(2));

        var removed = _test.Store.Collect(0);

        Assert.Equal([idle], removed.Select(file => file.Sha256));
        Assert.Equal("used", _test.Read(used));
    }

    [Fact]
    public void A_store_that_is_small_enough_keeps_everything()
    {
        _ = _test.Put("text");

        var removed = _test.Store.Collect(4);

        Assert.Empty(removed);
    }

    [Fact]
    public void What_a_killed_writer_has_left_is_removed_and_what_one_is_writing_is_not()
    {
        _ = _test.Put("text");
        var left = $"{_test.Directory}/files/incoming/left";
        var written = $"{_test.Directory}/files/incoming/written";
        File.WriteAllText(left, "");
        using var writer = new FileStream(written, FileMode.Create, FileAccess.Write, FileShare.None);

        _ = _test.Store.Collect(100);

        Assert.False(File.Exists(left));
        Assert.True(File.Exists(written));
    }

    public void Dispose() => _test.Dispose();
}
