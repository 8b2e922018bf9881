using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Sandbox.Server.Jobs;

namespace Sandbox.Server.Handover;

/// <summary>A job that a command hands over.</summary>
/// <param name="IsPretty">The result is to be indented.</param>
/// <param name="Directory">Where relative paths of the job start.</param>
/// <param name="Job">The content of the job file.</param>
internal readonly record struct HandoverRequest(bool IsPretty, string Directory, ReadOnlyMemory<byte> Job);

/// <summary>What goes over the second socket; native/early-start/server_call.c has the other half. Numbers are in the machine's order: both ends are on one machine.</summary>
internal static class HandoverProtocol
{
    /// <summary>The server would run it: the caller answers with <see cref="Go"/>, and until then nothing is started.</summary>
    public const byte Accepted = (byte)'A';

    /// <summary>The caller runs it by itself; nothing was started.</summary>
    public const byte ByYourself = (byte)'B';

    /// <summary>No more jobs are taken; nothing was started.</summary>
    public const byte NotTaken = (byte)'N';

    /// <summary>The exit status of `sandbox exec`, 1 if there was no such program or else 0, the size and the bytes of the result follow.</summary>
    public const byte Result = (byte)'R';

    /// <summary>The job was started; said only to who handed its streams over, and before the result.</summary>
    public const byte Started = (byte)'T';

    /// <summary>Run it.</summary>
    public const byte Go = (byte)'G';

    /// <summary>End it, and tell the result.</summary>
    public const byte Cancel = (byte)'C';

    /// <summary>Pass a signal on to the job's first process; its number follows.</summary>
    public const byte Signal = (byte)'S';

    private const int HeadBytes = 20;
    private const int LongestPath = 4096;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a request; null if it is none, or a larger one than is taken.</summary>
    /// <param name="read">Fills a buffer; false at the end of the connection.</param>
    /// <param name="mostBytes">The largest job.</param>
    public static HandoverRequest? Read(Func<Memory<byte>, bool> read, long mostBytes)
    {
        var head = new byte[HeadBytes];
        if (!read(head) || !head.AsSpan(0, 8).SequenceEqual("SBXEXEC1"u8))
        {
            return null;
        }

        var (pretty, directory, job) = (Number(head, 8), Number(head, 12), Number(head, 16));
        if (pretty > 1 || directory is 0 or >= LongestPath || job == 0 || job > mostBytes)
        {
            return null;
        }

        var (path, content) = (new byte[directory], new byte[job]);
        if (!read(path) || path[0] != (byte)'/' || path.Contains((byte)0) || !read(content))
        {
            return null;
        }

        try
        {
            return new(pretty == 1, s_strict.GetString(path), content);
        }
        catch (DecoderFallbackException)
        {
            return null; // a path that is no text, which the command has its own ways with
        }
    }

    /// <summary>Reads from a connection.</summary>
    public static bool Fill(Socket connection, Memory<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = connection.Receive(buffer.Span);
            if (count == 0)
            {
                return false;
            }

            buffer = buffer[count..];
        }

        return true;
    }

    /// <summary>A result as it is sent.</summary>
    public static byte[] Encode(DocumentResult result, bool pretty)
    {
        const int Before = 13;
        var message = ResultText.Of(result, pretty, Before, withLineEnd: true);
        message[0] = Result;
        BitConverter.TryWriteBytes(message.AsSpan(1), StatusOf(result.Verdict));
        BitConverter.TryWriteBytes(message.AsSpan(5), result is JobResult { CommandNotFound: true } ? 1 : 0);
        BitConverter.TryWriteBytes(message.AsSpan(9), message.Length - Before);
        return message;
    }

    /// <summary>The exit status of `sandbox exec` (docs/cli.md).</summary>
    public static int StatusOf(Verdict verdict) => verdict switch
    {
        Verdict.Ok => 0,
        Verdict.InvalidJob => 2,
        Verdict.SetupError or Verdict.InternalError => 3,
        _ => 1,
    };

    private static uint Number(byte[] head, int offset) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(offset)) : BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(offset));
}
