using Sandbox.Resources.Limits.Cgroups;

namespace Sandbox.Tests.Limits.Cgroups;

/// <summary>
/// A group <c>jobs/one</c> of ordinary files. They take every write and tell it back; a shorter text leaves the end of a
/// longer one, so what is written to begins empty.
/// </summary>
internal sealed class FakeCgroup : IDisposable
{
    private const string Name = "one";

    private readonly TemporaryDirectory _directory = new();
    private readonly CgroupDirectory _parent;

    public FakeCgroup()
    {
        Write("cgroup.procs", "");
        _ = CgroupDirectory.Open(_directory.Path + "/jobs", out _parent);
        _ = _parent.OpenBelow(Name, out var group);
        Group = group;
    }

    /// <summary>The group.</summary>
    public CgroupDirectory Group { get; }

    /// <summary>The group above it.</summary>
    public CgroupDirectory Parent => _parent;

    public FakeCgroup Write(string file, string text)
    {
        _directory.Write($"jobs/{Name}/{file}", text);
        return this;
    }

    public FakeCgroup WriteAbove(string file, string text)
    {
        _directory.Write("jobs/" + file, text);
        return this;
    }

    /// <summary>A file that opens and cannot be read any more, as those of a group that was taken away: a directory (EISDIR).</summary>
    public void Lose(string file)
    {
        Remove(file);
        Directory.CreateDirectory($"{_directory.Path}/jobs/{Name}/{file}");
    }

    public void Link(string file, string target)
    {
        Remove(file);
        File.CreateSymbolicLink($"{_directory.Path}/jobs/{Name}/{file}", target);
    }

    public void Remove(string file) => File.Delete($"{_directory.Path}/jobs/{Name}/{file}");

    public string Read(string file) => _directory.Read($"jobs/{Name}/{file}");

    public string ReadAbove(string file) => _directory.Read("jobs/" + file);

    /// <summary>A job's only group, of version 2.</summary>
    public JobCgroup Version2(params string[] controllers) => Job(isVersion2: true, controllers);

    /// <summary>A job's only group, of version 1.</summary>
    public JobCgroup Version1(params string[] controllers) => Job(isVersion2: false, controllers);

    public void Dispose()
    {
        Group.Dispose();
        _parent.Dispose();
        _directory.Dispose();
    }

    // An ordinary file system fills no new directory with control files, so a job's groups cannot be made here, only opened.
    private JobCgroup Job(bool isVersion2, string[] controllers)
    {
        _ = CgroupDirectory.Open(_parent.Path, out var above);
        _ = above.OpenBelow(Name, out var group);
        return JobCgroup.Of(Name, (new CgroupBase(above, isVersion2, controllers), group));
    }
}
