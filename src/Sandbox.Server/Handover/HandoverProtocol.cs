using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Sandbox.Server.Jobs;

namespace Sandbox.Server.Handover;

/// <summary>A job that a command hands over.</summary>
/// <param name="IsPretty">The result is to be indented.</param>
/// <param name="IsNamedFromDirectory">What is collected below the directory is to have its name from there in the result.</param>
/// <param name="Directory">Where relative paths of the job start.</param>
/// <param name="Job">The content of the job file.</param>
/// <param name="ResultFile">The file that the result is for; null: it is sent.</param>
internal readonly record struct HandoverRequest(bool IsPretty, bool IsNamedFromDirectory, string Directory, ReadOnlyMemory<byte> Job, NamedResult? ResultFile);

/// <summary>A file that a caller named for the result.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Given">What the caller said: the path, or the end of it.</param>
internal readonly record struct NamedResult(string Path, string Given);

/// <summary>What goes over the second socket; native/early-start/server_call.c has the other half. Numbers are in the machine's order: both ends are on one machine.</summary>
internal static class HandoverProtocol
{
    /// <summary>The server would run it: the caller answers with <see cref="Go"/>, and until then nothing is started.</summary>
    public const byte Accepted = (byte)'A';

    /// <summary>The caller runs it by itself; nothing was started.</summary>
    public const byte ByYourself = (byte)'B';

    /// <summary>No more jobs are taken; nothing was started.</summary>
    public const byte NotTaken = (byte)'N';

    /// <summary>The exit status of `sandbox exec`, 1 if there was no such program or else 0, the size and the bytes of the result follow; of one that was for a file, those of a sentence if it is not there.</summary>
    public const byte Result = (byte)'R';

    /// <summary>The job was started; said only to who handed its streams over, and before the result.</summary>
    public const byte Started = (byte)'T';

    /// <summary>Run it.</summary>
    public const byte Go = (byte)'G';

    /// <summary>End it, and tell the result.</summary>
    public const byte Cancel = (byte)'C';

    /// <summary>Pass a signal on to the job's first process; its number follows.</summary>
    public const byte Signal = (byte)'S';

    private const int HeadBytes = 28;
    private const int BeforeResult = 13;
    private const int SandboxFailed = 3;
    private const uint Pretty = 1;
    private const uint NamedFromDirectory = 2;
    private const int LongestPath = 4096;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a request; null if it is none, or a larger one than is taken.</summary>
    /// <param name="read">Fills a buffer; false at the end of the connection.</param>
    /// <param name="mostBytes">The largest job.</param>
    public static HandoverRequest? Read(Func<Memory<byte>, bool> read, long mostBytes)
    {
        var head = new byte[HeadBytes];
        if (!read(head) || !head.AsSpan(0, 8).SequenceEqual("SBXEXEC2"u8))
        {
            return null;
        }

        var (flags, directory, job, result, given) = (Number(head, 8), Number(head, 12), Number(head, 16), Number(head, 20), Number(head, 24));
        if (flags > (Pretty | NamedFromDirectory) || directory is 0 or >= LongestPath || result >= LongestPath || given > result || job == 0 || job > mostBytes)
        {
            return null;
        }

        var (path, file, content) = (new byte[directory], new byte[result], new byte[job]);
        if (!read(path) || !IsPath(path) || (result > 0 && (!read(file) || !IsPath(file))) || !read(content))
        {
            return null;
        }

        try
        {
            return new(
                (flags & Pretty) != 0, (flags & NamedFromDirectory) != 0, s_strict.GetString(path), content,
                result == 0 ? null : new NamedResult(s_strict.GetString(file), s_strict.GetString(file.AsSpan((int)given))));
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
        var message = ResultText.Of(result, pretty, BeforeResult, withLineEnd: true);
        WriteHead(message, StatusOf(result.Verdict), result is JobResult { CommandNotFound: true });
        return message;
    }

    /// <summary>A result that is in its file, as it is told.</summary>
    public static byte[] EncodeWritten(DocumentResult result)
    {
        var message = new byte[BeforeResult];
        WriteHead(message, StatusOf(result.Verdict), hasNoProgram: false);
        return message;
    }

    /// <summary>Why a result is not in its file, as it is told.</summary>
    public static byte[] EncodeNotWritten(string sentence)
    {
        byte[] message = [.. new byte[BeforeResult], .. Encoding.UTF8.GetBytes(sentence)];
        WriteHead(message, SandboxFailed, hasNoProgram: false);
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

    private static bool IsPath(byte[] path) => path[0] == (byte)'/' && !path.Contains((byte)0);

    private static void WriteHead(byte[] message, int status, bool hasNoProgram)
    {
        message[0] = Result;
        BitConverter.TryWriteBytes(message.AsSpan(1), status);
        BitConverter.TryWriteBytes(message.AsSpan(5), hasNoProgram ? 1 : 0);
        BitConverter.TryWriteBytes(message.AsSpan(9), message.Length - BeforeResult);
    }

    private static uint Number(byte[] head, int offset) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(offset)) : BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(offset));
}
