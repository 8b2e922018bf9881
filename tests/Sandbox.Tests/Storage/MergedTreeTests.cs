using System.Text;
using Sandbox.Images;
using Sandbox.Interop;
using Sandbox.Tests.Diff;
using Xunit;

namespace Sandbox.Tests.Storage;

/// <summary>
/// Both who read images and who tell changes see the layers as the kernel shows them; that it does is asked of the kernel itself by
/// OverlayMergeTests.
/// </summary>
public sealed class MergedTreeTests : IDisposable
{
    private const string File = "d/file";

    private readonly OverlayDirectories _layers = new(layers: 2);

    public static TheoryData<LayerKind, bool> Kinds()
    {
        var kinds = new TheoryData<LayerKind, bool>
        {
            { LayerKind.Nothing, true },
            { LayerKind.Device, false },
            { LayerKind.DeviceAtDirectory, false },
            { LayerKind.FileWhiteout, false },
            { LayerKind.FileWhiteoutInMarkedDirectory, false },
            { LayerKind.MarkedFileWithContent, true },
            { LayerKind.Opaque, false },
            { LayerKind.OpaqueOfAnotherValue, true },
            { LayerKind.FileAtDirectory, false },
        };
        if (Libc.EffectiveUid() == 0)
        {
            kinds.Add(LayerKind.TrustedOpaque, true); // nobody else may set one
        }

        return kinds;
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_image_has_what_no_layer_above_hides(LayerKind kind, bool isSeen)
    {
        _layers.Lower(File, "low", layer: 1);
        _layers.Cover(kind, File, layer: 0);

        using var image = new ImageTree([_layers.LowerPath("", 0).TrimEnd('/'), _layers.LowerPath("", 1).TrimEnd('/')]);
        var read = image.Read("/" + File, 100);

        Assert.Equal(isSeen, read is not null);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_change_is_of_what_no_layer_above_hides(LayerKind kind, bool isSeen)
    {
        _layers.Lower(File, "low", layer: 1);
        _layers.Cover(kind, File, layer: 0);
        _layers.Upper(File, "new");

        Assert.Contains(isSeen ? "~d/file" : "+d/file", _layers.Changes(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_lowest_layer_says_is_gone_is_not_there_either()
    {
        _layers.Cover(LayerKind.Device, "d/device", layer: 1);
        _layers.Cover(LayerKind.FileWhiteout, "d/marked", layer: 1);
        _layers.Upper("d/device", "new");
        _layers.Upper("d/marked", "new");

        using var image = new ImageTree([_layers.LowerPath("", 1).TrimEnd('/')]);

        Assert.Null(image.Read("/d/device", 100));
        Assert.Null(image.Read("/d/marked", 100));
        Assert.Equal("+d/device +d/marked", _layers.Changes());
    }

    [Fact]
    public void A_directory_has_what_all_layers_have_down_to_one_that_hides()
    {
        using var three = new OverlayDirectories(layers: 3);
        three.Lower("d/top", "0", layer: 0);
        three.LowerOpaque("d", layer: 1);
        three.Lower("d/middle", "1", layer: 1);
        three.Lower("d/bottom", "2", layer: 2);

        using var image = new ImageTree([.. Enumerable.Range(0, 3).Select(layer => three.LowerPath("", layer).TrimEnd('/'))]);

        Assert.Equal("0", Encoding.UTF8.GetString(image.Read("/d/top", 9)!));
        Assert.Equal("1", Encoding.UTF8.GetString(image.Read("/d/middle", 9)!));
        Assert.Null(image.Read("/d/bottom", 9));
    }

    public void Dispose() => _layers.Dispose();
}
