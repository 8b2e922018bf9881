using Microsoft.Win32.SafeHandles;

namespace Sandbox.Execution;

/// <summary>The launcher as it was built with this assembly.</summary>
internal static class LauncherBinary
{
    private const string Resource = "launcher";

    /// <summary>
    /// A sealed memfd that holds it, to be started as <c>/proc/self/fd/N</c>. Nothing can change it (runc CVE-2019-5736),
    /// and nothing has to be installed.
    /// </summary>
    public static unsafe SafeFileHandle Open()
    {
        using var stream = typeof(LauncherBinary).Assembly.GetManifestResourceStream(Resource) as UnmanagedMemoryStream
            ?? throw new SandboxException("this build holds no launcher") { Phase = "prepare", Step = "spawn launcher" };

        return MemFile.Create("sandbox\0"u8, new ReadOnlySpan<byte>(stream.PositionPointer, checked((int)stream.Length)), executable: true);
    }
}
