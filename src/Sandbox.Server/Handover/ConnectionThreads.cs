using System.Net.Sockets;

namespace Sandbox.Server.Handover;

/// <summary>Threads that serve one connection after the other, and end when none comes for a while: one that is new costs each job a quarter of a millisecond.</summary>
/// <param name="name">Of each thread, as ps(1) shows it.</param>
/// <param name="patience">How long one waits for the next connection.</param>
/// <param name="serve">Serves a connection until it is over; throws nothing.</param>
internal sealed class ConnectionThreads(string name, TimeSpan patience, Action<Socket> serve)
{
    private const int StackBytes = 256 << 10;

    private readonly object _monitor = new();
    private readonly Queue<Socket> _taken = new();
    private int _idle;

    /// <summary>How many wait for a connection, and have none that they are yet to wake up for.</summary>
    public int Idle
    {
        get
        {
            lock (_monitor)
            {
                return _idle - _taken.Count;
            }
        }
    }

    /// <summary>Has a thread serve the connection, one that waits or a new one.</summary>
    /// <exception cref="OutOfMemoryException">There is none to be had (clone(2), EAGAIN).</exception>
    public void Serve(Socket connection)
    {
        lock (_monitor)
        {
            // One of those that wait for each that was taken: nobody waits for somebody else's job.
            if (_idle > _taken.Count)
            {
                _taken.Enqueue(connection);
                Monitor.Pulse(_monitor);
                return;
            }
        }

        new Thread(() => Run(connection), StackBytes) { IsBackground = true, Name = name }.Start();
    }

    private void Run(Socket first)
    {
        for (var connection = first; connection is not null; connection = Next())
        {
            serve(connection);
        }
    }

    private Socket? Next()
    {
        lock (_monitor)
        {
            _idle++;
            while (_taken.Count == 0 && Monitor.Wait(_monitor, patience))
            {
                // Woken for one that another thread was quicker to take.
            }

            _idle--;
            return _taken.TryDequeue(out var connection) ? connection : null;
        }
    }
}
