using Sandbox.Images;

namespace Sandbox.Tests.Images;

/// <summary>An archive on the disk, opened as the store does.</summary>
internal sealed class ArchiveOfTest(TestImage image, TemporaryFolder folder)
{
    public IImageSource Open() =>
        new ImageSources(new ImageFolder(folder.Path), new()).Open(image.Save(folder), out _);
}
