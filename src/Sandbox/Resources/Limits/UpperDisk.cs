using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Storage;

namespace Sandbox.Resources.Limits;

// The directory is locked for as long as this process or the keeper (native/launcher/keeper.c) lives, who share the open file: what is not
// locked was left by both, and the next job's keeper removes it.

/// <summary>A job's directory on a disk for the upper sides of its overlays, and the line to the keeper who counts and removes what is in it.</summary>
internal sealed class UpperDisk : Lease
{
    // Of a job with subordinate ids: only the keeper of another such job has the rights to remove its files.
    private const string OfManyIds = "ids-";

    private static readonly TimeSpan s_removal = TimeSpan.FromSeconds(30);

    // Whoever makes a directory has the place for about as long as that takes.
    private static readonly TimeSpan s_nap = TimeSpan.FromMilliseconds(1);

    private readonly SafeFileHandle _directory;
    private readonly SafeFileHandle _socket;
    private SafeFileHandle? _keeperEnd;
    private UpperReport _last;

    private UpperDisk(string path, SafeFileHandle directory, SafeFileHandle socket, SafeFileHandle keeperEnd) =>
        (Path, _directory, _socket, _keeperEnd) = (path, directory, socket, keeperEnd);

    /// <summary>Its real path.</summary>
    public string Path { get; }

    /// <summary>The directory; what overlays changed is below <c>overlayN/upper</c> in it.</summary>
    public SafeFileHandle Directory => _directory;

    /// <summary>What it and the writable tmpfs may hold together; 0 for no limit, when nobody counts.</summary>
    public long MaxBytes { get; private set; }

    /// <summary>How many files it may hold.</summary>
    public long MaxInodes { get; private set; }

    /// <summary>Bytes on the disk at the last look.</summary>
    public long Bytes => _last.Bytes;

    /// <summary>Files at the last look.</summary>
    public long Inodes => _last.Inodes;

    /// <summary>By how much the whole file system had filled since the first look.</summary>
    public long Grown => _last.Grown;

    /// <summary>What it had left.</summary>
    public long Available => _last.Available;

    /// <summary>Number of looks.</summary>
    public int Looks { get; private set; }

    /// <summary>Nobody counts any more.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Readable when there is something to read.</summary>
    public PollEntry Event => new() { Descriptor = IsLost ? -1 : _socket.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable };

    /// <summary>One for a job whose overlays need a disk; null if none does, or no file system of the host is fit.</summary>
    /// <exception cref="SandboxException">The directory cannot be made.</exception>
    public static Lease? Acquire(JobDraft draft, HostResources host, CancellationToken cancellationToken)
    {
        if (!host.NeedsDisk(draft))
        {
            return null;
        }

        using var step = HostWatch.Enter(Operation.LookAtFiles);
        draft.Uppers = Make(host.StoreLocation, draft.Job.Spec, draft.Context, cancellationToken);
        draft.LacksDisk = draft.Uppers is null;
        draft.Context = draft.Context with { UpperDirectory = draft.Uppers?.Path };
        return draft.Uppers;
    }

    private static UpperDisk? Make(string store, JobSpec job, PlanContext context, CancellationToken cancellationToken)
    {
        using var place = UpperPlace.Open(store, UpperPlace.SourcesOf(job), out var path);
        if (place is null)
        {
            return null;
        }

        // Whoever makes one locks it before anybody can take it for one that was left.
        Lock(place, path, cancellationToken);
        try
        {
            var (directory, name) = MakeDirectory(place, path, context);
            try
            {
                TakeLeft(place, directory, name, context);
                if (context.ForeignIds)
                {
                    Check(Libc.ChangeOwner(directory, context.HostUid, context.HostGid), $"{path}/{name}");
                }

                Check(Libc.SocketPair(out var ours, out var theirs), path);
                return new($"{path}/{name}", directory, ours, theirs);
            }
            catch
            {
                directory.Dispose();
                throw;
            }
        }
        finally
        {
            _ = Libc.Unlock(place);
        }
    }

    /// <summary>Takes the limits of the plan.</summary>
    public void HoldTo(SandboxPlan plan)
    {
        foreach (var step in plan.Steps.OfType<UppersStep>())
        {
            (MaxBytes, MaxInodes) = (step.Bytes, step.Inodes);
        }
    }

    /// <summary>What the step of the plan names: the directory and the keeper's end. They stay this object's.</summary>
    public override IReadOnlyList<SafeFileHandle> Descriptors => _keeperEnd is { } end ? [_directory, end] : [];

