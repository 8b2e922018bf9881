using Xunit;

namespace Sandbox.Tests;

public sealed class PublicSurfaceTests
{
    [Fact]
    public void Only_types_of_the_root_namespace_are_public()
    {
        var strangers = typeof(JobSpec).Assembly.GetExportedTypes().Where(type => type.Namespace != "Sandbox");

        Assert.Empty(strangers);
    }
}
