using System.Text;

namespace Sandbox.Cli.Isolate;

/// <summary>Where <c>--meta</c> goes: a file that is opened before anything else is done, standard output, or nowhere.</summary>
internal sealed class MetaFile : IDisposable
{
    private readonly FileStream? _file;
    private readonly bool _isOutput;

    private MetaFile(FileStream? file, bool isOutput) => (_file, _isOutput) = (file, isOutput);

    /// <summary>Opens it, empty, with the caller's rights.</summary>
    /// <param name="path">Its path, <c>-</c> for standard output; null for nowhere.</param>
    /// <param name="problem">Why it cannot be opened.</param>
    public static MetaFile? Open(string? path, out string problem)
    {
        problem = "";
        if (path is null or "-")
        {
            return new(null, path is not null);
        }

        try
        {
            // Another program may have it open to read.
            return new(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0), isOutput: false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problem = $"Failed to open metafile '{path}'";
            return null;
        }
    }

    /// <summary>Writes all of it; what went wrong, or null.</summary>
    public string? Write(IEnumerable<string> lines)
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(lines.Select(static line => line + "\n")));
        if (_isOutput)
        {
            StandardStreams.WriteOutput(text);
            return StandardStreams.OutputFailed ? "Failed to write metafile '-'" : null;
        }

        try
        {
            _file?.Write(text);
            return null;
        }
        catch (IOException failure)
        {
            return $"Failed to write metafile: {Diagnostics.Reason(failure)}";
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();
}
