using Sandbox.Images;

namespace Sandbox.Tests.Images;

/// <summary>A store of its own for one test, and a folder beside it.</summary>
internal sealed class TestStore : IDisposable
{
    public TemporaryFolder Folder { get; } = new();

    public string Path => Folder.Path + "/store/images";

    public UnpackedImages Store => new(Path);

    /// <summary>Imports one layer as an image; the folder it was unpacked into.</summary>
    public string Unpack(byte[] layer, ImageLimits? limits = null)
    {
        var store = limits is null ? Store : new UnpackedImages(Path) { Limits = limits };
        store.Import(new TestImage(layer).Save(Folder));
        return $"{Path}/layers/{TestImage.DiffId(layer)}/tree";
    }

    /// <summary>What is in a folder of the store.</summary>
    public string[] List(string folder) =>
        Directory.Exists($"{Path}/{folder}") ? Directory.GetFileSystemEntries($"{Path}/{folder}").Select(path => System.IO.Path.GetFileName(path)).Order().ToArray() : [];

    public void Dispose() => Folder.Dispose();
}
