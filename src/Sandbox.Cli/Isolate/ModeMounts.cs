using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;

namespace Sandbox.Cli.Isolate;

/// <summary>
/// The mounts by which a job that is the caller outside can write in a directory only where its mode lets everybody write: isolate's jobs are somebody else, and clients take the
/// others' right to write away from what a job is not to change. On a read-only mount it can neither be changed nor be given another mode.
/// </summary>
internal static class ModeMounts
{
    /// <summary>Directories and files that may differ from what holds them.</summary>
    public const int Most = 1000;

    // Names that are looked at, in all.
    private const int MostNames = 65536;
    private const int Deepest = 64;
    private const uint ForOthers = 2; // -------w-

    /// <summary>The mounts of a directory.</summary>
    /// <param name="source">The directory.</param>
    /// <param name="target">Where it is inside.</param>
    /// <param name="isNoExec">Nothing in it is executed.</param>
    /// <param name="made">What jobs have made is theirs, whatever its mode.</param>
    /// <exception cref="IsolateException">There is too much in it, or it cannot be looked at.</exception>
    public static IReadOnlyList<BindMount> Of(string source, string target, bool isNoExec, MadeFiles made)
    {
        var walk = new Walk(isNoExec, made);
        var path = Descriptors.RealPath(source) ?? source;
        IsolateException.Check(TreeCalls.OpenDirectory(path, out var directory), $"{DisplayText.Quote(source)} cannot be looked at");
        using (directory)
        {
            IsolateException.Check(TreeCalls.Status(directory, out var entry), $"{DisplayText.Quote(source)} cannot be looked at");
            var isOpen = walk.IsOpen(entry);
            walk.Add(path, target, isOpen, entry);
            walk.Enter(directory, path, target, isOpen, Deepest);
        }

        return walk.Mounts;
    }

    private sealed class Walk(bool isNoExec, MadeFiles made)
    {
        private int _names;

        public List<BindMount> Mounts { get; } = [];

        public bool IsOpen(TreeEntry entry) => made.Has(entry) || (entry.Mode & ForOthers) != 0;

        public void Add(string source, string target, bool isWritable, TreeEntry entry) => Mounts.Add(new()
        {
            Source = source,
            Target = target,
            Writable = isWritable,
            NoExec = isNoExec,
            Identity = new() { Device = entry.Device, Inode = entry.Inode },
        });

        public void Enter(SafeFileHandle directory, string source, string target, bool isWritable, int depth)
        {
            foreach (var (name, entry) in Names(directory))
            {
                // A link leads elsewhere, and what is there has its own mode; the kernel asks nothing of the link.
                if (entry is { IsDirectory: false, IsRegular: false, IsFifo: false })
                {
                    continue;
                }

                var differs = IsOpen(entry) != isWritable;
                if (differs || entry.IsDirectory)
                {
                    Step(directory, (name, entry), (source, target), isWritable, depth);
                }
            }
        }

        private void Step(SafeFileHandle directory, (byte[] Name, TreeEntry Entry) found, (string Source, string Target) above, bool isWritable, int depth)
        {
            var name = Encoding.UTF8.GetString(found.Name);
            var (source, target) = ($"{above.Source}/{name}", $"{above.Target}/{name}");
            var isOpen = IsOpen(found.Entry);
            if (isOpen != isWritable)
            {
                if (!Encoding.UTF8.GetBytes(name).AsSpan().SequenceEqual(found.Name))
                {
                    throw new IsolateException($"a name in {DisplayText.Quote(above.Source)} is not UTF-8, and what it names cannot be protected");
                }

                if (Mounts.Count == Most)
                {
                    throw new IsolateException($"more than {Most} files in a writable directory have a mode of another kind than their directory: they cannot be protected");
                }

                Add(source, target, isOpen, found.Entry);
            }

            if (!found.Entry.IsDirectory)
            {
                return;
            }

            if (depth == 0)
            {
                throw new IsolateException($"{DisplayText.Quote(above.Source)} is too deep to be protected");
            }

            // What the caller cannot look into a job cannot either; without the others' right it may still be the caller's to change.
            if (TreeCalls.OpenDirectory(directory, found.Name, out var below) == 0)
            {
                Enter(below, source, target, isOpen, depth - 1);
            }

            below.Dispose();
        }

        private List<(byte[] Name, TreeEntry Entry)> Names(SafeFileHandle directory)
        {
            var names = new List<(byte[], TreeEntry)>();
            foreach (var name in TreeNames.Of(directory))
            {
                if (++_names > MostNames)
                {
                    throw new IsolateException($"there are more than {MostNames} files in a writable directory: they cannot be protected");
                }

                if (TreeCalls.Status(directory, name, out var entry) == 0)
                {
                    names.Add((name, entry));
                }
            }

            return names;
        }
    }
}
