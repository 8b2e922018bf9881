using Microsoft.Win32.SafeHandles;
using Sandbox.Execution.Judging;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Execution;

/// <summary>
/// One running launcher process, started when the first job needs it. It serves many jobs, at once and one after the
/// other; its end, or ours, is the end of all of them.
/// </summary>
internal sealed class Launcher(string? installedPath) : IDisposable
{
    // Above any number that posix_spawn's file actions write to.
    private const int LowestDescriptor = 10;
    private const int SigKill = 9;
    private const int SigCont = 18;

    // It reads at once; one that was stopped is no reason to wait for ever.
    private static readonly TimeSpan s_untilTaken = TimeSpan.FromSeconds(10);

    // Without its socket it kills what is left of its jobs and ends. What the kernel does not end, nobody waits for.
    private static readonly TimeSpan s_untilEnd = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_untilKilled = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private SafeFileHandle? _control;
    private int _pid;

    /// <summary>Takes over a launcher that runs already.</summary>
    public Launcher(SafeFileHandle control, int pid)
        : this(installedPath: null)
    {
        _control = control;
        _pid = pid;
    }

    /// <summary>Its process; 0 before the first job.</summary>
    public int Pid => Volatile.Read(ref _pid);

    /// <summary>Lets it go on if somebody stopped it.</summary>
    public void Continue() => Signal(SigCont);

    /// <summary>Ends it at once: the kernel ends its jobs with it.</summary>
    public void Kill() => Signal(SigKill);

    /// <summary>Starts a job; the launcher and its pid 1 report on the returned channel.</summary>
    /// <param name="plan">Sealed memfd with the plan.</param>
    /// <param name="descriptors">stdin, stdout, stderr and the plan's extra descriptors, in order.</param>
    /// <param name="cancellationToken">Ends the waiting for a launcher that does not read.</param>
    public SafeFileHandle Start(SafeFileHandle plan, ReadOnlySpan<SafeFileHandle> descriptors, CancellationToken cancellationToken)
    {
        Check(Libc.SocketPair(out var ours, out var theirs), Operation.OpenChannel);
        using (theirs)
        {
            Span<int> numbers = stackalloc int[2 + descriptors.Length];
            numbers[0] = Number(plan);
            numbers[1] = Number(theirs);
            for (var i = 0; i < descriptors.Length; i++)
            {
                numbers[2 + i] = Number(descriptors[i]);
            }

            lock (_lock)
            {
                Send(numbers, cancellationToken);
            }
        }

        return ours;
    }

    /// <summary>No job will come any more: it ends by itself once those that it has are gone, and nobody has to wait for that in the end.</summary>
    public void ExpectNoMore()
    {
        lock (_lock)
        {
            if (_control is not null)
            {
                _ = Libc.SendDescriptors(_control, (byte)'E', []);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            Stop();
        }
    }

    // A launcher that died between two jobs (killed, or out of memory) is replaced once; its jobs are lost and say so.
    private void Send(ReadOnlySpan<int> numbers, CancellationToken cancellationToken)
    {
        Spawn();
        var error = SendPatiently(numbers, cancellationToken);
        if (error is -Errno.EPIPE or -Errno.ECONNRESET)
        {
            Stop();
            Spawn();
            error = SendPatiently(numbers, cancellationToken);
        }

        Check(error, Operation.SendJob);
    }

    // The kernel counts descriptors on their way for all processes of a user together, and refuses to send more to whoever's soft limit of
    // open files that exceeds (too_many_unix_fds, net/unix/scm.c): a job with our id can have left that many in its sockets, as far as its own limit goes.
    private int SendPatiently(ReadOnlySpan<int> numbers, CancellationToken cancellationToken)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var error = Libc.SendDescriptors(_control!, (byte)'J', numbers);
            var left = (error == -Errno.EAGAIN ? s_untilTaken : s_patience) - TimeProvider.System.GetElapsedTime(since);
            if (error is not (-Errno.ETOOMANYREFS or -Errno.EAGAIN) || left <= TimeSpan.Zero)
            {
                return error;
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (error == -Errno.EAGAIN)
            {
                _ = Libc.Poll([new PollEntry { Descriptor = Number(_control!), Wanted = PollEntry.Writable }], left < s_nap ? left : s_nap);
            }
            else if (!Libc.LiftOpenFiles())
            {
                cancellationToken.WaitHandle.WaitOne(s_nap);
            }
        }
    }

    private void Spawn()
    {
        if (_control is not null)
        {
            return;
        }

        Check(Libc.SocketPair(out var ours, out var theirs), Operation.ConnectLauncher);
        using (theirs)
        {
            _pid = Spawn(installedPath, theirs, []);
        }

        _control = ours;
    }

