using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Sandbox.Cli.Served;

/// <summary>How a server answered a job that was offered to it.</summary>
internal enum ServedAnswer
{
    /// <summary>It ran the job.</summary>
    Result,

    /// <summary>This process is to run it; nothing was started.</summary>
    ByYourself,

    /// <summary>It takes no more jobs for now; nothing was started.</summary>
    NotTaken,

    /// <summary>Nobody listens, or there is no answer; nothing was started.</summary>
    NoAnswer,

    /// <summary>It ended before the result: the job may have run.</summary>
    Lost,
}

/// <summary>What a server says.</summary>
/// <param name="Answer">How it answered.</param>
/// <param name="Result">The result as JSON on one line, without a line end.</param>
/// <param name="HasNoProgram">The command was not found.</param>
internal readonly record struct ServedOutcome(ServedAnswer Answer, ReadOnlyMemory<byte> Result = default, bool HasNoProgram = false);

/// <summary>The job host that is to run this command's jobs, as <c>sandbox exec</c> has it before the runtime starts (native/early-start, docs/serve.md).</summary>
/// <param name="path">Its socket.</param>
/// <param name="isAskedFor">It was named; otherwise it is used only where it answers.</param>
internal sealed unsafe partial class JobServer(string path, bool isAskedFor)
{
    /// <summary>It was named; otherwise it is used only where it answers.</summary>
    public bool IsAskedFor => isAskedFor;

    /// <summary>The one that is to be used.</summary>
    /// <param name="given">The value of --server; null for none.</param>
    /// <param name="variable">The environment.</param>
    /// <returns>Null for none.</returns>
    public static JobServer? Find(string? given, Func<string, string?> variable)
    {
        if ((given ?? variable("SANDBOX_SERVER")) is { Length: > 0 } named)
        {
            return named == "none" ? null : new(named, isAskedFor: true);
        }

        return variable("XDG_RUNTIME_DIR") is ['/', ..] directory ? new(directory + "/sandbox.sock", isAskedFor: false) : null;
    }

    /// <summary>Somebody listens.</summary>
    public bool Listens()
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path + ".exec"));
            return true;
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>What there is to say of an answer that is no result, in the words of <c>sandbox exec</c>.</summary>
    public string Complaint(ServedAnswer answer) => $"the server {DisplayText.QuoteWhole(path)} " + answer switch
    {
        ServedAnswer.NotTaken => "takes no more jobs for now",
        ServedAnswer.Lost => "ended before the job's result",
        _ => "does not answer",
    };

    /// <summary>Offers a job, and waits for its result on this thread.</summary>
    /// <param name="job">The job, valid; paths in it are absolute.</param>
    /// <param name="messages">What is said to it meanwhile.</param>
    /// <param name="withStreams">It may have this process's standard streams.</param>
    /// <param name="directory">An absolute path: the result names what was collected there relative to it; empty for a result with absolute paths.</param>
    public ServedOutcome Run(JobDocument job, ServedMessages messages, bool withStreams, string directory)
    {
        var json = new ArrayBufferWriter<byte>();
        JobFile.Write(json, job);
#if EARLY_START
        return Call(json.WrittenSpan, messages, withStreams, directory);
#else
        // Only the published program has the native half.
        _ = (json, messages, withStreams, directory, path);
        return new(ServedAnswer.NoAnswer);
#endif
    }

#if EARLY_START
    private ServedOutcome Call(ReadOnlySpan<byte> job, ServedMessages messages, bool withStreams, string named)
    {
        var streams = stackalloc int[] { 0, 1, 2 };
        fixed (byte* server = Encoding.UTF8.GetBytes(path + '\0'), directory = Encoding.UTF8.GetBytes((named.Length > 0 ? named : "/") + '\0'), bytes = job)
        {
            var request = new Request { Streams = withStreams ? streams : null, Directory = directory, Job = bytes, JobBytes = (uint)job.Length, Flags = named.Length > 0 ? NamedFromDirectory : 0 };
            var answer = new Answer { HasStarted = messages.Started };
            switch (sandbox_call_server(server, &request, messages.Descriptor, &answer))
            {
                case (byte)'R':
                    var result = new ReadOnlySpan<byte>(answer.Result, (int)answer.Bytes).TrimEnd((byte)'\n').ToArray();
                    sandbox_free_answer(&answer);
                    return new(ServedAnswer.Result, result, answer.HasNoProgram != 0);
                case (byte)'B':
                    return new(ServedAnswer.ByYourself);
                case (byte)'N':
                    return new(ServedAnswer.NotTaken);
                case (byte)'L':
                    return new(ServedAnswer.Lost);
                default:
                    return new(ServedAnswer.NoAnswer);
            }
        }
    }

    [LibraryImport("early_start")]
    private static partial byte sandbox_call_server(byte* server, Request* request, int messages, Answer* answer);

    [LibraryImport("early_start")]
    private static partial void sandbox_free_answer(Answer* answer);

    private const uint NamedFromDirectory = 2;

    // struct job_request
    private struct Request
    {
        public int* Streams;
        public byte* Directory;
        public byte* Job;
        public uint JobBytes;
        public uint Flags;
        public byte* Result;
        public uint ResultGiven;
    }

    // struct job_answer
    private struct Answer
    {
        public byte* Result;
        public uint Bytes;
        public int Status;
        public int HasNoProgram;
        public int* HasStarted;
    }
#endif
}
