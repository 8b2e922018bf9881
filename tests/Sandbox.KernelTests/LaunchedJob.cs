using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Sandbox.Execution;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Jobs;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Policies;
using Sandbox.Resources;
using Sandbox.Resources.Ids;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>A job that is handed to the launcher without the supervisor: the test is the host, and reads its records one by one.</summary>
internal sealed class LaunchedJob : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly IdPool _ids = new(new SandboxOptions());
    private readonly uint? _leasedId;
    private readonly SafeFileHandle _output;
    private readonly SafeFileHandle _channel;

    /// <summary>Starts it.</summary>
    /// <param name="launcher">May serve other jobs before and after.</param>
    /// <param name="spec">Needs no files but those of its mounts, and no control groups.</param>
    /// <param name="waits">It has a barrier.</param>
    /// <param name="setupTime">The time for setting up; null for the usual one.</param>
    /// <param name="mayHang">As real root, a child of the launcher opens its sources.</param>
    /// <param name="hidden">What it may not reach; null for nothing.</param>
    public LaunchedJob(Launcher launcher, JobSpec spec, bool waits = true, TimeSpan? setupTime = null, bool mayHang = false, IReadOnlyList<HiddenPlace>? hidden = null)
    {
        _leasedId = _ids.Take();
        var job = JobValidator.Validate(spec);
        var context = PlanContext.OfThisProcess(_leasedId) with
        {
            SourcesMayHang = mayHang,
            Hidden = hidden ?? [],
            SubIds = spec.SubIds ? FurtherIds() : null,
            Given = waits ? [new BarrierStep("/network")] : [],
        };
        Plan = JobResources.Compile(job, PolicyStore.Load(spec), context);
        Plan = Plan with { SetupTime = setupTime ?? Plan.SetupTime };
        using var plan = MemFile.Create("plan\0"u8, PlanWriter.Write(Plan));
        Check(Libc.OpenReadWrite("/dev/null\0"u8, out var nothing));
        Check(Libc.Pipe(weRead: true, out _output, out var jobEnd));
        using (nothing)
        using (jobEnd)
        {
            Check(_leasedId is null ? 0 : Libc.ChangeOwner(jobEnd, Plan.HostUid, Plan.HostGid));
            _channel = launcher.Start(plan, [nothing, jobEnd, nothing], TestContext.Current.CancellationToken);
        }
    }

    public SandboxPlan Plan { get; }

    /// <summary>Where in the plan the job waits.</summary>
    public int Barrier => Plan.Steps.ToList().FindIndex(step => step is BarrierStep);

    /// <summary>What the job has written and nobody has read yet; "" for nothing.</summary>
    public string Output()
    {
        var bytes = new byte[4096];
        var size = Libc.Read(_output, bytes);
        return size <= 0 ? "" : System.Text.Encoding.UTF8.GetString(bytes, 0, size);
    }

    /// <summary>What a host says to the launcher: one byte.</summary>
    public void Say(byte word) => _ = Libc.SendByte(_channel, word);

    /// <summary>The host is gone, as far as this job can tell.</summary>
    public void Leave() => _channel.Dispose();

    /// <summary>The next record; throws if none comes in time, or the launcher is gone.</summary>
    public ReportRecord Next() => Next(out _);

    /// <summary>The next record and the descriptors that came with it, which are the caller's to close.</summary>
    public ReportRecord Next(out SafeFileHandle[] handles)
    {
        var record = default(ReportRecord);
        Span<int> descriptors = stackalloc int[64];
        Span<PollEntry> entries = [new() { Descriptor = _channel.DangerousGetHandle().ToInt32(), Wanted = PollEntry.Readable }];
        var since = Stopwatch.GetTimestamp();
        while (s_patience * Requirements.Slowness - Stopwatch.GetElapsedTime(since) is var left && left > TimeSpan.Zero)
        {
            _ = Libc.Poll(entries, left);
            var size = Libc.ReceiveRecord(_channel, MemoryMarshal.AsBytes(new Span<ReportRecord>(ref record)), descriptors, out var count);
            if (size is -Errno.EAGAIN or -Errno.EINTR or -Errno.ECONNRESET)
            {
                continue;
            }

            handles = [.. descriptors[..count].ToArray().Select(number => new SafeFileHandle(number, ownsHandle: true))];
            return size == ReportRecord.Size ? record : throw new InvalidOperationException($"the channel ended or broke: {size}");
        }

        throw new TimeoutException("the launcher said nothing");
    }

    /// <summary>All records up to the last one, which says that nothing of the job is left.</summary>
    public List<ReportRecord> ToEnd()
    {
        var records = new List<ReportRecord>();
        do
        {
            records.Add(Next(out var handles));
            foreach (var handle in handles)
            {
                handle.Dispose();
            }
        }
        while (records[^1].Kind != ReportKind.Gone);
        return records;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _channel.Dispose();
        _output.Dispose();
        _ids.Return(_leasedId);
    }

    private SubordinateIds FurtherIds()
    {
        var options = new SandboxOptions();
        var first = options.RootUidRangeStart + options.RootUidRangeLength;
        return _leasedId is null ? SubIdFiles.Of(Libc.EffectiveUid(), new HostFiles())
            : new() { FirstUid = first, Uids = SubordinateIds.Most, FirstGid = first, Gids = SubordinateIds.Most };
    }

    private static void Check(int error) => Assert.True(error >= 0, Errno.Name(-error));
}
