using Sandbox.Images;
using Xunit;

namespace Sandbox.Tests.Images;

public sealed class ImageHintsTests
{
    private static readonly string[] s_stored = ["alpine:3.20", "debian:12", "debian:13-slim", "registry.example/team/app:2", "localhost:5000/tool:1"];

    [Theory]
    [InlineData("debian", "debian:12 debian:13-slim")]
    [InlineData("debian:11", "debian:12 debian:13-slim")]
    [InlineData("docker.io/library/alpine", "alpine:3.20")]
    [InlineData("app", "registry.example/team/app:2")]
    [InlineData("tool", "localhost:5000/tool:1")]
    [InlineData("debain", "debian:12 debian:13-slim")]
    [InlineData("debain:12", "debian:12")]
    [InlineData("alpne:3.20", "alpine:3.20")]
    [InlineData("python", "")]
    public void The_stored_names_that_were_meant_are_found(string reference, string expected) =>
        Assert.Equal(expected, string.Join(' ', ImageHints.Near(reference, s_stored)));

    [Fact]
    public void The_hint_of_an_unknown_name_says_how_to_get_it()
    {
        var hint = ImageHints.Of("quay.io/org/app:1", s_stored[..2]);

        Assert.Contains("docker save quay.io/org/app:1 | sandbox image import -", hint, StringComparison.Ordinal);
        Assert.Contains("skopeo copy docker://quay.io/org/app:1 docker-archive:app.tar:quay.io/org/app:1 && sandbox image import app.tar", hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_says_which_of_its_images_may_have_been_meant()
    {
        using var store = new TestStore();
        store.Store.Import(new TestImage(new LayerText().File("f", "x").ToArray()).Save(store.Directory), "debian:12");

        var failure = Assert.Throws<UnknownImageException>(() => store.Store.Open("debian"));

        Assert.StartsWith("did you mean debian:12?", failure.Hint, StringComparison.Ordinal);
    }
}
