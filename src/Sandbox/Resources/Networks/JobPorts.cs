namespace Sandbox.Resources.Networks;

/// <summary>The ports of the host that lead to the job.</summary>
internal static class JobPorts
{
    /// <summary>Listens on them before the job is there, so that one which is taken keeps it from starting.</summary>
    public static Lease? Acquire(JobDraft draft, HostResources host, CancellationToken cancellationToken)
    {
        if (draft.Job.Spec.Ports.Count == 0)
        {
            return null;
        }

        draft.Ports = new(draft.Job.Spec.Ports, draft.Asked.Connections, TimeProvider.System);
        return new Lease(draft.Ports);
    }
}
