using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;

namespace Sandbox.Execution.Collect;

// Who moves a file needs no right to read it, only one to its directory. So a job of real root with a writable bind could give a file that only
// root may read the name of an output, and real root would fetch it. Without real root the job and the host have the same rights.

/// <summary>What a job of real root may read, for the thread that fetches its files.</summary>
/// <param name="uid">The job's user outside.</param>
/// <param name="gid">The job's group outside.</param>
internal sealed class JobFileRights(uint uid, uint gid)
{
    private static readonly Lazy<int> s_dumpable = new(Libc.Dumpable);

    /// <summary>Those of a plan's job; null where they are this process's own.</summary>
    public static JobFileRights? Of(SandboxPlan plan, JobUser user)
    {
        if (!plan.Flags.HasFlag(PlanFlags.ForeignIds))
        {
            return null;
        }

        var sub = plan.Steps.OfType<IdentityStep>().First().SubIds;
        return sub is null
            ? new(plan.HostUid, plan.HostGid)
            : new(user.Uid == 0 ? plan.HostUid : sub.FirstUid + (user.Uid - 1), user.Gid == 0 ? plan.HostGid : sub.FirstGid + (user.Gid - 1));
    }

    /// <summary>Gives them to the calling thread until what is returned is disposed; null leaves it its own.</summary>
    /// <exception cref="SandboxException">The kernel does not give them.</exception>
    public static Scope Take(JobFileRights? rights) => rights is null ? default : rights.Take();

    private Scope Take()
    {
        _ = s_dumpable.Value;
        uint[] groups = [.. Libc.SupplementaryGroups().Select(static group => (uint)group)];
        var scope = new Scope(groups);
        if (Libc.SetGroupsOfThisThread([]) < 0 || !Libc.SetFileGid(gid) || !Libc.SetFileUid(uid))
        {
            scope.Dispose();
            throw new SandboxException("cannot read the job's files with no more rights than the job has") { Phase = JobPhase.Collect, Operation = Operation.CollectOutputs, Errno = "EPERM" };
        }

        return scope;
    }

    /// <summary>How long a thread has them.</summary>
    internal readonly ref struct Scope(uint[]? groups)
    {
        /// <summary>Gives the thread back what it had.</summary>
        public void Dispose()
        {
            if (groups is null)
            {
                return;
            }

            if (!Libc.SetFileUid(0) || !Libc.SetFileGid(0) || Libc.SetGroupsOfThisThread(groups) < 0)
            {
                Environment.FailFast("the thread that fetched a job's files did not get its rights back");
            }

            // The kernel takes it from the whole process with every change of these ids (commit_creds, kernel/cred.c).
            Libc.SetDumpableAgain(s_dumpable.Value);
        }
    }
}
