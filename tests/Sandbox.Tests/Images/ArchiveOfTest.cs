using Sandbox.Images;

namespace Sandbox.Tests.Images;

/// <summary>An archive on the disk, opened as the store does.</summary>
internal sealed class ArchiveOfTest(TestImage image, TemporaryDirectory directory)
{
    public IImageSource Open()
    {
        var path = image.Save(directory);
        return new ImageSources(new ImageDirectory(directory.Path), new()).Open(path, path, out _);
    }
}
