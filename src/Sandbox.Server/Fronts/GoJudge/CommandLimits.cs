using Sandbox.Server.Settings;

namespace Sandbox.Server.Fronts.GoJudge;

/// <summary>The limits of a command as those of a job. There, one that is not given is a limit of 0, which everything that runs is over.</summary>
internal static class CommandLimits
{
    /// <summary>Of a file that is collected, unless the command says otherwise.</summary>
    public const long UsualCopyOut = 256L << 20;

    private const long FileBytes = 256L << 20;

    // There 128 MiB each for the working directory and /tmp.
    private const long DirectoriesBytes = 256L << 20;
    private const int OpenFiles = 256;

    // Below these no program starts, and none that is over 0 needs to be told apart from others.
    private const long LeastMemory = 256 << 10;
    private const long LeastStack = 64 << 10;
    private const double RateOfOne = 1000;
    private const double LeastCpus = 0.01;
    private static readonly TimeSpan s_leastTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_mostTime = TimeSpan.FromDays(40);

    /// <summary>Those of a command.</summary>
    /// <param name="form">The command.</param>
    /// <param name="settings">The server's.</param>
    /// <param name="captured">The most bytes of a stream that are told.</param>
    public static ResourceLimits Of(CommandForm form, ServerSettings settings, long captured)
    {
        var memory = Math.Max(LeastMemory, Bytes(form.MemoryLimit));
        return new()
        {
            CpuTime = Time(form.CpuLimit ?? 0),
            WallTime = Time(Clock(form)),
            MemoryBytes = memory,
            Processes = (int)Math.Clamp(form.ProcLimit ?? 0, 1, 1 << 22),
            StackBytes = form.StackLimit is > 0 and var stack ? Math.Max(LeastStack, Math.Min(Bytes(stack), memory)) : null,
            DataSegmentBytes = form.DataSegmentLimit == true || form.StrictMemoryLimit == true ? memory : null,
            Cpus = CpusOf(form, settings),
            AddressSpaceBytes = form.AddressSpaceLimit == true ? memory : null,
            FileSizeBytes = FileBytes,
            OpenFiles = OpenFiles,
            DiskBytes = Math.Min(settings.Maximum.DiskBytes ?? long.MaxValue, DirectoriesBytes),
            OutputBytes = captured,
            CollectBytes = settings.Maximum.CollectBytes,
        };
    }

    /// <summary>The CPU time is over the limit.</summary>
    public static bool IsOverTime(CommandForm form, long nanoseconds) => (ulong)nanoseconds > (form.CpuLimit ?? 0);

    /// <summary>The memory is over the limit.</summary>
    public static bool IsOverMemory(CommandForm form, long bytes) => (ulong)bytes > (form.MemoryLimit ?? 0);

    /// <summary>The command asks for a part of a processor that this server does not hold it to: as there, only one that was started for it does.</summary>
    public static bool IgnoresRate(CommandForm form, ServerSettings settings) => form.CpuRateLimit is > 0 && settings.Maximum.Cpus is null;

    private static double? CpusOf(CommandForm form, ServerSettings settings) =>
        form.CpuRateLimit is > 0 and var rate && settings.Maximum.Cpus is not null ? Math.Clamp(rate / RateOfOne, LeastCpus, 1e6) : null;

    private static ulong Clock(CommandForm form) =>
        form.RealCpuLimit is > 0 and var old ? old : form.ClockLimit is > 0 and var clock ? clock : form.CpuLimit ?? 0;

    private static TimeSpan Time(ulong nanoseconds)
    {
        var ticks = (nanoseconds / 100) + (nanoseconds % 100 > 0 ? 1UL : 0);
        return ticks >= (ulong)s_mostTime.Ticks ? s_mostTime : TimeSpan.FromTicks(Math.Max(s_leastTime.Ticks, (long)ticks));
    }

    private static long Bytes(ulong? bytes) => (long)Math.Min(bytes ?? 0, long.MaxValue / 2);
}
