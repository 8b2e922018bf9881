using Sandbox.Execution;
using Sandbox.Jobs;
using Sandbox.Resources;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a job is given goes back: all of it, in the reverse order, whatever fails on the way.</summary>
[Trait("limits", "true")]
public sealed class LeaseTests : ImageTest
{
    private static readonly string s_ownGroups = $"sandbox-job.{Environment.ProcessId}-*";

    private static readonly NamedPath[] s_noPaths = [];

    public static TheoryData<int> Positions() => [.. Enumerable.Range(0, JobResources.InOrder.Count + 1)];

    [KernelFact(Timeout = 180_000)]
    public void Everything_can_be_acquired_and_given_back_a_thousand_times()
    {
        using var host = Host(JobResources.InOrder);
        var job = Everything();
        Acquire(host, job);
        var before = Settled(host);

        for (var time = 0; time < 1000; time++)
        {
            Acquire(host, job);
        }

        AssertNoMore(before, host);
    }

    [KernelTheory(Timeout = 180_000)]
    [MemberData(nameof(Positions))]
    public void What_was_acquired_before_a_failure_goes_back(int position)
    {
        var resources = JobResources.InOrder.ToList();
        resources.Insert(position, static (_, _, _) => throw new SandboxException("not to be had") { Phase = JobPhase.Prepare, Step = "test" });
        using var host = Host(resources);
        var job = Everything();
        Assert.Equal("test", Assert.Throws<SandboxException>(() => Acquire(host, job)).Step);
        var before = Settled(host);

        for (var time = 0; time < 100; time++)
        {
            Assert.Throws<SandboxException>(() => Acquire(host, job));
        }

        AssertNoMore(before, host);
    }

    [KernelTheory]
    [MemberData(nameof(Positions))]
    public void What_cannot_be_given_back_keeps_nothing_else(int position)
    {
        var given = new List<int>();
        var resources = JobResources.InOrder.Select((resource, index) => Noting(resource, given, index)).ToList();
        resources.Insert(position, static (_, _, _) => new Lease(new Broken()));
        using var host = Host(resources);
        var job = Everything();
        Assert.Throws<AggregateException>(() => Acquire(host, job));
        var before = Settled(host);

        for (var time = 0; time < 20; time++)
        {
            given.Clear();
            Assert.Throws<AggregateException>(() => Acquire(host, job));
            Assert.Equal(given.OrderDescending(), given);
            Assert.Contains(JobResources.InOrder.Count - 1, given);
        }

        AssertNoMore(before, host);
    }

    [KernelFact]
    public void A_resource_sees_what_those_before_it_have_left()
    {
        JobDraft? draft = null;
        Resource last = (seen, _, _) =>
        {
            draft = seen;
            return null;
        };
        using var host = Host([.. JobResources.InOrder, last]);

        Acquire(host, Everything());

        Assert.NotNull(draft);
        Assert.Equal(["sh"], draft.Job.Spec.Command);
        Assert.NotNull(draft.Context.Image);
        Assert.NotNull(draft.Context.LeasedCpus);
        Assert.Equal(draft.Context.LeasedCpus, draft.Cpus);
        Assert.Equal(Store.ObjectsDirectory, draft.Context.StoredFiles);
        Assert.Equal(draft.Uppers?.Path, draft.Context.UpperDirectory);
        Assert.Equal(draft.LacksDisk, draft.Uppers is null);
        Assert.NotEmpty(draft.Context.Given);
    }

    // Real root's ids, an image, a stored file, a core, the control groups of the host, a directory on a disk, and a network of its own.
    private JobSpec Everything()
    {
        if (!File.Exists(Archive))
        {
            BusyboxImage.Save(Archive, "busybox:test", BusyboxImage.Base());
        }

        return With(Writable(Job(Archive)), new InjectedFile { Path = "/work/stored", Content = Put("stored") }) with { Network = Network.Loopback };
    }

    // One id and one core more or less: whoever keeps one keeps the next job from it.
    private JobHost Host(IReadOnlyList<Resource> resources) =>
        new(new SandboxOptions { Store = StoreLocation, LeasedCpus = "0", UppersOnDisk = true, RootUidRangeLength = 1 }) { Given = resources };

    private static void Acquire(JobHost host, JobSpec job)
    {
        using var prepared = new JobPreparation(JobValidator.Validate(job), host, attachment: null);
        prepared.Acquire(s_noPaths, Cancellation);
    }

    private static Resource Noting(Resource resource, List<int> given, int index) => (draft, host, cancellationToken) =>
        resource(draft, host, cancellationToken) is { } lease
            ? new Lease(new Noted(lease, given, index)) { Steps = lease.Steps, Namespaces = lease.Namespaces }
            : null;

    // Beside what a process holds: what there is in the store, and in control groups.
    private (Footprint Process, int Files, int Groups) Take(JobHost host)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var place = host.Shared.Cgroups.Place;
        IEnumerable<string> groups = [.. place.Version1.Values, .. place.Version2 is { } directory ? [directory] : Array.Empty<string>()];
        return (Footprint.Take(), System.IO.Directory.EnumerateFileSystemEntries(StoreLocation, "*", SearchOption.AllDirectories).Count(),
            groups.Distinct().Sum(group => System.IO.Directory.EnumerateDirectories(group, s_ownGroups).Count()));
    }

    // What a host makes ahead for its next jobs, it makes after its first one: until two takes agree.
    private (Footprint Process, int Files, int Groups) Settled(JobHost host)
    {
        var before = Take(host);
        for (; ; )
        {
            Thread.Sleep(100);
            var now = Take(host);
            if (now == before)
            {
                return now;
            }

            before = now;
        }
    }

    // A group that is being made ahead has more descriptors for a moment than when it is there.
    private void AssertNoMore((Footprint Process, int Files, int Groups) before, JobHost host)
    {
        var deadline = Environment.TickCount64 + 10_000;
        var after = Take(host);
        while (!IsNoMore(after, before) && Environment.TickCount64 < deadline)
        {
            Thread.Sleep(20);
            after = Take(host);
        }

        Assert.True(after.Process.Descriptors <= before.Process.Descriptors, $"{before} became {after}");
        Assert.Equal(before with { Process = before.Process with { Descriptors = 0 } }, after with { Process = after.Process with { Descriptors = 0 } });
    }

    private static bool IsNoMore((Footprint Process, int Files, int Groups) after, (Footprint Process, int Files, int Groups) before) =>
        after.Process.Descriptors <= before.Process.Descriptors
        && before with { Process = before.Process with { Descriptors = 0 } } == after with { Process = after.Process with { Descriptors = 0 } };

    private sealed class Broken : IDisposable
    {
        public void Dispose() => throw new InvalidOperationException("cannot be given back");
    }

    private sealed class Noted(Lease lease, List<int> given, int index) : IDisposable
    {
        public void Dispose()
        {
            given.Add(index);
            lease.Dispose();
        }
    }
}
