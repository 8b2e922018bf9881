using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Images;

/// <summary>An unpacked layer that cannot be removed while this is held.</summary>
internal sealed class LayerLease(SafeFileHandle folder, LayerFacts facts, bool isNew) : IDisposable
{
    public LayerFacts Facts => facts;

    /// <summary>It was unpacked for this lease.</summary>
    public bool IsNew => isNew;

    public void Dispose()
    {
        _ = Libc.Unlock(folder);
        folder.Dispose();
    }
}
