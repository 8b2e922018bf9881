using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace Sandbox.Interop;

// Processes, sockets and pipes, through Tmds.LibC where it has the call. As in Libc.Files.cs every call returns 0 or a count, or the negated errno.

internal static partial class Libc
{
    private const int DuplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC
    private const int AddSeals = 1033;             // F_ADD_SEALS
    private const int AllSeals = 0xf;              // F_SEAL_SEAL | SHRINK | GROW | WRITE
    private const int ControlHeaderSize = 16;      // sizeof(struct cmsghdr)
    private const int MaxDescriptors = 112;     // plan.h, PLAN_MAX_FDS
    private const nint SyscallPidfdOpen = 434;
    private const int NoHang = 1; // WNOHANG

    /// <summary>memfd_create(2): close-on-exec, sealable; 0 or the negated errno.</summary>
    public static int CreateSealable(ReadOnlySpan<byte> name, bool executable, out SafeFileHandle file)
    {
        const uint closeOnExec = 1, allowSealing = 2, noExec = 8, exec = 0x10;
        var flags = closeOnExec | allowSealing;
        // Before Linux 6.3 the last two flags are EINVAL, and every memfd is executable.
        var result = Take(memfd_create(in MemoryMarshal.GetReference(name), flags | (executable ? exec : noExec)), out file);
        return result != -Errno.EINVAL ? result : Take(memfd_create(in MemoryMarshal.GetReference(name), flags), out file);
    }

    /// <summary>Makes a memfd unchangeable for ever (F_ADD_SEALS, fcntl(2)); 0 or the negated errno.</summary>
    public static int Seal(SafeFileHandle file) => Check(fcntl(file, AddSeals, AllSeals));

    /// <summary>A duplicate with a number of at least <paramref name="lowest"/>, close-on-exec; 0 or the negated errno.</summary>
    public static int Duplicate(SafeFileHandle file, int lowest, out SafeFileHandle duplicate) =>
        Take(fcntl(file, DuplicateCloseOnExec, lowest), out duplicate);

    /// <summary>pipe2(2), close-on-exec; our end does not block. 0 or the negated errno.</summary>
    public static unsafe int Pipe(bool weRead, out SafeFileHandle read, out SafeFileHandle write)
    {
        var ends = stackalloc int[] { -1, -1 };
        var result = Check(LibC.pipe2(ends, LibC.O_CLOEXEC));
        read = new SafeFileHandle(ends[0], ownsHandle: true);
        write = new SafeFileHandle(ends[1], ownsHandle: true);
        return result < 0 ? result : Check(fcntl(weRead ? read : write, LibC.F_SETFL, LibC.O_NONBLOCK));
    }

    /// <summary>pipe2(2), close-on-exec, both ends as programs expect them: they block. 0 or the negated errno.</summary>
    public static unsafe int BlockingPipe(out SafeFileHandle read, out SafeFileHandle write)
    {
        var ends = stackalloc int[] { -1, -1 };
        var result = Check(LibC.pipe2(ends, LibC.O_CLOEXEC));
        read = new SafeFileHandle(ends[0], ownsHandle: true);
        write = new SafeFileHandle(ends[1], ownsHandle: true);
        return result;
    }

    /// <summary>Bytes that a pipe holds at most (F_GETPIPE_SZ, fcntl(2)); or the negated errno.</summary>
    public static int PipeSize(SafeFileHandle pipe) => Check(fcntl(pipe, 1032, 0));

    /// <summary>Changes how many bytes a pipe holds (F_SETPIPE_SZ, fcntl(2)); how many it is now, or the negated errno.</summary>
    public static int SetPipeSize(SafeFileHandle pipe, int bytes) => Check(fcntl(pipe, 1031, bytes));

    /// <summary>splice(2) from a pipe to a pipe, without waiting for either; the count, 0 at the end of file, or the negated errno.</summary>
    public static int Splice(SafeFileHandle from, SafeFileHandle to, int most)
    {
        const uint moveWithoutWaiting = 3; // SPLICE_F_MOVE | SPLICE_F_NONBLOCK
        return Check((int)splice(from, 0, to, 0, (nuint)most, moveWithoutWaiting));
    }

    /// <summary>A connected pair of record sockets (unix(7), SOCK_SEQPACKET), close-on-exec; 0 or the negated errno.</summary>
    public static int SocketPair(out SafeFileHandle ours, out SafeFileHandle theirs) => Pair(LibC.SOCK_SEQPACKET, out ours, out theirs);

    /// <summary>A connected pair of stream sockets (unix(7), SOCK_STREAM), close-on-exec; 0 or the negated errno.</summary>
    public static int StreamPair(out SafeFileHandle ours, out SafeFileHandle theirs) => Pair(LibC.SOCK_STREAM, out ours, out theirs);

