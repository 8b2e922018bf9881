using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Tests.Limits.Cgroups;

/// <summary>
/// A group <c>jobs/one</c> of ordinary files. They take every write and tell it back; a shorter text leaves the end of a
/// longer one, so what is written to begins empty.
/// </summary>
internal sealed class FakeCgroup : IDisposable
{
    private const string Name = "one";

    private readonly TemporaryFolder _folder = new();
    private readonly CgroupFolder _parent;

    public FakeCgroup()
    {
        Write("cgroup.procs", "");
        _ = CgroupFolder.Open(_folder.Path + "/jobs", out _parent);
        _ = _parent.OpenBelow(Name, out var group);
        Group = group;
    }

    /// <summary>The group.</summary>
    public CgroupFolder Group { get; }

    /// <summary>The group above it.</summary>
    public CgroupFolder Parent => _parent;

    public FakeCgroup Write(string file, string text)
    {
        _folder.Write($"jobs/{Name}/{file}", text);
        return this;
    }

    public FakeCgroup WriteAbove(string file, string text)
    {
        _folder.Write("jobs/" + file, text);
        return this;
    }

    /// <summary>A file that opens and cannot be read any more, as those of a group that was taken away: a folder (EISDIR).</summary>
    public void Lose(string file)
    {
        Remove(file);
        Directory.CreateDirectory($"{_folder.Path}/jobs/{Name}/{file}");
    }

    public void Link(string file, string target)
    {
        Remove(file);
        File.CreateSymbolicLink($"{_folder.Path}/jobs/{Name}/{file}", target);
    }

    public void Remove(string file) => File.Delete($"{_folder.Path}/jobs/{Name}/{file}");

    public string Read(string file) => _folder.Read($"jobs/{Name}/{file}");

    public string ReadAbove(string file) => _folder.Read("jobs/" + file);

    /// <summary>A job's only group, of version 2.</summary>
    public JobCgroup Version2(params string[] controllers) => Job(isVersion2: true, controllers);

    /// <summary>A job's only group, of version 1.</summary>
    public JobCgroup Version1(params string[] controllers) => Job(isVersion2: false, controllers);

    public void Dispose()
    {
        Group.Dispose();
        _parent.Dispose();
        _folder.Dispose();
    }

    // An ordinary file system fills no new folder with control files, so a job's groups cannot be made here, only opened.
    private JobCgroup Job(bool isVersion2, string[] controllers)
    {
        _ = CgroupFolder.Open(_parent.Path, out var above);
        _ = above.OpenBelow(Name, out var group);
        return JobCgroup.Of(Name, (new CgroupBase(above, isVersion2, controllers), group));
    }
}
