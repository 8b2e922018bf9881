namespace Sandbox;

/// <summary>The IPC namespace of a job: System V shared memory, semaphores and message queues, and POSIX message queues (ipc_namespaces(7)).</summary>
public sealed record IpcNamespace
{
    /// <summary>One of its own, which no other job is in: the default.</summary>
    public static IpcNamespace Private { get; } = new();

    /// <summary>Other jobs of the same caller may join it. Needs a <see cref="JoinedNetwork"/>, below whose holder they are. Default false.</summary>
    public bool Shareable { get; init; }

    /// <summary>
    /// The job whose IPC namespace this one is in: its name in their network, its <see cref="JobSpec.Name"/>, or its id, of which the last 4 digits are enough. It has to run, to be
    /// <see cref="Shareable"/>, and to be in the same network. Null (the default) for none.
    /// </summary>
    public string? Container { get; init; }
}
