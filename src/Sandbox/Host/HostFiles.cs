using Sandbox.Interop;

namespace Sandbox.Host;

/// <summary>The host's files, below a root so that tests can bring their own; what is unreadable is absent.</summary>
internal sealed class HostFiles(string root = "/")
{
    /// <summary>The text of a file, or empty.</summary>
    public string Text(string path)
    {
        try
        {
            return File.ReadAllText(Full(path));
        }
        catch (IOException)
        {
            return "";
        }
        catch (UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The lines of a file, or none.</summary>
    public string[] Lines(string path) => Text(path).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The number in a file of one number, or null.</summary>
    public long? Number(string path) => long.TryParse(Text(path).AsSpan().Trim(), out var number) ? number : null;

    /// <summary>Whether a file or folder is there.</summary>
    public bool Exists(string path) => Path.Exists(Full(path));

    /// <summary>Whether the caller may write there.</summary>
    public bool CanWrite(string path) => Libc.CanWrite(Full(path));

    private string Full(string path) => Path.Join(root, path);
}
