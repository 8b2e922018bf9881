using System.Text;
using Sandbox.Interop;
using Sandbox.Storage;

namespace Sandbox.Store;

// What is in a volume was made by jobs, and may be changed while it is counted: every path is opened without following a link.

/// <summary>Counts what a volume takes.</summary>
internal static class VolumeCount
{
    private const int MostNames = 2_000_000;

    /// <summary>Counts it.</summary>
    /// <exception cref="SandboxException">It cannot be opened.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static VolumeSize Of(HeldVolume held, CancellationToken cancellationToken)
    {
        var error = held.EnterData(out var data);
        using (data)
        {
            if (error < 0)
            {
                throw new SandboxException("the volume cannot be read") { Operation = Operation.ReadVolume, Path = held.Path, Errno = Errno.Name(-error) };
            }

            var budget = new TreeBudget(MostNames, cancellationToken.ThrowIfCancellationRequested);
            var tree = new UntrustedTree(data, TreeScope.OneMount, budget);
            var several = new HashSet<(ulong, ulong)>();
            var (bytes, files, isWhole) = (0L, 0L, true);
            UntrustedTree.Walk("", path =>
            {
                var inner = new List<string>();
                var failed = tree.OpenDirectory(path, out var directory);
                using (directory)
                {
                    failed = failed < 0 ? failed : tree.List(directory, name =>
                    {
                        byte[] text = [.. name, 0];
                        if (Libc.StatusOfName(directory, text, out var status) < 0)
                        {
                            return;
                        }

                        files++;
                        bytes += status.LinkCount < 2 || status.Kind == FileKind.Directory || several.Add((status.Device, status.Inode)) ? status.AllocatedBytes : 0;
                        if (status.Kind == FileKind.Directory)
                        {
                            inner.Add(path.Length == 0 ? Encoding.UTF8.GetString(name) : $"{path}/{Encoding.UTF8.GetString(name)}");
                        }
                    });
                }

                isWhole &= failed == 0;
                return inner;
            });
            return new() { Bytes = bytes, Files = files, IsWhole = isWhole && !budget.IsExceeded };
        }
    }
}
