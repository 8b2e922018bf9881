using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution.Diff;

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
                opened.Add((number, folder));
            else
                folder.Dispose();
        }

        return new LowerFolder(opened);
    }

    public void Dispose()
    {
        foreach (var layer in layers)
            layer.Dispose();
    }
}
