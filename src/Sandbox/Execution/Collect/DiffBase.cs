using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Storage;

namespace Sandbox.Execution.Collect;

// Opened before the job starts: a source may lie in a directory that the job can write to, and by its end be a link to anywhere.

/// <summary>The writable overlays of a job with the host's directories below them.</summary>
internal sealed class DiffBase : IDisposable
{
    private readonly List<(OverlayUpper Upper, MergedTree Lower)> _overlays = [];

    private DiffBase()
    {
    }

    /// <summary>Each overlay with what is below it.</summary>
    public IReadOnlyList<(OverlayUpper Upper, MergedTree Lower)> Overlays => _overlays;

    /// <summary>Opens the directories.</summary>
    /// <exception cref="SandboxException">One cannot be opened.</exception>
    public static DiffBase Open(IReadOnlyList<OverlayUpper> uppers)
    {
        var opened = new DiffBase();
        try
        {
            foreach (var upper in uppers)
            {
                opened._overlays.Add((upper, new MergedTree(OpenAll(upper))));
            }

            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var (_, lower) in _overlays)
        {
            lower.Dispose();
        }
    }

    private static List<SafeFileHandle> OpenAll(OverlayUpper upper)
    {
        var layers = new List<SafeFileHandle>(upper.LowerDirectories.Count);
        foreach (var path in upper.LowerDirectories)
        {
            var error = Libc.OpenDirectory(Encoding.UTF8.GetBytes(path + '\0'), out var directory);
            layers.Add(directory);
            if (error == 0)
            {
                continue;
            }

            layers.ForEach(layer => layer.Dispose());
            throw new SandboxException("cannot open the source of an overlay")
            {
                Operation = Operation.OpenOverlaySource,
                Path = path,
                Errno = Errno.Name(-error),
                Pointer = upper.Origin,
            };
        }

        return layers;
    }
}
