using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Images;

// The two ways in which a small archive becomes a full disk: content that compresses well, and many empty files. What
// counts is what comes out of the decompressor, before it is looked at.

/// <summary>What one image may still take of the host while it is unpacked.</summary>
internal sealed class UnpackBudget(ImageLimits limits, CancellationToken cancellationToken = default)
{
    private long _bytes = limits.Bytes;
    private long _entries = limits.Entries;
    private long _sinceCheck = DiskReserve.CheckedEvery;

    /// <summary>Takes bytes off.</summary>
    /// <exception cref="InvalidImageException">There are none left.</exception>
    /// <exception cref="OperationCanceledException">The import was given up.</exception>
    public void TakeBytes(long count, ImageOrigin origin)
    {
        cancellationToken.ThrowIfCancellationRequested();
        HostWatch.Advance();
        _bytes -= count;
        _sinceCheck += count;
        if (_bytes < 0)
        {
            throw origin.Refuse($"the image unpacks to more than {Amount.Bytes(limits.Bytes)}");
        }
    }

    /// <summary>Takes entries off.</summary>
    /// <exception cref="InvalidImageException">There are none left.</exception>
    public void TakeEntries(long count, ImageOrigin origin)
    {
        _entries -= count;
        if (_entries < 0)
        {
            throw origin.Refuse($"the image has more than {limits.Entries} files");
        }
    }

    /// <summary>Looks now and then whether the disk is about to be full, for everybody else's sake.</summary>
    /// <exception cref="SandboxException">There is hardly any space left.</exception>
    public void CheckSpace(SafeFileHandle directory, string path)
    {
        if (_sinceCheck < DiskReserve.CheckedEvery)
        {
            return;
        }

        _sinceCheck = 0;
        if (DiskReserve.Missing(directory) is { } problem)
        {
            throw StoreFailure.Of("the disk is nearly full", path, Errno.ENOSPC, hint: $"{problem}; \"sandbox image gc\" and \"sandbox image rm\" free what images take");
        }
    }
}

/// <summary>How much an image may ask of the host before it is refused.</summary>
internal sealed record ImageLimits
{
    /// <summary>Unpacked bytes of all its layers, archive headers included.</summary>
    public long Bytes { get; init; } = 32L << 30;

    /// <summary>Entries in all its layers.</summary>
    public long Entries { get; init; } = 2_000_000;

    /// <summary>Layers: overlayfs takes 500 of them, but docker and containerd stop at about this number.</summary>
    public int Layers { get; init; } = 128;

    /// <summary>Bytes of one JSON document.</summary>
    public int JsonBytes { get; init; } = 4 << 20;

    /// <summary>Indexes inside of indexes.</summary>
    public int IndexDepth { get; init; } = 4;

    /// <summary>Manifests in all the indexes of one layout.</summary>
    public int Manifests { get; init; } = 1000;

    /// <summary>Files in the archive that holds the image.</summary>
    public int ArchiveFiles { get; init; } = 20_000;

    /// <summary>Directories inside of directories; each is an open descriptor while the layer is unpacked.</summary>
    public int DirectoryDepth { get; init; } = 256;
}
