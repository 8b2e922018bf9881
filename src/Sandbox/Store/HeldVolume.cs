using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Store;

/// <summary>A volume that somebody uses: nobody removes it until this is disposed of, or its process ends.</summary>
internal sealed class HeldVolume(string path, SafeFileHandle directory, FileStatus data) : IDisposable
{
    /// <summary>The directory that jobs see.</summary>
    public string Path => path;

    /// <summary>Which one that is.</summary>
    public FileIdentity Identity => new() { Device = data.Device, Inode = data.Inode };

    /// <summary>To whom it belongs.</summary>
    public (uint Uid, uint Gid) Owner => (data.Owner, data.Group);

    /// <summary>Holds the directory that jobs see, which one may have closed to everybody; 0 or the negated errno.</summary>
    public int EnterData(out SafeFileHandle opened) => Open(OpenFlags.Path, out opened);

    /// <summary>Opens it; 0 or the negated errno.</summary>
    public int OpenData(out SafeFileHandle opened) => Open(OpenFlags.ReadOnly, out opened);

    /// <inheritdoc/>
    public void Dispose() => directory.Dispose();

    private int Open(int how, out SafeFileHandle opened) => Libc.OpenAt(directory, Encoding.UTF8.GetBytes(StoredVolumes.Data + '\0'), how | OpenFlags.Directory | OpenFlags.NoFollow, out opened);
}
