using Sandbox.Host;

namespace Sandbox.Execution;

/// <summary>Reads files that a command line names, with a deadline where their file system may not answer.</summary>
internal static class NamedFile
{
    /// <summary>Reads a file to its end.</summary>
    /// <param name="path">Of the host; relative to the current directory.</param>
    /// <param name="most">Bytes it may have.</param>
    /// <param name="bytes">What it holds.</param>
    /// <returns>Null, or why it cannot be read.</returns>
    public static string? Read(string path, int most, out byte[] bytes)
    {
        bytes = [];
        if (Full(path) is not { } full)
        {
            return SourceFile.Reason(-Interop.Errno.ENOENT);
        }

        using var local = new LocalFiles();
        if (local.Holds(full))
        {
            return ReadNow(full, most, out bytes);
        }

        var thread = new HostThread<(string? Problem, byte[] Bytes)>(() => ReadFar(full, most), TimeProvider.System, HostWatch.Limit);
        try
        {
            (var problem, bytes) = thread.Run(static () => { }, CancellationToken.None);
            return problem;
        }
        catch (SandboxException failure)
        {
            return failure.Message;
        }
    }

    private static string? Full(string path)
    {
        try
        {
            return Path.GetFullPath(path);
        }
        catch (Exception failure) when (failure is ArgumentException or IOException or UnauthorizedAccessException)
        {
            return null; // empty, or with a NUL; or relative to a directory that is gone
        }
    }

    private static (string? Problem, byte[] Bytes) ReadFar(string path, int most)
    {
        LookAhead.At([new(path, null, IsRead: true)], launcherPath: null);
        using var step = HostWatch.Enter(Operation.ReadHostFile, path);
        return (ReadNow(path, most, out var bytes), bytes);
    }

    // A pipe may be as slow as whoever writes to it: that is no server that does not answer.
    private static string? ReadNow(string path, int most, out byte[] bytes)
    {
        bytes = [];
        var error = SourceFile.Open(path, out var file, out var status);
        using (file)
        {
            return error < 0 ? SourceFile.Reason(error)
                : status.Kind == Interop.FileKind.Directory ? "it is a directory"
                : SourceFile.Read(file, most, status.Kind == Interop.FileKind.Regular ? status.Size : 0, out bytes);
        }
    }
}
