using Xunit;

namespace Sandbox.Tests.Jobs;

public sealed class DiffReaderTests
{
    [Fact]
    public void It_is_off_on_or_names_an_archive()
    {
        Assert.Null(Job.With(""" "diff": false """).Diff);
        Assert.Equal(new DiffSpec(), Job.With(""" "diff": true """).Diff);
        Assert.Equal(new DiffSpec { To = $"{Job.Directory}/changes.tar.gz" }, Job.With(""" "diff": { "to": "changes.tar.gz" } """).Diff);
    }

    [Theory]
    [InlineData(""" "diff": "yes" """, "/diff")]
    [InlineData(""" "diff": {} """, "/diff/to")]
    [InlineData(""" "diff": { "to": 1 } """, "/diff/to")]
    [InlineData(""" "diff": { "to": "changes" } """, "/diff/to")]
    [InlineData(""" "diff": { "to": "directory.tar/" } """, "/diff/to")]
    [InlineData(""" "diff": { "too": "changes.tar" } """, "/diff/too")]
    [InlineData(""" "stdout": { "to": "a.tar" }, "diff": { "to": "a.tar" } """, "/diff/to")]
    [InlineData(""" "outputs": [ { "path": "/a", "to": "a.tar" } ], "diff": { "to": "a.tar" } """, "/outputs/0/to")]
    public void What_is_wrong_is_told_where_it_is(string members, string pointer) =>
        Assert.Contains(pointer, Job.ProblemsWith(members), StringComparison.Ordinal);

    [Fact]
    public void What_may_be_collected_has_a_limit_that_can_be_lifted()
    {
        Assert.Equal(1L << 30, Job.With(""" "limits": {} """).Limits.CollectBytes);
        Assert.Equal(5L << 20, Job.With(""" "limits": { "collect": "5MiB" } """).Limits.CollectBytes);
        Assert.Null(Job.With(""" "limits": { "collect": "none" } """).Limits.CollectBytes);
    }
}
