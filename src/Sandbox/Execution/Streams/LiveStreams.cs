using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Sandbox.Interop;

namespace Sandbox.Execution.Streams;

// A socket pair and not a pipe: the runtime waits for sockets without a thread (epoll(7)), and a wait for one can be cancelled.

/// <summary>The streams of a job that its caller reads and writes while it runs: the caller's ends, and ours until the job's streams are opened.</summary>
internal sealed class LiveStreams : IDisposable
{
    private static readonly string[] s_names = ["Stdin", "Stdout", "Stderr"];

    private readonly SafeFileHandle?[] _ours = new SafeFileHandle?[s_names.Length];
    private readonly NetworkStream?[] _callers = new NetworkStream?[s_names.Length];

    /// <summary>Makes those that a job asks for.</summary>
    /// <exception cref="SandboxException">There are no descriptors left.</exception>
    public LiveStreams(JobSpec job)
    {
        for (var descriptor = 0; descriptor < s_names.Length; descriptor++)
        {
            if (IsLive(job, descriptor))
            {
                Open(descriptor);
            }
        }
    }

    /// <summary>Refuses a job that nobody stays with, where somebody had to: nobody would read or write its live streams.</summary>
    /// <exception cref="InvalidJobException">It has some.</exception>
    public static void Refuse(JobSpec job)
    {
        if (Problems(job) is { Count: > 0 } problems)
        {
            throw new InvalidJobException(problems);
        }
    }

    /// <summary>What is wrong with a job that nobody stays with; nothing if no stream of it is live.</summary>
    public static IReadOnlyList<JobProblem> Problems(JobSpec job)
    {
        var problems = new List<JobProblem>();
        for (var descriptor = 0; descriptor < s_names.Length; descriptor++)
        {
            if (IsLive(job, descriptor))
            {
                problems.Add(new()
                {
                    Pointer = "/" + s_names[descriptor].ToLowerInvariant(),
                    Message = "is live, which needs a caller who stays with the job: SandboxRunner.StartAsync",
                });
            }
        }

        return problems;
    }

    /// <summary>The caller's end.</summary>
    /// <exception cref="InvalidOperationException">The job was not asked to have it live.</exception>
    public Stream Caller(int descriptor) => _callers[descriptor] ??
        throw new InvalidOperationException($"{s_names[descriptor]} of this job is not live: set JobSpec.{s_names[descriptor]} to {(descriptor == 0 ? "Stdin" : "OutputStream")}.Live");

    /// <summary>Our end, which is the taker's from now on.</summary>
    public SafeFileHandle Take(int descriptor)
    {
        var end = _ours[descriptor]!;
        _ours[descriptor] = null;
        return end;
    }

    /// <summary>Ends the streams that no job has taken.</summary>
    public void Dispose()
    {
        foreach (var end in _ours)
        {
            end?.Dispose();
        }
    }

    /// <summary>The caller has no more use for any.</summary>
    public async ValueTask CloseAsync()
    {
        Dispose();
        foreach (var stream in _callers)
        {
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static bool IsLive(JobSpec job, int descriptor) => descriptor switch
    {
        0 => job.Stdin is LiveStdin,
        1 => job.Stdout is LiveStream,
        _ => job.Stderr is LiveStream,
    };

    private void Open(int descriptor)
    {
        if (Libc.StreamPair(out var ours, out var callers) is var error and < 0)
        {
            Dispose();
            throw new SandboxException("no socket for a live stream of the job") { Operation = Operation.OpenStream, Errno = Errno.Name(-error) };
        }

        _ours[descriptor] = ours;
        var socket = new Socket(new SafeSocketHandle(callers.DangerousGetHandle(), ownsHandle: true));
        callers.SetHandleAsInvalid();
        _callers[descriptor] = new NetworkStream(socket, descriptor == 0 ? FileAccess.Write : FileAccess.Read, ownsSocket: true);
    }
}
