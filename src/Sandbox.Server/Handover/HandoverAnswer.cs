using System.Net.Sockets;
using Sandbox.Running;
using Sandbox.Server.Jobs;

namespace Sandbox.Server.Handover;

/// <summary>What a command is told of the job that it handed over, and where: on the connection, or in a file that it named.</summary>
/// <param name="connection">The command's.</param>
/// <param name="request">What it asked for.</param>
internal sealed class HandoverAnswer(Socket connection, HandoverRequest request) : IDisposable
{
    private readonly Lock _lock = new();

    // Not the request itself: the bytes of the job would stay as long as it runs.
    private readonly bool _pretty = request.IsPretty;
    private readonly string? _directory = request.IsNamedFromDirectory ? request.Directory : null;
    private readonly string _given = request.ResultFile?.Given ?? "";
    private ResultDestination? _file;
    private bool _isOver;

    /// <summary>
    /// Takes hold of the file, before the job starts, by the rules and with the rights of the command. False where that is for the command: it has the words for what cannot be, and what
    /// is there and no regular file it writes to itself.
    /// </summary>
    /// <param name="file">The file; null: the result is sent.</param>
    public bool Open(NamedResult? file)
    {
        if (file is not { Path: var path })
        {
            return true;
        }

        try
        {
            if (CallerPaths.IsSame(path) && PathStatus.Of(path) is null or { IsRegularFile: true })
            {
                _file = ResultDestination.Open(path);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Said by the command.
        }

        return _file is not null;
    }

    /// <summary>Tells what becomes of the job once that is known; who handed its streams over hears before whether the job has started.</summary>
    public void TellOf(ServerJob job, bool hasStreams)
    {
        if (hasStreams)
        {
            _ = TellInOrderAsync(job);
            return;
        }

        _ = job.Result.ContinueWith(Tell, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Who is gone gets no result any more; one that is being written is whole before.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            _file?.Dispose();
        }
    }

    /// <summary>Sends all of it.</summary>
    public static void Send(Socket connection, byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += connection.Send(bytes.AsSpan(sent));
        }
    }

    private async Task TellInOrderAsync(ServerJob job)
    {
        try
        {
            if (await job.Live.HasStartedAsync())
            {
                Send(connection, [HandoverProtocol.Started]);
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return;
        }

        await ((Task)job.Result).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Tell(job.Result);
    }

    // Closing without an answer says that the job is lost; what only its image or policy showed not to be valid was not started.
    private void Tell(Task<DocumentResult> result)
    {
        try
        {
            if (result.IsCompletedSuccessfully)
            {
                Tell(_directory is null ? result.Result : CollectedNames.Relate(result.Result, _directory));
            }
            else if (result.Exception?.InnerException is InvalidJobException)
            {
                Send(connection, [HandoverProtocol.ByYourself]);
            }

            connection.Shutdown(SocketShutdown.Both);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // Nobody waits for it any more.
        }
    }

    private void Tell(DocumentResult result)
    {
        if (_file is null)
        {
            Send(connection, HandoverProtocol.Encode(result, _pretty));
        }
        else if (Write(result, _file) is { } message)
        {
            Send(connection, message);
        }
    }

    // Null where nobody waits for it any more.
    private byte[]? Write(DocumentResult result, ResultDestination file)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return null;
            }

            try
            {
                file.Write(result, _pretty);
                return HandoverProtocol.EncodeWritten(result);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return HandoverProtocol.EncodeNotWritten(DisplayText.Printable(FileFailure.OfResult(_given, failure)));
            }
        }
    }
}