    /// <summary>write(2) once; the count or the negated errno.</summary>
    public static int Write(SafeFileHandle file, ReadOnlySpan<byte> bytes) =>
        Check(write(file, in MemoryMarshal.GetReference(bytes), bytes.Length));

    /// <summary>open(2) by a path of the host; 0 or the negated errno.</summary>
    public static int Open(ReadOnlySpan<byte> path, int flags, out SafeFileHandle file) =>
        Take(open(in MemoryMarshal.GetReference(path), flags, 0), out file);

    /// <summary>open(2) for reading by a path of the host; 0 or the negated errno.</summary>
    public static int OpenForReading(ReadOnlySpan<byte> path, out SafeFileHandle file) =>
        Take(open(in MemoryMarshal.GetReference(path), OpenFlags.CloseOnExec | OpenFlags.NoControllingTerminal, 0), out file);

    /// <summary>open(2) for reading and writing by a path of the host; 0 or the negated errno.</summary>
    public static int OpenReadWrite(ReadOnlySpan<byte> path, out SafeFileHandle file) =>
        Take(open(in MemoryMarshal.GetReference(path), 2 | OpenFlags.CloseOnExec, 0), out file);

    /// <summary>open(2) of /dev/null, to be inherited like the descriptor it stands for; 0 or the negated errno.</summary>
    public static int OpenNull(int access, out SafeFileHandle file) =>
        Take(open(in MemoryMarshal.GetReference("/dev/null\0"u8), access, 0), out file);

    /// <summary>Sends one byte without blocking and without SIGPIPE; 0 or the negated errno.</summary>
    public static unsafe int SendByte(SafeFileHandle socket, byte word) =>
        Check((nint)(long)LibC.send(Number(socket), &word, 1, LibC.MSG_NOSIGNAL | LibC.MSG_DONTWAIT)) is var sent and < 0 ? sent : 0;

    /// <summary>Sends one byte with descriptors (SCM_RIGHTS, unix(7)) without blocking; 0 or the negated errno.</summary>
    public static int SendDescriptors(SafeFileHandle socket, byte word, ReadOnlySpan<int> descriptors) => SendWords(socket, [word], descriptors);

    /// <summary>The same with several words; with no descriptor at all it is send(2).</summary>
    public static unsafe int SendWords(SafeFileHandle socket, ReadOnlySpan<byte> words, ReadOnlySpan<int> descriptors)
    {
        var control = stackalloc byte[ControlHeaderSize + (MaxDescriptors * sizeof(int))];
        var bytes = stackalloc byte[words.Length];
        words.CopyTo(new Span<byte>(bytes, words.Length));
        var body = new iovec { iov_base = bytes, iov_len = words.Length };
        var message = new msghdr { msg_iov = &body, msg_iovlen = 1, msg_control = control };
        *(nuint*)control = (nuint)(ControlHeaderSize + (descriptors.Length * sizeof(int)));
        ((int*)control)[2] = LibC.SOL_SOCKET;
        ((int*)control)[3] = LibC.SCM_RIGHTS;
        descriptors.CopyTo(new Span<int>(control + ControlHeaderSize, MaxDescriptors));
        message.msg_controllen = (ControlHeaderSize + (descriptors.Length * sizeof(int)) + 7) & ~7;
        int result;
        do
        {
            result = Check((nint)(long)LibC.sendmsg(Number(socket), &message, LibC.MSG_NOSIGNAL | LibC.MSG_DONTWAIT));
        }
        while (result == -Errno.EINTR);
        return result < 0 ? result : 0;
    }

    /// <summary>Receives one record and its descriptors without blocking; its size, 0 at the end, or the negated errno.</summary>
    public static unsafe int ReceiveRecord(SafeFileHandle socket, Span<byte> record, Span<int> descriptors, out int descriptorCount)
    {
        var control = stackalloc byte[ControlHeaderSize + (MaxDescriptors * sizeof(int))];
        descriptorCount = 0;
        fixed (byte* bytes = record)
        {
            var body = new iovec { iov_base = bytes, iov_len = record.Length };
            var message = new msghdr
            {
                msg_iov = &body,
                msg_iovlen = 1,
                msg_control = control,
                msg_controllen = ControlHeaderSize + (MaxDescriptors * sizeof(int)),
            };
            var size = Check((nint)(long)LibC.recvmsg(Number(socket), &message, LibC.MSG_DONTWAIT | LibC.MSG_CMSG_CLOEXEC));
            if (size <= 0 || message.msg_controllen < ControlHeaderSize)
            {
                return size;
            }

            descriptorCount = ((int)*(nuint*)control - ControlHeaderSize) / sizeof(int);
            new ReadOnlySpan<int>(control + ControlHeaderSize, descriptorCount).CopyTo(descriptors);
            return size;
        }
    }

