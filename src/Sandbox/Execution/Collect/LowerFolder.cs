using System.Text;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution.Collect;

// The host's side, which the job does not control; but it may be another job's, or be changed while it is looked at. Names
// are looked up one by one, links are never followed, and only regular files are opened.

/// <summary>One folder below an overlay, in all layers that have it.</summary>
internal sealed class LowerFolder(IReadOnlyList<(int Number, SafeFileHandle Folder)> layers) : IDisposable
{
    /// <summary>An overlay shows nothing of what is mounted below its layers either.</summary>
    public const ulong Resolve = OpenHow.Beneath | OpenHow.NoSymlinks | OpenHow.NoMagicLinks | OpenHow.NoMountCrossing;

    private const string OpaqueAttribute = "user.overlay.opaque";
    private const string WhiteoutAttribute = "user.overlay.whiteout";
    private const int Exdev = 18;

    /// <summary>No layer has the folder.</summary>
    public bool IsEmpty => layers.Count == 0;

    /// <summary>What is at a name: whatever is topmost, a folder with all that is merged into it.</summary>
    /// <param name="name">With a final NUL.</param>
    public LowerEntry Look(ReadOnlySpan<byte> name)
    {
        var folders = new List<int>(layers.Count);
        var found = LowerEntry.None;
        for (var place = 0; place < layers.Count; place++)
        {
            var error = -Libc.OpenAt2(layers[place].Folder, name, OpenFlags.Path | OpenFlags.NoFollow, Resolve, out var file);
            using (file)
            {
                if (error == Errno.ENOENT)
                {
                    continue;
                }

                var status = default(FileStatus);
                if (error == 0)
                {
                    error = -Libc.Status(file, out status);
                }

                if (error != 0)
                {
                    return new() { Problem = error == Exdev ? "something is mounted there on the host" : $"the host's file cannot be looked at ({Errno.Name(error)})" };
                }

                if (IsWhiteout(layers[place].Folder, file, status) || (found.Exists && status.Kind != FileKind.Directory))
                {
                    break;
                }

                found = found.Exists ? found : new() { Exists = true, Status = status, Place = place };
                if (status.Kind != FileKind.Directory)
                {
                    return found;
                }

                folders.Add(layers[place].Number);
                if (place < layers.Count - 1 && Libc.HasAttribute(file, OpaqueAttribute, (byte)'y'))
                {
                    break;
                }
            }
        }

        return found.Exists ? found with { FolderLayers = folders } : found;
    }

    /// <summary>Opens the regular file that was found at a name; null if it cannot be read.</summary>
    public SafeFileHandle? OpenFile(LowerEntry entry, ReadOnlySpan<byte> name)
    {
        var flags = OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoFollow | OpenFlags.NoControllingTerminal;
        if (Libc.OpenAt2(layers[entry.Place].Folder, name, flags, Resolve, out var file) == 0 &&
            Libc.Status(file, out var status) == 0 && status.Inode == entry.Status.Inode && status.Kind == FileKind.Regular)
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    /// <summary>What the link says that was found at a name.</summary>
    public byte[]? ReadLink(LowerEntry entry, ReadOnlySpan<byte> name) => LinkText.Read(layers[entry.Place].Folder, name);

    /// <summary>Every name of every layer, some of which may be whiteouts; null, or why they cannot be read.</summary>
    public string? AddNames(DirectoryReader reader, DiffWork work, HashSet<string> names)
    {
        foreach (var (_, folder) in layers)
        {
            if (Libc.OpenAt2(folder, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, Resolve, out var listing) is var error && error < 0)
            {
                listing.Dispose();
                return $"the host's folder cannot be looked into ({Errno.Name(-error)})";
            }

            using (listing)
            {
                reader.Attach(listing);
                while (reader.Next(out var name) && work.Take())
                {
                    if (!Utf8.IsValid(name))
                    {
                        return "a name in the host's folder is not UTF-8";
                    }

                    if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    {
                        names.Add(Encoding.UTF8.GetString(name));
                    }
                }
            }
        }

        return null;
    }

    public void Dispose()
    {
        foreach (var (_, folder) in layers)
        {
            folder.Dispose();
        }
    }

    // The second form is for those who may not make device nodes; its folder has to say that there are some (overlayfs.rst,
    // "whiteouts and opaque directories", Linux 6.7).
    private static bool IsWhiteout(SafeFileHandle folder, SafeFileHandle file, FileStatus status) => status.IsWhiteout ||
        (status is { Kind: FileKind.Regular, Size: 0 } && Libc.HasAttribute(file, WhiteoutAttribute, null) && Libc.HasAttribute(folder, OpaqueAttribute, (byte)'x'));
}

/// <summary>What was at a path before the job.</summary>
internal sealed record LowerEntry
{
    /// <summary>Nothing.</summary>
    public static LowerEntry None { get; } = new();

    /// <summary>There was something.</summary>
    public bool Exists { get; init; }

    /// <summary>What it is.</summary>
    public FileStatus Status { get; init; }

    /// <summary>Where in the list of its folder's layers it is.</summary>
    public int Place { get; init; }

    /// <summary>For a folder: the layers that are merged in it.</summary>
    public IReadOnlyList<int> FolderLayers { get; init; } = [];

    /// <summary>Why it cannot be told what was there; else null.</summary>
    public string? Problem { get; init; }
}

/// <summary>What lies below an overlay: one or more folders of the host, merged as the kernel merges them.</summary>
/// <param name="layers">Topmost first; disposed with this.</param>
internal sealed class LowerTree(IReadOnlyList<SafeFileHandle> layers) : IDisposable
{
    /// <summary>The numbers of all layers.</summary>
    public int[] All { get; } = [.. Enumerable.Range(0, layers.Count)];

    /// <summary>Opens a folder in those layers that have it; what is no folder there, or cannot be entered, does not take part.</summary>
    /// <param name="path">From the root of the layers; empty for that.</param>
    /// <param name="numbers">The layers that take part there, as <see cref="LowerEntry.FolderLayers"/> says.</param>
    public LowerFolder Open(string path, IReadOnlyList<int> numbers)
    {
        var name = Encoding.UTF8.GetBytes(path.Length == 0 ? ".\0" : path + '\0');
        var opened = new List<(int, SafeFileHandle)>(numbers.Count);
        foreach (var number in numbers)
        {
            if (Libc.OpenAt2(layers[number], name, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow, LowerFolder.Resolve, out var folder) == 0)
            {
                opened.Add((number, folder));
            }
            else
            {
                folder.Dispose();
            }
        }

        return new LowerFolder(opened);
    }

    public void Dispose()
    {
        foreach (var layer in layers)
        {
            layer.Dispose();
        }
    }
}
