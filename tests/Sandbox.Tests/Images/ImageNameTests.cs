using Sandbox.Images;
using Sandbox.Jobs;
using Xunit;

namespace Sandbox.Tests.Images;

public sealed class ImageNameTests
{
    [Theory]
    [InlineData("python", "docker.io/library/python:latest", "python:latest")]
    [InlineData("python:3.12", "docker.io/library/python:3.12", "python:3.12")]
    [InlineData("docker.io/python", "docker.io/library/python:latest", "python:latest")]
    [InlineData("index.docker.io/library/python", "docker.io/library/python:latest", "python:latest")]
    [InlineData("user/app:v1", "docker.io/user/app:v1", "user/app:v1")]
    [InlineData("localhost/app", "localhost/app:latest", "localhost/app:latest")]
    [InlineData("localhost:5000/a/b__c-d.e:T_1", "localhost:5000/a/b__c-d.e:T_1", "localhost:5000/a/b__c-d.e:T_1")]
    [InlineData("ghcr.io/o/i", "ghcr.io/o/i:latest", "ghcr.io/o/i:latest")]
    public void A_name_is_completed_as_docker_does(string text, string full, string familiar)
    {
        Assert.Null(ImageName.Parse(text, out var parsed));
        Assert.Equal((full, familiar), (parsed, ImageName.Familiar(parsed)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Python")]
    [InlineData("a//b")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a..b")]
    [InlineData("a._b")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a___b")]
    [InlineData("a:")]
    [InlineData("a:-x")]
    [InlineData("a:b/c")]
    [InlineData("../a")]
    [InlineData("a b")]
    [InlineData("a@sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    public void What_is_no_name_is_refused(string text)
    {
        Assert.NotNull(ImageName.Parse(text, out _));
    }

    [Fact]
    public void A_name_and_a_tag_have_a_greatest_length()
    {
        Assert.NotNull(ImageName.Parse(new string('a', 255), out _));
        Assert.NotNull(ImageName.Parse("a:" + new string('t', 129), out _));
        Assert.Null(ImageName.Parse("a:" + new string('t', 128), out _));
    }

    [Theory]
    [InlineData("/x", true)]
    [InlineData("./x", true)]
    [InlineData("../x", true)]
    [InlineData("x.tar", true)]
    [InlineData("x.tar.gz", true)]
    [InlineData("x.tgz", true)]
    [InlineData("x.tar.zst", true)]
    [InlineData("x/y", false)]
    [InlineData("python:3.12", false)]
    [InlineData(".x", false)]
    public void A_path_is_told_from_a_name_by_its_form(string reference, bool isPath)
    {
        Assert.Equal(isPath, ImageReference.IsPath(reference));
    }
}
