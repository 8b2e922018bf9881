using Microsoft.Win32.SafeHandles;
using Sandbox.Execution;
using Sandbox.Interop;
using Sandbox.Planning;

namespace Sandbox;

/// <summary>Lets a process into a job that runs: its plan, its streams, and the groups' descriptors once more.</summary>
internal static class Entrance
{
    // The run is held for as long, and with it everything else that is asked of it.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Asks pid 1 for it, and waits until that has answered.</summary>
    /// <exception cref="SandboxException">It cannot be asked for.</exception>
    public static EnteredProcess Open(JobPreparation prepared, Supervisor supervisor, SandboxEntry entry)
    {
        if (supervisor is not { HasStarted: true, HasEnded: false })
        {
            throw new SandboxException("the job does not run") { Operation = Operation.EnterJob };
        }

        using var plan = MemFile.Create("plan\0"u8, PlanWriter.Write(EntryPlan.Of(prepared.Plan, entry, isProxied: Proxies.WayOf(prepared.Plan, supervisor.Reports.Started!.Value) == EgressWay.Proxy)));
        var groups = prepared.Draft.Cgroup?.OpenDescriptors(prepared.Draft.LeasedId is not null) ?? [];
        var theirs = new List<SafeFileHandle>();
        var ours = new List<SafeFileHandle>();
        try
        {
            for (var descriptor = 0; descriptor < 3; descriptor++)
            {
                Check(Libc.BlockingPipe(out var read, out var write));
                theirs.Add(descriptor == 0 ? read : write);
                ours.Add(descriptor == 0 ? write : read);
                if (prepared.Plan.Flags.HasFlag(PlanFlags.ForeignIds))
                {
                    Check(Libc.ChangeOwner(theirs[^1], prepared.Plan.HostUid, prepared.Plan.HostGid));
                }
            }

            // The second stands in for the channel, which pid 1 has.
            int[] numbers = [.. new[] { plan, plan }.Concat(theirs).Concat(groups).Select(static handle => handle.DangerousGetHandle().ToInt32())];
            var begun = supervisor.Entries.Begin(numbers, out var error);
            Check(error);
            if (!entry.Terminal)
            {
                return new(supervisor.Entries, begun!, [.. ours]);
            }

            ours.ForEach(static end => end.Dispose());
            ours.Clear();
            if (Task.WaitAny([begun!.Entered], s_patience) < 0)
            {
                throw new SandboxException("the sandbox's first process does not answer") { Operation = Operation.EnterJob };
            }

            return new(supervisor.Entries, begun!, begun!.Entered.GetAwaiter().GetResult() is { } master ? [master] : []);
        }
        catch
        {
            ours.ForEach(static end => end.Dispose());
            throw;
        }
        finally
        {
            theirs.ForEach(static end => end.Dispose());
            groups.ForEach(static group => group.Dispose());
        }
    }

    private static void Check(int error)
    {
        if (error < 0)
        {
            throw new SandboxException("no process can enter the job now") { Operation = Operation.EnterJob, Errno = Errno.Name(-error) };
        }
    }
}