    /// <summary>poll(2); the count of ready entries, 0 after the time, or the negated errno.</summary>
    public static int Poll(Span<PollEntry> entries, TimeSpan? timeout)
    {
        var span = timeout is { } time ? new TimeSpec { Seconds = (long)time.TotalSeconds, Nanoseconds = time.Ticks % TimeSpan.TicksPerSecond * 100 } : default;
        return timeout is null
            ? Check(ppoll(ref MemoryMarshal.GetReference(entries), (nuint)entries.Length, ref Unsafe.NullRef<TimeSpec>(), 0))
            : Check(ppoll(ref MemoryMarshal.GetReference(entries), (nuint)entries.Length, ref span, 0));
    }

    /// <summary>
    /// posix_spawn(3): no handler, thread or lock of ours is alive in between, whatever the runtime has. The child gets
    /// <paramref name="control"/> as descriptor 3 and <paramref name="null"/> as 0 to 2; its environment is empty.
    /// </summary>
    public static unsafe int Spawn(string path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> argument, SafeFileHandle control, SafeFileHandle @null, out int pid)
    {
        var actions = stackalloc byte[256]; // sizeof(posix_spawn_file_actions_t) is 80 in glibc and musl
        var result = posix_spawn_file_actions_init(actions);
        pid = 0;
        if (result != 0)
        {
            return -result;
        }

        _ = posix_spawn_file_actions_adddup2(actions, Number(control), 3);
        for (var descriptor = 0; descriptor < 3; descriptor++)
        {
            _ = posix_spawn_file_actions_adddup2(actions, Number(@null), descriptor);
        }

        fixed (byte* first = name, second = argument)
        {
            var arguments = stackalloc byte*[] { first, second, null }; // an empty span has no address
            var environment = stackalloc byte*[] { null };
            result = posix_spawn(out pid, path, actions, null, arguments, environment);
        }

        _ = posix_spawn_file_actions_destroy(actions);
        return -result;
    }

    private static int Number(SafeFileHandle handle) => handle.DangerousGetHandle().ToInt32();

    /// <summary>Reaps a child once it is dead (waitpid(2), pidfd_open(2)); a host that ignores SIGCHLD has nothing to reap.</summary>
    /// <returns>False if it still lives after the time.</returns>
    public static bool Reap(int pid, TimeSpan time)
    {
        if (Check(waitpid(pid, out _, NoHang)) != 0)
        {
            return true;
        }

        if (Take((int)pidfd_open(SyscallPidfdOpen, pid, 0), out var process) == 0)
        {
            using (process)
            {
                AwaitReadable(process, time);
            }
        }

        return Check(waitpid(pid, out _, NoHang)) != 0;
    }

    private static void AwaitReadable(SafeFileHandle file, TimeSpan time)
    {
        while (Poll([new PollEntry { Descriptor = Number(file), Wanted = PollEntry.Readable }], time) == -Errno.EINTR)
        {
        }
    }

    /// <summary>kill(2); 0 or the negated errno.</summary>
    public static int Signal(int pid, int signal) => Check(kill(pid, signal));

    /// <summary>The caller's supplementary groups (getgroups(2)).</summary>
    public static unsafe IReadOnlyList<long> SupplementaryGroups()
    {
        const int most = 256;
        var groups = stackalloc gid_t[most];
        var count = LibC.getgroups(most, groups);
        var list = new List<long>(Math.Max(count, 0));
        for (var i = 0; i < count; i++)
        {
            list.Add(groups[i]);
        }

        return list;
    }

    private static unsafe int Pair(int type, out SafeFileHandle ours, out SafeFileHandle theirs)
    {
        var ends = stackalloc int[] { -1, -1 };
        var result = Check(LibC.socketpair(LibC.AF_UNIX, type | LibC.SOCK_CLOEXEC, 0, ends));
        ours = new SafeFileHandle(ends[0], ownsHandle: true);
        theirs = new SafeFileHandle(ends[1], ownsHandle: true);
        return result;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle file, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint splice(SafeFileHandle from, nint fromOffset, SafeFileHandle to, nint toOffset, nuint count, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ppoll(ref PollEntry entries, nuint count, ref TimeSpec timeout, nint mask);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc")]
    private static unsafe partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int posix_spawn(out int pid, string path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint pidfd_open(nint number, int pid, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, out int status, int options);

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
