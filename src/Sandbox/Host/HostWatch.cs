using System.Globalization;
using Sandbox.Text;

namespace Sandbox.Host;

// A file of the host may be on a server that went away. Whoever asks for it is then in the kernel's hands, often beyond the
// reach of any signal, so a deadline can only be kept by somebody else: a thread that asks says what for, and another one watches.

/// <summary>What a thread is waiting for at the host's files, and since when.</summary>
internal sealed class HostWatch(TimeProvider clock, TimeSpan limit)
{
    /// <summary>A step that asks for files of the host takes no longer, whatever it has to ask for; nor does one that reads much stand still for longer.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Others may hold a lock of the image store while they unpack an image.</summary>
    public static readonly TimeSpan LockLimit = TimeSpan.FromMinutes(10);

    [ThreadStatic]
    private static HostWatch? s_ofThread;

    private readonly Lock _lock = new();
    private readonly TimeSpan _usual = limit;
    private Operation? _step;
    private string? _path;
    private TimeSpan _limit;
    private long _since;

    /// <summary>A thread of this process was left behind; until the kernel lets go of it, the process cannot end altogether.</summary>
    public static bool AnyLeft { get; set; }

    /// <summary>Time until the present step has taken too long; null where none is being taken.</summary>
    public TimeSpan? Left
    {
        get
        {
            lock (_lock)
            {
                return _step is null ? null : _limit - clock.GetElapsedTime(_since) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>How long the present step has stood still; zero where none is being taken.</summary>
    public TimeSpan Elapsed
    {
        get
        {
            lock (_lock)
            {
                return _step is null ? TimeSpan.Zero : clock.GetElapsedTime(_since);
            }
        }
    }

    /// <summary>Watches what the calling thread does from now on.</summary>
    public void Take() => s_ofThread = this;

    /// <summary>Begins a step of the calling thread; it ends when what is returned is disposed.</summary>
    /// <param name="step">What is being done, such as <see cref="Operation.ReadPolicy"/>.</param>
    /// <param name="path">The file, as far as known.</param>
    public static Scope Enter(Operation step, string? path = null) => new(s_ofThread, step, path, s_ofThread?._usual ?? Limit);

    /// <summary>The same for a lock that another process may rightly hold for longer.</summary>
    public static Scope EnterLock(string path) => new(s_ofThread, Operation.WaitForLock, path, LockLimit);

    /// <summary>The step has come to another file; its time goes on.</summary>
    public static void At(string path)
    {
        if (s_ofThread is { } watch)
        {
            watch._path = path;
        }
    }

    /// <summary>The step takes long because there is much to do: its time begins anew.</summary>
    public static void Advance()
    {
        if (s_ofThread is not { } watch)
        {
            return;
        }

        lock (watch._lock)
        {
            watch._since = watch._step is null ? 0 : watch.Now();
        }
    }

    /// <summary>The present step as a failure.</summary>
    public SandboxException Failure()
    {
        lock (_lock)
        {
            var whose = _path is { } path ? Words.Quote(path) : "the host's file system";
            var time = clock.GetElapsedTime(_since);
            return new(string.Create(CultureInfo.InvariantCulture, $"{whose} did not answer within {Math.Min(time.TotalSeconds, _limit.TotalSeconds):0.#} s"))
            {
                Operation = _step ?? Operation.Prepare,
                Path = _path,
                Errno = "ETIMEDOUT",
            };
        }
    }

    private long Now() => clock.GetTimestamp();

    private void Set(Operation? step, string? path, TimeSpan limit)
    {
        lock (_lock)
        {
            (_step, _path, _limit, _since) = (step, path, limit, Now());
        }
    }

    /// <summary>One step.</summary>
    internal readonly struct Scope : IDisposable
    {
        private readonly HostWatch? _watch;
        private readonly (Operation? Step, string? Path, TimeSpan Limit) _outer;

        internal Scope(HostWatch? watch, Operation step, string? path, TimeSpan limit)
        {
            _watch = watch;
            if (watch is null)
            {
                return;
            }

            _outer = (watch._step, watch._path, watch._limit);
            watch.Set(step, path, limit);
        }

        /// <inheritdoc/>
        public void Dispose() => _watch?.Set(_outer.Step, _outer.Path, _outer.Limit);
    }
}