    /// <summary>Starts the program of the launcher; its process, to be reaped.</summary>
    /// <param name="installedPath">Where it is; null for the one in this assembly.</param>
    /// <param name="socket">Becomes its descriptor 3.</param>
    /// <param name="mode">Its one argument, with a final NUL; empty for none.</param>
    /// <exception cref="SandboxException">It cannot be started.</exception>
    public static int Spawn(string? installedPath, SafeFileHandle socket, ReadOnlySpan<byte> mode)
    {
        Check(Libc.Duplicate(socket, LowestDescriptor, out var control), Operation.ConnectLauncher);
        using (control)
        using (var nothing = OpenNull())
        using (var binary = installedPath is null ? LauncherBinary.Open() : null)
        {
            var path = installedPath ?? $"/proc/self/fd/{Number(binary!)}";
            var error = Libc.Spawn(path, "sandbox\0"u8, mode, control, nothing, out var pid);
            return error < 0 ? throw Failure(error, Operation.SpawnLauncher, path) : pid;
        }
    }

    private static SafeFileHandle OpenNull()
    {
        Check(Libc.OpenReadWrite("/dev/null\0"u8, out var low), Operation.OpenNull);
        using (low)
        {
            Check(Libc.Duplicate(low, LowestDescriptor, out var high), Operation.OpenNull);
            return high;
        }
    }

    private void Stop()
    {
        if (_control is null)
        {
            return;
        }

        _control.Dispose();
        _control = null;

        // Forgotten first: once it is reaped, the number may be another process's.
        var pid = Interlocked.Exchange(ref _pid, 0);
        if (Libc.Reap(pid, s_untilEnd))
        {
            return;
        }

        _ = Libc.Signal(pid, SigKill);
        _ = Libc.Reap(pid, s_untilKilled);
    }

    private void Signal(int signal)
    {
        if (Pid is > 0 and var pid)
        {
            _ = Libc.Signal(pid, signal);
        }
    }

    private static int Number(SafeFileHandle handle) => handle.DangerousGetHandle().ToInt32();

    private static void Check(int error, Operation operation)
    {
        if (error < 0)
        {
            throw Failure(error, operation, null);
        }
    }

    private static SandboxException Failure(int error, Operation operation, string? path) =>
        new("the launcher cannot be started") { Operation = operation, Path = path, Errno = Errno.Name(-error) };
}

/// <summary>What is done about a launcher that says nothing although a word of it is due.</summary>
internal enum LauncherAction
{
    /// <summary>Nothing is due.</summary>
    None,

    /// <summary>It may have been stopped: it is told to go on.</summary>
    Continue,

    /// <summary>It is killed, and its jobs end with it.</summary>
    Kill,

    /// <summary>Not even that ended it: nobody waits for it any more.</summary>
    GiveUp,
}

/// <summary>The launcher as it was built with this assembly.</summary>
internal static class LauncherBinary
{
    private const string Resource = "launcher";

    /// <summary>
    /// A sealed memfd that holds it, to be started as <c>/proc/self/fd/N</c>. Nothing can change it (runc CVE-2019-5736),
    /// and nothing has to be installed.
    /// </summary>
    public static unsafe SafeFileHandle Open()
    {
        using var stream = typeof(LauncherBinary).Assembly.GetManifestResourceStream(Resource) as UnmanagedMemoryStream
            ?? throw new SandboxException("this build holds no launcher") { Operation = Operation.FindLauncher };

        return MemFile.Create("sandbox\0"u8, new ReadOnlySpan<byte>(stream.PositionPointer, checked((int)stream.Length)), executable: true);
    }
}

/// <summary>Says in one sentence why a program could not be executed (execve(2), "Errors").</summary>
internal static class ExecMessage
{
    /// <summary>The sentence, with the detail the sandbox found, if any.</summary>
    public static string Of(ExecFailure failure)
    {
        var detail = failure.Detail is null ? "" : $": {failure.Detail}";
        var program = Words.Quote(failure.Program);
        return failure.Errno switch
        {
            "ENOENT" when failure.ProgramExists => $"missing loader: {program} names a loader or interpreter that is not in the sandbox{detail}",
            "ENOENT" when failure.Program.Contains('/') => $"command not found: no {program} in the sandbox{detail}",
            "ENOENT" => $"command not found: no {program} in the PATH of the sandbox{detail}" + (failure.Program.Contains(' ') ? "; each word of a command is a member of its own" : ""),
            "ENOTDIR" => $"command not found: a part of {program} is not a directory{detail}",
            "EACCES" or "EPERM" => $"not executable: {program} may not be executed ({failure.Errno}){detail}",
            "EISDIR" => $"not executable: {program} is a directory{detail}",
            "ENOEXEC" => $"wrong format: {program} is not a program for this machine{detail}",
            "ELIBBAD" => $"wrong format: the loader of {program} is not a loader for this machine{detail}",
            "ELOOP" => $"command not found: too many symbolic links in {program}, or scripts that are the interpreters of each other{detail}",
            "ENOMEM" => $"{program} does not fit the {failure.Limit ?? "memory"} limit (ENOMEM){detail}",
            "E2BIG" => $"the arguments and environment of {program} are too long (E2BIG){detail}",
            "ETXTBSY" => $"{program} is open for writing (ETXTBSY){detail}",
            _ => $"{program} could not be executed ({failure.Errno}){detail}",
        };
    }
}
