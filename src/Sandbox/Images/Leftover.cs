using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Images;

/// <summary>Something in the folder of passing things that is to be removed by who holds it locked, and nobody else.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Lock">The open folder, locked; null for a file.</param>
internal sealed record Leftover(string Name, SafeFileHandle? Lock) : IDisposable
{
    public void Dispose()
    {
        if (Lock is null)
            return;

        _ = Libc.Unlock(Lock);
        Lock.Dispose();
    }
}
