using System.Diagnostics;
using System.Net.Sockets;
using Sandbox.Running;
using Sandbox.Server.Access;
using Sandbox.Server.Jobs;
using Sandbox.Server.Listening;
using Sandbox.Server.Queue;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Handover;

// A thread for each connection, which reads until it ends: the end of the caller is the end of its job. Blocking reads answer sooner than the
// framework's, which go by way of two other threads, and half a millisecond is what all of this is about.

/// <summary>Runs jobs of the commands `exec`, `run` and `batch`, whose callers are this user outside of every sandbox and have its rights: no trust boundary and no maxima apply.</summary>
internal sealed class HandoverServer
{
    /// <summary>What is added to the path of the server's socket.</summary>
    public const string Suffix = ".exec";

    private const int MostConnections = 512;

    // What no process can handle (signal(7)).
    private const byte Kill = 9;
    private const byte Stop = 19;

    private static readonly TimeSpan s_toAsk = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_toTakeResult = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_toNextConnection = TimeSpan.FromSeconds(10);

    private readonly JobTable _jobs;
    private readonly ServerSettings _settings;
    private readonly PeerCheck _check = new();
    private readonly CallerFacts _own = CallerFacts.Read("self");
    private readonly CallerCgroups _cgroups = new(File.ReadAllText("/proc/self/mountinfo"));
    private readonly ConnectionThreads _threads;

    // Of this build is the program that lies beside this one, as it lay there when this one started.
    private readonly string? _command;
    private int _connections;

    /// <summary>Prepares it; nothing listens yet.</summary>
    /// <param name="jobs">Where jobs wait and run.</param>
    /// <param name="settings">The server's.</param>
    /// <param name="command">The program whose jobs are taken.</param>
    public HandoverServer(JobTable jobs, ServerSettings settings, string command)
    {
        (_jobs, _settings, _command) = (jobs, settings, PathStatus.IdentityOf(command));
        _threads = new("hand-over", s_toNextConnection, Serve);
    }

    /// <summary>Answers on a socket until it is closed.</summary>
    public void Listen(Socket socket) => new Thread(() => Accept(socket), maxStackSize: 128 << 10) { IsBackground = true, Name = "hand-over" }.Start();

