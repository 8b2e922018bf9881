using Sandbox.Images;

namespace Sandbox.Tests.Images;

/// <summary>A store of its own for one test, and a directory beside it.</summary>
internal sealed class TestStore : IDisposable
{
    public TemporaryDirectory Directory { get; } = new();

    public string Path => Directory.Path + "/store/images";

    public UnpackedImages Store => new(Path);

    /// <summary>Imports one layer as an image; the directory it was unpacked into.</summary>
    public string Unpack(byte[] layer, ImageLimits? limits = null)
    {
        var store = limits is null ? Store : new UnpackedImages(Path) { Limits = limits };
        store.Import(new TestImage(layer).Save(Directory));
        return $"{Path}/layers/{TestImage.DiffId(layer)}/tree";
    }

    /// <summary>What is in a directory of the store.</summary>
    public string[] List(string directory) =>
        System.IO.Directory.Exists($"{Path}/{directory}") ? System.IO.Directory.GetFileSystemEntries($"{Path}/{directory}").Select(path => System.IO.Path.GetFileName(path)).Order().ToArray() : [];

    public void Dispose() => Directory.Dispose();
}
