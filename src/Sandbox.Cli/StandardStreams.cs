using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Cli;

/// <summary>
/// Standard input, output and error as bytes. System.Console brings encodings and terminal settings along,
/// which cost a short job more than reading it does.
/// </summary>
internal static class StandardStreams
{
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int BrokenPipe = 32;

    private static readonly SafeFileHandle s_input = new(0, ownsHandle: false);
    private static readonly SafeFileHandle s_output = new(1, ownsHandle: false);
    private static readonly SafeFileHandle s_error = new(2, ownsHandle: false);

    // Held for the life of the process: what is closed would be given to the next file opened.
    private static readonly SafeFileHandle?[] s_occupied = new SafeFileHandle?[3];

    /// <summary>
    /// Opens /dev/null in place of standard descriptors the caller had closed. Otherwise the next file opened gets
    /// their number, and a result or a diagnostic would be written into it.
    /// </summary>
    public static void Occupy()
    {
        while (Libc.OpenReadWrite("/dev/null\0"u8, out var handle) == 0)
        {
            var descriptor = (int)handle.DangerousGetHandle();
            if (descriptor >= s_occupied.Length)
            {
                handle.Dispose();
                return;
            }

            s_occupied[descriptor] = handle;
        }
    }

    /// <summary>Everything on standard input.</summary>
    public static byte[] ReadInput()
    {
        var content = new MemoryStream();
        var buffer = new byte[65536];
        while (true)
        {
            var count = Libc.Read(s_input, buffer);
            if (count == -TryAgain)
            {
                Wait(0, PollEntry.Readable);
                continue;
            }

            if (count <= 0)
            {
                return count == 0 ? content.ToArray() : throw new IOException(null, -count);
            }

            content.Write(buffer, 0, count);
        }
    }

    /// <summary>Writes to standard output; a reader that went away is no error, as for any filter.</summary>
    public static void WriteOutput(ReadOnlySpan<byte> bytes) => Write(s_output, bytes);

    /// <summary>Writes lines to standard output.</summary>
    public static void WriteOutput(string text) => WriteOutput(Encoding.UTF8.GetBytes(text + "\n"));

    /// <summary>Writes lines to standard error; where nobody can be told, nothing is.</summary>
    public static void WriteError(string text)
    {
        try
        {
            Write(s_error, Encoding.UTF8.GetBytes(text + "\n"));
        }
        catch (IOException)
        {
            // The exit status still tells.
        }
    }

    private static void Write(SafeFileHandle stream, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = Libc.Write(stream, bytes);
            switch (count)
            {
                case -Interrupted:
                    break;
                case -TryAgain:
                    // A parent may have made the pipe non-blocking for itself, and with it for everybody.
                    Wait((int)stream.DangerousGetHandle(), PollEntry.Writable);
                    break;
                case -BrokenPipe:
                    return;
                case < 0:
                    throw new IOException(null, -count);
                default:
                    bytes = bytes[count..];
                    break;
            }
        }
    }

    private static void Wait(int descriptor, short wanted)
    {
        Span<PollEntry> entries = [new PollEntry { Descriptor = descriptor, Wanted = wanted }];
        Libc.Poll(entries, null);
    }
}
