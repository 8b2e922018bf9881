using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Images;

/// <summary>An open folder of a layer that is being unpacked.</summary>
internal sealed class LayerFolder(string name, SafeFileHandle handle, FileTime modified)
{
    public string Name { get; } = name;

    public SafeFileHandle Handle { get; } = handle;

    /// <summary>The time it shall have in the end.</summary>
    public FileTime Modified { get; set; } = modified;

    /// <summary>It was given another time by what was made in it.</summary>
    public bool IsChanged { get; set; }
}