    /// <summary>Waits until every answer is with its caller, at most so long.</summary>
    public async Task FinishAsync(TimeSpan patience)
    {
        var begin = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref _connections) > 0 && Stopwatch.GetElapsedTime(begin) < patience)
        {
            await Task.Delay(5);
        }
    }

    private void Accept(Socket listener)
    {
        while (true)
        {
            Socket connection;
            try
            {
                connection = listener.Accept();
            }
            catch (Exception over) when (over is ObjectDisposedException || over is SocketException { SocketErrorCode: SocketError.OperationAborted or SocketError.Interrupted or SocketError.InvalidArgument or SocketError.NotSocket })
            {
                return;
            }
            catch (SocketException)
            {
                Thread.Sleep(10); // no descriptors, for now (accept(2), EMFILE)
                continue;
            }

            if (Interlocked.Increment(ref _connections) > MostConnections)
            {
                Close(connection);
                continue;
            }

            try
            {
                _threads.Serve(connection);
            }
            catch (OutOfMemoryException)
            {
                Close(connection); // no thread to be had (clone(2), EAGAIN)
            }
        }
    }

    private void Close(Socket connection)
    {
        connection.Dispose();
        Interlocked.Decrement(ref _connections);
    }

    private void Serve(Socket connection)
    {
        ServerJob? job = null;
        ReceivedStreams? streams = null;
        HandoverAnswer? answer = null;
        using var caller = CallerProcess.Of(connection);
        try
        {
            connection.ReceiveTimeout = (int)s_toAsk.TotalMilliseconds;
            connection.SendTimeout = (int)s_toTakeResult.TotalMilliseconds;
            if (_check.Refusal(connection) is not null)
            {
                return;
            }

            if (caller is null || Read(connection, caller, out streams) is not { } request || Parse(request, streams is not null) is not { } document ||
                !(answer = new(connection, request)).Open(request.ResultFile))
            {
                HandoverAnswer.Send(connection, [HandoverProtocol.ByYourself]);
                return;
            }

            caller.AskWhoSends();
            HandoverAnswer.Send(connection, [HandoverProtocol.Accepted]);
            var word = new byte[1];
            if (!caller.HasSent(word) || word[0] != HandoverProtocol.Go)
            {
                return;
            }

            connection.ReceiveTimeout = 0;
            job = Start(connection, document, streams?.Inherited, answer);
            while (job is not null && HandoverProtocol.Fill(connection, word))
            {
                Do(connection, job, word);
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException or IOException or UnauthorizedAccessException)
        {
            // It is over with this caller, whatever the reason.
        }
        finally
        {
            answer?.Dispose();
            job?.Cancel();
            streams?.Dispose();
            Close(connection);
        }
    }

    // What is no signal for a job is as good as the end of the connection: a command of this build does not say it.
    private static void Do(Socket connection, ServerJob job, byte[] word)
    {
        if (word[0] != HandoverProtocol.Signal)
        {
            job.Cancel();
        }
        else if (HandoverProtocol.Fill(connection, word) && word[0] is > 0 and <= 64 and not (Kill or Stop))
        {
            job.Live.SignalOnceStarted(word[0]);
        }
    }

    // Who asks comes first: nothing of anybody else is read, let alone kept.
    private HandoverRequest? Read(Socket connection, CallerProcess caller, out ReceivedStreams? streams)
    {
        ReceivedStreams? came = null;
        var isFirst = true;
        var request = Refusal(caller) is null ? HandoverProtocol.Read(Fill, Math.Min(_settings.MaxBodyBytes, JobFile.MaxBytes)) : null;
        streams = came;
        return request;

        bool Fill(Memory<byte> buffer)
        {
            var count = isFirst ? ReceivedStreams.Receive(connection, buffer.Span, out came, out _) : 0;
            var isOver = isFirst && count == 0;
            isFirst = false;
            return !isOver && HandoverProtocol.Fill(connection, buffer[count..]);
        }
    }

    // Why the caller's jobs are not the same here as where it is; null if they are.
    private string? Refusal(CallerProcess process)
    {
        if (_settings.Store is not null)
        {
            return "the server";
        }

        try
        {
            var caller = CallerFacts.Read(process.Number);
            var difference = caller.HasWishes ? "environment"
                : _command is null || PathStatus.IdentityOf($"/proc/{process.Number}/exe") != _command ? "build"
                : _own.Difference(caller) ?? _cgroups.Limit(caller.Cgroups, _own.Cgroups);
            return difference ?? (process.HasEnded ? "its process has ended" : null);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException or ArgumentException or IndexOutOfRangeException)
        {
            return "it cannot be looked at";
        }
    }

    // What is not valid, the command has the words for; a terminal stays with it, and so does what is another file for it than here, or would end this process (signal(7), SIGXFSZ).
    private JobDocument? Parse(HandoverRequest request, bool hasStreams)
    {
        try
        {
            var document = JobFile.ParseDocument(request.Job.Span, request.Directory);
            var isWritten = request.ResultFile is not null || document.Parts().Any(static part => CallerPaths.AreWritten(part.Job));
            return !(isWritten && _own.HasFileSizeLimit) && document.Parts().All(part => IsForServer(part.Job, hasStreams && document is JobSpec)) ? document : null;
        }
        catch (InvalidJobException)
        {
            return null;
        }
    }

    private static bool IsForServer(JobSpec job, bool hasStreams) =>
        (hasStreams || (job.Stdin is not InheritStdin && job.Stdout is not InheritStream && job.Stderr is not InheritStream)) &&
        !job.Terminal && CallerPaths.AreSame(job);

    private ServerJob? Start(Socket connection, JobDocument document, InheritedStreams? inherited, HandoverAnswer answer)
    {
        var taken = _jobs.Take(new()
        {
            Spec = document,
            Held = null,
            Owner = Caller.Owner.Tenant,
            Queue = new() { Account = Caller.Owner.Tenant, Tenant = "sandbox exec", MemoryBytes = document.MemoryAtOnce() ?? _settings.Queue.MemoryBytes },
            Inherited = inherited,
            IsKept = false,
            Source = "exec",
        });
        if (taken.Job is not { } job)
        {
            // What can never fit here may fit the machine; what would fit later is for the caller to wait for.
            HandoverAnswer.Send(connection, [taken.Refusal == QueueRefusal.NeverFits ? HandoverProtocol.ByYourself : HandoverProtocol.NotTaken]);
            return null;
        }

        answer.TellOf(job, inherited is not null);
        return job;
    }
}
