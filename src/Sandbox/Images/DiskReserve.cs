using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Images;

/// <summary>What is left free on the disk of the store by those who write much to it, for everybody else's sake.</summary>
internal static class DiskReserve
{
    /// <summary>Bytes that may be written from one look to the next.</summary>
    public const long CheckedEvery = 32 << 20;

    private const long Largest = 512 << 20;

    /// <summary>Says what is left where that is too little; null otherwise, and where the file system does not say.</summary>
    public static string? Missing(SafeFileHandle directory)
    {
        if (Libc.FileSystem(directory, out var usage) < 0 || usage.Blocks == 0)
        {
            return null;
        }

        var reserve = Math.Min(Largest, usage.TotalBytes / 20);
        return usage.AvailableBytes < reserve ? $"only {Amount.Bytes(usage.AvailableBytes)} are left, of which {Amount.Bytes(reserve)} are never touched" : null;
    }
}
