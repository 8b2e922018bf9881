using Sandbox.Running;
using Sandbox.Server.Access;
using Sandbox.Server.Queue;

namespace Sandbox.Server.Jobs;

/// <summary>What the commands of the server's user see of it (docs/running.md): its sandboxes, whose they are, and what waits for a slot.</summary>
/// <param name="runner">Has the sandboxes.</param>
/// <param name="jobs">Has the jobs.</param>
/// <param name="queue">Where they wait.</param>
internal sealed class SeenJobs(SandboxRunner runner, JobTable jobs, JobQueue queue)
{
    // The list is for people, and is one answer.
    private const int MostQueued = 1000;

    // Of a document with several sandboxes nobody knows which are its.
    private const string Other = "@other";

    /// <summary>As a host shows it.</summary>
    public HostedRuns Runs => new() { List = runner.ListRunning, Host = "serve", Tenant = TenantOf, Queued = Queued, FindQueued = Find };

    /// <summary>Whose a sandbox is; null for this user. What cannot be said to be this user's is another's: names of others must stand for nothing.</summary>
    private string? TenantOf(RunningSandbox sandbox)
    {
        var (mayBeOwners, mayBeOthers) = (false, false);
        foreach (var job in jobs.Running())
        {
            var id = job.Live.RunId;
            if (id == sandbox.Id)
            {
                return TenantOf(job);
            }

            mayBeOwners |= id is null && TenantOf(job) is null;
            mayBeOthers |= id is null && TenantOf(job) is not null;
        }

        return mayBeOwners && !mayBeOthers ? null : Other;
    }

    private List<QueuedRun> Queued()
    {
        var waiting = jobs.Queued().ToDictionary(static job => job.Ticket);
        return
        [
            .. queue.InOrder().Select((ticket, index) => waiting.TryGetValue(ticket, out var job) ? Queued(job, index) : null).OfType<QueuedRun>().Take(MostQueued),
        ];
    }

    private QueuedRun? Find(string? id) => jobs.Queued().Concat(jobs.Running()).FirstOrDefault(job => job.Id == id) is { } job ? Queued(job, job.Ticket.Position ?? 0) : null;

    private static QueuedRun Queued(ServerJob job, int position) => new()
    {
        Id = job.Id,
        Name = job.Name,
        Tenant = TenantOf(job),
        Command = job.Command,
        Position = position,
        QueuedAt = job.QueuedAt ?? TimeProvider.System.GetUtcNow(),
        Cancel = job.Cancel,
        Ending = () => EndingAsync(job),
    };

    private static string? TenantOf(ServerJob job) => job.Owner == Caller.Owner.Tenant ? null : job.Owner;

    private static async Task<RunEnding> EndingAsync(ServerJob job)
    {
        try
        {
            return RunEnding.Of(await job.Result.ConfigureAwait(false));
        }
        catch (Exception failure) when (failure is InvalidJobException or JobPostponedException or IOException)
        {
            return new() { Verdict = failure is InvalidJobException ? Verdict.InvalidJob : Verdict.InternalError, Message = failure.Message, At = TimeProvider.System.GetUtcNow() };
        }
    }
}
