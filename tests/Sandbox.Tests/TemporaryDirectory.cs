using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests;

/// <summary>An empty directory for one test, gone with all that is in it afterwards.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("sandbox-test-").FullName;

    public string Write(string name, string text)
    {
        var path = $"{Path}/{name}";
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public string Read(string name) => File.ReadAllText($"{Path}/{name}");

    public SafeFileHandle Open() => Open(Path);

    public static SafeFileHandle Open(string path)
    {
        var error = Libc.OpenDirectory(Encoding.UTF8.GetBytes(path + '\0'), out var directory);
        return error == 0 ? directory : throw new IOException(Errno.Name(-error));
    }

    /// <summary>Bytes that a file takes on its file system.</summary>
    public static long AllocatedBytes(string path)
    {
        Assert.Equal(0, Libc.StatusOf(path, out var status));
        return status.AllocatedBytes;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
