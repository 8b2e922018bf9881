using Microsoft.Win32.SafeHandles;
using Sandbox.Execution;
using Sandbox.Host;

namespace Sandbox;

/// <summary>Reads files that a person names, whatever they are: a job file, a file of variables, a pipe. Never more than a bound, and no server is waited for for ever.</summary>
public static class InputFile
{
    /// <summary>Reads a file to its end on the calling thread. A pipe is waited for; a file system that does not answer is not, for longer than 30 s.</summary>
    /// <param name="path">Path on the host; a relative one starts from the current directory.</param>
    /// <param name="maxBytes">How much it may hold.</param>
    /// <exception cref="IOException">It cannot be read or is larger; the message is the reason alone, such as <c>no such file or directory</c>.</exception>
    public static byte[] Read(string path, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(path);
        return NamedFile.Read(path, maxBytes, out var bytes) is { } problem ? throw new IOException(problem) : bytes;
    }

    /// <summary>Reads what an open file, pipe or device has to read, from where it stands to its end, on the calling thread; it may be set not to block.</summary>
    /// <param name="file">Not closed.</param>
    /// <param name="maxBytes">How much it may hold.</param>
    /// <exception cref="IOException">It cannot be read or holds more; the message is the reason alone.</exception>
    public static byte[] Read(SafeFileHandle file, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(file);
        return SourceFile.Read(file, maxBytes, out var bytes) is { } problem ? throw new IOException(problem) : bytes;
    }
}
