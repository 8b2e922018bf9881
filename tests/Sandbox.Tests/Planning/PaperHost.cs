using System.Text;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Text;

namespace Sandbox.Tests.Planning;

/// <summary>A host that is a table: every path that is not in it is missing.</summary>
internal class PaperHost : HostTree
{
    private readonly SortedDictionary<string, (HostEntryKind Kind, string Text)> _entries = new(StringComparer.Ordinal);

    public PaperHost Directory(params string[] paths)
    {
        foreach (var path in paths)
        {
            _entries[path] = (HostEntryKind.Directory, "");
        }

        return this;
    }

    public PaperHost File(string path, string text = "")
    {
        _entries[path] = (HostEntryKind.File, text);
        return this;
    }

    public PaperHost Link(string path, string target)
    {
        _entries[path] = (HostEntryKind.Symlink, target);
        return this;
    }

    /// <summary>A directory below which something is mounted.</summary>
    public string? MountsBelow { get; init; }

    public override HostEntryKind Kind(string path) =>
        _entries.TryGetValue(path, out var entry) ? entry.Kind : HostEntryKind.Missing;

    public override HostEntryKind Resolved(string path)
    {
        while (Kind(path) == HostEntryKind.Symlink)
        {
            var text = LinkTarget(path)!;
            path = text.StartsWith('/') ? text : path[..(path.LastIndexOf('/') + 1)] + text;
        }

        return Kind(path);
    }

    public override string? RealPath(string path) => Kind(path) == HostEntryKind.Symlink ? RealPath(LinkTarget(path)!) : path;

    public override (ulong Device, ulong Inode)? Identity(string path) => null;

    public override string? LinkTarget(string path) =>
        Kind(path) == HostEntryKind.Symlink ? _entries[path].Text : null;

    public override IReadOnlyList<HostEntry> Children(string directory)
    {
        var prefix = directory.TrimEnd('/') + "/";
        return [.. _entries
            .Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal) && !entry.Key[prefix.Length..].Contains('/', StringComparison.Ordinal))
            .Select(entry => new HostEntry(entry.Key[prefix.Length..], entry.Value.Kind))];
    }

    public override byte[]? ReadBeneath(string directory, string path) =>
        Kind(directory + path) == HostEntryKind.File ? Encoding.UTF8.GetBytes(_entries[directory + path].Text) : null;

    public override long Size(string path) => _entries.TryGetValue(path, out var entry) ? entry.Text.Length : 0;

    public override bool ShowsControlGroups(string path) => Paths.IsAtOrBelow("/sys/fs/cgroup", path) || Paths.IsAtOrBelow(path, "/sys/fs/cgroup");

    public string? Closed { get; init; }

    public override bool IsPublic(string path) => path != Closed && Resolved(path) is HostEntryKind.Directory or HostEntryKind.File;

    public override bool HasMountsBelow(string directory) => directory == MountsBelow;

    public override ReadOnlyMemory<byte> Content(string path, string origin) => Encoding.UTF8.GetBytes(_entries[path].Text);
}
