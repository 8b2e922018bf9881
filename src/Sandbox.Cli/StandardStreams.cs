using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;

namespace Sandbox.Cli;

/// <summary>
/// Standard input, output and error as bytes. System.Console brings encodings and terminal settings along,
/// which cost a short job more than reading it does.
/// </summary>
internal static class StandardStreams
{
    private const int PipeBuf = 4096;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private static readonly SafeFileHandle[] s_streams = new SafeFileHandle[3];

    /// <summary>
    /// Puts /dev/null in place of standard descriptors the caller had closed. Otherwise the next file opened gets
    /// their number, and a result or a diagnostic would be written into it. It is open for the other direction, so that what
    /// would have failed still does; but closing stderr is a way to silence it.
    /// </summary>
    /// <remarks>
    /// The published program has done so before the runtime came up (native/early-start). Elsewhere the runtime has opened files before
    /// this code runs, and one that stays open may have taken such a number already: only what came through execve is the caller's.
    /// </remarks>
    public static void Occupy()
    {
        for (var descriptor = 0; descriptor < s_streams.Length; descriptor++)
        {
            var stream = new SafeFileHandle(descriptor, ownsHandle: false);
            s_streams[descriptor] = Descriptors.IsInherited(stream) ? stream : Descriptors.OpenNull(descriptor == 1 ? Descriptors.ReadOnly : Descriptors.WriteOnly);
        }
    }

    /// <summary>The caller had closed this one of 0, 1 and 2, or opened it for the other direction only.</summary>
    public static bool IsClosed(int descriptor) => Descriptors.AccessOf(s_streams[descriptor]) is not { } access ||
        access == (descriptor == 0 ? Descriptors.WriteOnly : Descriptors.ReadOnly);

    /// <summary>Why nothing can be written to standard output, as far as that can be known before; null if it can.</summary>
    public static string? OutputProblem()
    {
        var output = s_streams[1];
        if (IsClosed(1))
        {
            return "it is closed";
        }

        // Writing nothing is an error to a device that takes nothing, such as /dev/full, and of no effect otherwise (write(2)).
        return Descriptors.StatusOf(output) switch
        {
            { IsCharacterDevice: true } when Descriptors.Write(output, []) is < 0 and var error => ErrnoNames.Of(-error),
            { IsFifo: true } when Descriptors.HasNoReader(output) => "nobody reads it any more",
            _ => null,
        };
    }

    /// <summary>
    /// Nothing more will be read or written: whoever reads the output finds its end, even if this process cannot end yet because the kernel
    /// does not let go of a thread of it.
    /// </summary>
    public static void Close()
    {
        if (OneShotRunner.HasStuckThread)
        {
            Descriptors.Cover(s_streams.Length);
        }
    }

    /// <summary>Both lead to the same file, pipe or terminal.</summary>
    public static bool AreSame(int one, int other) =>
        Descriptors.StatusOf(s_streams[one]) is { } left && Descriptors.StatusOf(s_streams[other]) is { } right && left.IsSame(right);

    /// <summary>Standard input, which stays open.</summary>
    public static SafeFileHandle Input => s_streams[0];

    /// <summary>This one of 0, 1 and 2 is a terminal.</summary>
    public static bool IsTerminal(int descriptor) => TerminalDevice.Is(s_streams[descriptor]);

    /// <summary>How many columns the terminal of standard error has; null if it is none, or does not say.</summary>
    public static int? ErrorColumns => TerminalDevice.WindowOf(s_streams[2]) is { Columns: > 0 and var columns } ? columns : null;

    /// <summary>Says that standard input is read, if it is a terminal: whoever did not mean to would wait for ever.</summary>
    /// <param name="what">What is read from it.</param>
    public static void TellIfTerminal(string what)
    {
        if (TerminalDevice.Is(Input))
        {
            Diagnostics.Write($"reading {what} from this terminal; ^D at the start of a line ends it");
        }
    }

    /// <summary>Something could not be written to standard output; it was told on standard error.</summary>
    public static bool OutputFailed { get; private set; }

    /// <summary>Writes to standard output; a failure, a reader that went away included, is told once and remembered.</summary>
    public static void WriteOutput(ReadOnlySpan<byte> bytes)
    {
        if (!OutputFailed && TryWriteOutput(bytes) is < 0 and var error)
        {
            LoseOutput(ErrnoNames.Of(-error));
        }
    }

    /// <summary>The same, untold: 0 or the negated errno.</summary>
    public static int TryWriteOutput(ReadOnlySpan<byte> bytes) => Write(s_streams[1], bytes);

    /// <summary>Tells that what was asked for cannot be written.</summary>
    public static void LoseOutput(string reason)
    {
        OutputFailed = true;
        Diagnostics.Write("cannot write to stdout: " + reason);
    }

    /// <summary>Writes lines to standard output; a terminal does nothing but print them.</summary>
    public static void WriteOutput(string text) => WriteOutput(Encoding.UTF8.GetBytes(DisplayText.PrintableLines(text) + "\n"));

    /// <summary>Writes lines to standard error; where nobody can be told, the exit status still tells.</summary>
    public static void WriteError(string text) => ShowError(text + "\n");

    /// <summary>The same without a line end, for a line that changes.</summary>
    public static void ShowError(string text)
    {
        // What nobody reads must not keep the exit status back; so much fits whenever poll(2) says that something does (pipe(7), PIPE_BUF).
        var bytes = Encoding.UTF8.GetBytes(text).AsSpan();
        while (bytes.Length > 0 && Descriptors.IsWritable(s_streams[2], s_patience))
        {
            var part = Math.Min(bytes.Length, PipeBuf);
            if (Write(s_streams[2], bytes[..part]) != 0)
            {
                return;
            }

            bytes = bytes[part..];
        }
    }

    private static int Write(SafeFileHandle stream, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = Descriptors.Write(stream, bytes);
            switch (count)
            {
                case -Descriptors.EINTR:
                    break;
                case -Descriptors.EAGAIN:
                    // A parent may have made the pipe non-blocking for itself, and with it for everybody.
                    _ = Descriptors.IsWritable(stream, patience: null);
                    break;
                case < 0:
                    return count;
                default:
                    bytes = bytes[count..];
                    break;
            }
        }

        return 0;
    }
}
