using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Policies;
using Sandbox.Resources;

namespace Sandbox.Execution;

/// <summary>What a job's first process found itself to be just before execve, in the words of a result.</summary>
internal static class IsolationFacts
{
    private static readonly string[] s_namespaces = ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time"];

    /// <summary>The report of a job that started.</summary>
    public static IsolationReport Of(ReportRecord started, SandboxPlan plan, CompiledPolicy policy, JobDraft draft)
    {
        var namespaces = new Dictionary<string, long>(s_namespaces.Length);
        for (var i = 0; i < s_namespaces.Length; i++)
        {
            // Of time only where one of its own was asked for; not there where the kernel has none.
            if (s_namespaces[i] == "time" && (started.Namespaces[i] == 0 || !plan.Steps.Any(static step => step is ClocksStep)))
            {
                continue;
            }

            namespaces.Add(s_namespaces[i], (long)started.Namespaces[i]);
        }

        return new()
        {
            Namespaces = namespaces,
            Capabilities = started.Capabilities.ToString("x16", null),
            NoNewPrivs = started.NoNewPrivs != 0,
            SeccompPolicy = policy.Name,
            SeccompSha256 = policy.Sha256,
            Landlock = (int)started.LandlockAbi,
            OwnInodes = started.SharedInodes == 0,
            Image = draft.Image?.Digest,
            Groups = (plan.Flags & (PlanFlags.ForeignIds | PlanFlags.SubIds)) != 0 ? [] : Libc.SupplementaryGroups(),
            Egress = Proxies.WayOf(plan, started) ?? (draft.Job.Spec.Network is JoinedNetwork { Allow.Count: > 0 } ? EgressWay.Redirect : null),
            HostUid = plan.HostUid,
        };
    }
}
