using Sandbox.Host;

namespace Sandbox.Tests.Host;

/// <summary>A directory that plays the root of some host.</summary>
internal sealed class FakeHost : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("host-");

    public FakeHost With(string path, string text)
    {
        var full = Path.Join(_root.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        return this;
    }

    public FakeHost Link(string path, string target)
    {
        var full = Path.Join(_root.FullName, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.CreateSymbolicLink(full, target);
        return this;
    }

    public CgroupFacts ReadNamed(string names)
    {
        var files = new HostFiles(_root.FullName);
        return CgroupReader.ReadNamed(files, [.. files.Lines("proc/self/mountinfo").Select(MountEntry.Parse).OfType<MountEntry>()], names);
    }

    public HostFacts Read() => new HostFactsReader(new HostFiles(_root.FullName)).Read();

    public void Dispose() => _root.Delete(recursive: true);
}