    /// <summary>The launcher has them: the keeper's end is heard as the end of the socket.</summary>
    public override void HandedOver()
    {
        _keeperEnd?.Dispose();
        _keeperEnd = null;
    }

    /// <summary>Reads what the keeper has found.</summary>
    public void Look()
    {
        var report = default(UpperReport);
        while (!IsLost)
        {
            var size = Libc.ReceiveMessage(_socket, MemoryMarshal.AsBytes(new Span<UpperReport>(ref report)));
            if (size == -Errno.EAGAIN)
            {
                return;
            }

            IsLost = size != Marshal.SizeOf<UpperReport>();
            if (IsLost)
            {
                return;
            }

            _last = report;
            Looks++;
        }
    }

    /// <summary>Has the keeper remove everything and waits for its end; what cannot be removed in time is left to the next.</summary>
    public override void Dispose()
    {
        HandedOver();
        _ = Libc.SendByte(_socket, (byte)'r');
        AwaitKeeper();

        // Where the launcher took no job there was no keeper, and nothing is in it.
        _ = System.IO.Directory.Exists(Path) && Libc.ListDirectory(Path).Count == 0 ? RemoveEmpty() : 0;
        _socket.Dispose();
        _directory.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    public override EnforcementFacts Holds(EnforcementFacts facts) => facts with { UppersOnDisk = Path };

    private void AwaitKeeper()
    {
        var since = Stopwatch.GetTimestamp();
        Span<byte> words = stackalloc byte[64];
        while (s_removal - Stopwatch.GetElapsedTime(since) is var left && left > TimeSpan.Zero)
        {
            _ = Libc.Poll([new PollEntry { Descriptor = _socket.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable }], left);
            if (Libc.ReceiveMessage(_socket, words) is var size and <= 0 && size != -Errno.EAGAIN)
            {
                return;
            }
        }
    }

    private int RemoveEmpty()
    {
        if (Libc.OpenDirectory(Encoding.UTF8.GetBytes(System.IO.Path.GetDirectoryName(Path) + '\0'), out var above) < 0)
        {
            return 0;
        }

        using (above)
        {
            return Libc.RemoveDirectoryAt(above, Encoding.UTF8.GetBytes(System.IO.Path.GetFileName(Path) + '\0'));
        }
    }

    private static void Lock(SafeFileHandle place, string path, CancellationToken cancellationToken)
    {
        while (Libc.TryLock(place) is var error && error != 0)
        {
            Check(error == -Errno.EAGAIN ? 0 : error, path);
            cancellationToken.ThrowIfCancellationRequested();
            cancellationToken.WaitHandle.WaitOne(s_nap);
        }
    }

    private static (SafeFileHandle Directory, string Name) MakeDirectory(SafeFileHandle place, string path, PlanContext context)
    {
        var name = (context.SubIds is null ? "" : OfManyIds) + RandomNumberGenerator.GetHexString(24, lowercase: true);
        var bytes = Encoding.UTF8.GetBytes(name + '\0');
        Check(Libc.MakePrivateDirectoryAt(place, bytes), $"{path}/{name}");
        Check(Libc.OpenAt(place, bytes, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, out var directory), $"{path}/{name}");
        Check(Libc.TryLock(directory), $"{path}/{name}");
        return (directory, name);
    }

    // Moved, not removed: a directory of the caller's own can be, whoever's files are in it, and the keeper has the rights over those.
    private static void TakeLeft(SafeFileHandle place, SafeFileHandle directory, string own, PlanContext context)
    {
        var number = 0;
        foreach (var name in StoreDirectory.Names(place).Where(name => name != own))
        {
            if (!context.ForeignIds && context.SubIds is null && name.StartsWith(OfManyIds, StringComparison.Ordinal))
            {
                continue;
            }

            if (Libc.OpenAt(place, Encoding.UTF8.GetBytes(name + '\0'), OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, out var left) < 0)
            {
                continue;
            }

            using (left)
            {
                if (Libc.TryLock(left) == 0)
                {
                    _ = Libc.RenameAt(place, name, directory, string.Create(CultureInfo.InvariantCulture, $"left{number++}"));
                }
            }
        }
    }

    private static void Check(int error, string path)
    {
        if (error < 0)
        {
            throw new SandboxException("cannot make the directory that keeps the changes of overlays") { Operation = Operation.MakeUppers, Path = path, Errno = Errno.Name(-error) };
        }
    }

    /// <summary><c>struct upper_report</c> of native/launcher/keeper.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct UpperReport
    {
        public long Bytes;
        public long Inodes;
        public long Grown;
        public long Available;
    }
}
