using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Cli;

/// <summary>
/// Standard input, output and error as bytes. System.Console's readers and writers bring encodings and terminal
/// settings along, which cost a short job more than the sandbox does.
/// </summary>
internal static class StandardStreams
{
    // Held for the life of the process: what is closed would be given to the next file opened.
    private static readonly List<SafeFileHandle> s_occupied = [];

    /// <summary>
    /// Opens /dev/null in place of standard descriptors the caller had closed. Otherwise the next file opened gets
    /// their number, and a result or a diagnostic would be written into it.
    /// </summary>
    public static void Occupy()
    {
        while (true)
        {
            var handle = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (handle.DangerousGetHandle() > 2)
            {
                handle.Dispose();
                return;
            }

            s_occupied.Add(handle);
        }
    }

    /// <summary>Everything on standard input.</summary>
    public static byte[] ReadInput()
    {
        using var input = Console.OpenStandardInput();
        var content = new MemoryStream();
        input.CopyTo(content);
        return content.ToArray();
    }

    /// <summary>Writes to standard output; a reader that went away is no error, as for any filter.</summary>
    public static void WriteOutput(ReadOnlySpan<byte> bytes)
    {
        using var output = Console.OpenStandardOutput();
        output.Write(bytes);
    }

    /// <summary>Writes lines to standard output.</summary>
    public static void WriteOutput(string text) => WriteOutput(Encoding.UTF8.GetBytes(text + "\n"));

    /// <summary>Writes lines to standard error; where nobody can be told, nothing is.</summary>
    public static void WriteError(string text)
    {
        try
        {
            using var error = Console.OpenStandardError();
            error.Write(Encoding.UTF8.GetBytes(text + "\n"));
        }
        catch (IOException)
        {
            // The exit status still tells.
        }
    }
}
