using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandbox.Running;
using Sandbox.Server.Trust;

namespace Sandbox.Server.Handover;

// The caller has the same root and the same mounts, so a path leads it to the same place, but for what the kernel makes of who looks: the links of procfs that are none
// (proc(5), /proc/self/fd), to which /dev/stdout and /dev/fd lead, everything else in procfs, since /proc/self is a plain link to another directory for each process, and the
// terminal at /dev/tty.

/// <summary>Whether paths that a handed-over job has lead this process to where they lead its caller.</summary>
internal static partial class CallerPaths
{
    private const nint OpenAt2 = 437; // of every architecture (openat2(2))
    private const ulong PathOnly = 0x200000;
    private const ulong CloseOnExec = 0x80000;
    private const ulong NoMountCrossing = 0x01; // RESOLVE_NO_XDEV
    private const ulong NoMagicLinks = 0x02;
    private const nint CurrentDirectory = -100;
    private const long ProcFs = 0x9fa0; // PROC_SUPER_MAGIC
    private const int NoEntry = 2;
    private const int OtherMount = 18; // EXDEV
    private const int NotDirectory = 20;
    private const int MostLooking = 32;

    private static readonly TimeSpan s_toAnswer = TimeSpan.FromSeconds(1); // half of what a command waits

    private static int s_looking;

    /// <summary>All that the job names of the machine.</summary>
    public static bool AreSame(JobSpec job) => Sources(job).Concat(Destinations(job)).All(IsSame);

    /// <summary>The job writes to the machine, other than into the store.</summary>
    public static bool AreWritten(JobSpec job) => Destinations(job).Any();

    /// <summary>One path; also where nothing is there yet. False, too, for one that does not answer.</summary>
    /// <param name="path">Absolute.</param>
    public static bool IsSame(string path) =>
        path.StartsWith('/') && !path.Contains('\0') && (Look(path, NoMagicLinks | NoMountCrossing) ?? InTime(() => Look(path, NoMagicLinks) == true));

    // Behind a mount there may be a server that does not answer, and whoever waits for one cannot be ended: those are few, and no caller waits for them.
    private static bool InTime(Func<bool> look)
    {
        if (Interlocked.Increment(ref s_looking) > MostLooking)
        {
            Interlocked.Decrement(ref s_looking);
            return false;
        }

        var looking = Task.Run(() =>
        {
            try
            {
                return look();
            }
            finally
            {
                Interlocked.Decrement(ref s_looking);
            }
        });
        return looking.Wait(s_toAnswer) && looking.Result;
    }

    // Null where the way leads over a mount and is not to. What is not there may be made, in a directory that is, or is to be made, too. Whether it is there is answered for this process:
    // behind a link, or after "..", it may be for the caller.
    private static bool? Look(string path, ulong resolve)
    {
        for (var at = path; ; at = Above(at))
        {
            var error = Open(at, resolve, out var place);
            using (place)
            {
                if (error == 0)
                {
                    return IsSame(place);
                }
            }

            if (error == OtherMount)
            {
                return null;
            }

            if (error is not (NoEntry or NotDirectory) || at == "/" || PathStatus.Of(at) is not null || path.Split('/').Contains(".."))
            {
                return false;
            }
        }
    }

    private static IEnumerable<string> Sources(JobSpec job)
    {
        IEnumerable<string?> paths =
        [
            (job.Rootfs as DirectoryRootfs)?.Path,
            job.Rootfs is ImageRootfs { Reference: var image } && TrustBoundary.IsPath(image) ? image : null,
            .. job.Mounts.Select(static mount => (mount as BindMount)?.Source ?? (mount as OverlayMount)?.Source),
            .. job.Mounts.Select(static mount => (mount as OverlayMount)?.Upper),
            .. job.Files.Select(static file => (file.Content as FileContent)?.Path),
            ((job.Stdin as ContentStdin)?.Content as FileContent)?.Path,
            (job.Seccomp as PolicyFile)?.Path,
        ];
        return paths.OfType<string>();
    }

    private static IEnumerable<string> Destinations(JobSpec job)
    {
        IEnumerable<string?> paths =
        [
            (job.Stdout as FileOutput)?.Path,
            (job.Stderr as FileOutput)?.Path,
            job.Diff?.To,
            .. job.Outputs.Select(static output => output.To).Where(static to => to is not (OutputSpec.Store or OutputSpec.Memory)),
        ];
        return paths.OfType<string>();
    }

    // Of a path that ends in a slash, which is for directories only, the same without it.
    private static string Above(string path) => path[..(path.EndsWith('/') ? path.TrimEnd('/').Length : Math.Max(path.LastIndexOf('/'), 0))] is { Length: > 0 } above ? above : "/";

    private static bool IsSame(SafeFileHandle place) =>
        PathStatus.Of(place) is { IsControllingTerminal: false } && fstatfs(place, out var system) == 0 && system.Type != ProcFs;

    // The errno.
    private static int Open(string path, ulong resolve, out SafeFileHandle place)
    {
        var how = new OpenHow { Flags = PathOnly | CloseOnExec, Resolve = resolve };
        place = new(syscall(OpenAt2, CurrentDirectory, path, in how, Marshal.SizeOf<OpenHow>()), ownsHandle: true);
        return place.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial nint syscall(nint number, nint directory, string path, in OpenHow how, nint size);

    [LibraryImport("libc")]
    private static partial int fstatfs(SafeFileHandle file, out FileSystemStatus status);

    // struct open_how
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    // struct statfs (statfs(2))
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    private struct FileSystemStatus
    {
        [FieldOffset(0)]
        public long Type;
    }
}
