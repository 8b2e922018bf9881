using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Sandbox.Ports;

// Pid 1 makes sockets in the job's network and hands them up, some at a time (native/launcher/sockets.c). It always answers, unless it is about to end; who waits
// has a deadline for that.

/// <summary>New TCP sockets of a job's network namespace, of one family. From any thread.</summary>
/// <param name="ask">Has some more sent; whoever reads the answer gives it.</param>
internal sealed class SocketSupply(Action ask) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Queue<Socket> _ready = new();
    private readonly Queue<TaskCompletionSource<Socket?>> _waiting = new();
    private bool _isAsked;
    private bool _isOver;

    /// <summary>Takes one, which is the caller's; null where there is none to be had.</summary>
    /// <param name="patience">The longest wait.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<Socket?> TakeAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var wait = new TaskCompletionSource<Socket?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_isOver)
            {
                return null;
            }

            if (_ready.TryDequeue(out var ready))
            {
                return ready;
            }

            _waiting.Enqueue(wait);
            Ask();
        }

        try
        {
            return await wait.Task.WaitAsync(patience, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception given) when (given is TimeoutException or OperationCanceledException)
        {
            // Nobody waits any more, unless it came in this moment.
            if (!wait.TrySetResult(null))
            {
                (await wait.Task.ConfigureAwait(false))?.Dispose();
            }

            cancellationToken.ThrowIfCancellationRequested();
            return null;
        }
    }

    /// <summary>The answer: as many as there could be, down to none.</summary>
    public void Give(IReadOnlyList<SafeFileHandle> made)
    {
        lock (_lock)
        {
            _isAsked = false;
            foreach (var handle in made)
            {
                Keep(Own(handle));
            }

            // Whoever waits in vain hears so: a second answer would be no other.
            while (made.Count == 0 && _waiting.TryDequeue(out var vain))
            {
                _ = vain.TrySetResult(null);
            }

            if (_waiting.Count > 0)
            {
                Ask();
            }
        }
    }

    /// <summary>Closes those that nobody has taken.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isOver = true;
            while (_ready.TryDequeue(out var left))
            {
                left.Dispose();
            }

            while (_waiting.TryDequeue(out var vain))
            {
                _ = vain.TrySetResult(null);
            }
        }
    }

    private void Ask()
    {
        if (!_isAsked)
        {
            _isAsked = true;
            ask();
        }
    }

    private void Keep(Socket socket)
    {
        if (_isOver)
        {
            socket.Dispose();
            return;
        }

        while (_waiting.TryDequeue(out var next))
        {
            if (next.TrySetResult(socket))
            {
                return;
            }
        }

        _ready.Enqueue(socket);
    }

    private static Socket Own(SafeFileHandle handle)
    {
        var number = handle.DangerousGetHandle();
        handle.SetHandleAsInvalid();
        return new Socket(new SafeSocketHandle(number, ownsHandle: true));
    }
}
