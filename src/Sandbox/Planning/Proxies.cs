using Sandbox.Interop;
using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>
/// What a job with a way out is told where the kernel leads no connections to the host: the proxy that its name server's port is then, in the variables that programs look
/// at. Pid 1 knows only while it sets the job up.
/// </summary>
internal static class Proxies
{
    // http for all: some clients have no SOCKS, and end where a variable says so, whether or not they would need it.
    private const string Proxy = "http://127.0.0.1:53";
    private const string Own = "localhost,127.0.0.0/8,127.0.0.1,::1";

    private const string NotFor = "no_proxy";

    private static readonly (string Name, string Value)[] s_variables = [("http_proxy", Proxy), ("https_proxy", Proxy), ("all_proxy", Proxy), (NotFor, Own)];

    /// <summary>The step that starts the command, with what is to be told.</summary>
    /// <param name="exec">That step.</param>
    /// <param name="spec">The job.</param>
    /// <param name="steps">Those before it.</param>
    public static ExecStep Told(ExecStep exec, JobSpec spec, IReadOnlyList<PlanStep> steps) =>
        spec.Start.Environment is not null || RedirectOf(steps) is not { } redirect ? exec : exec with { Redirect = redirect, ProxyEnvironment = [.. Variables(spec)] };

    /// <summary>How the connections of a job come to the host.</summary>
    /// <param name="plan">Its plan.</param>
    /// <param name="started">What pid 1 has told.</param>
    /// <returns>Null for one without a way out.</returns>
    public static EgressWay? WayOf(SandboxPlan plan, ReportRecord started) =>
        RedirectOf(plan.Steps) is { } redirect && (started.Skipped[redirect / 32] >> (redirect % 32) & 1) != 0 ? EgressWay.Proxy
        : plan.Steps.Any(static step => step is NetlinkStep) ? EgressWay.Redirect
        : null;

    // The first of those that lead connections; that of IPv6 comes after it. In a network of jobs the host does it, while pid 1 waits.
    private static int? RedirectOf(IReadOnlyList<PlanStep> steps)
    {
        var optional = SandboxPlan.OptionalSteps(steps);
        for (var number = 0; number < optional.Count; number++)
        {
            if (steps[optional[number]] is NetlinkStep { Protocol: NetlinkStep.Netfilter } or BarrierStep)
            {
                return number;
            }
        }

        return null;
    }

    // What a job says itself counts, in the case that it says it in, and in the other one, too.
    private static IEnumerable<string> Variables(JobSpec spec) =>
        s_variables.Select(variable => variable.Name == NotFor && NeighboursOf(spec) is { } subnet ? (variable.Name, Value: $"{variable.Value},{subnet}") : variable)
            .Where(variable => !spec.Env.Keys.Contains(variable.Name, StringComparer.OrdinalIgnoreCase))
            .SelectMany(static variable => (string[])[$"{variable.Name}={variable.Value}", $"{variable.Name.ToUpperInvariant()}={variable.Value}"]);

    // A proxy on the host reaches no other job. A network has 256 addresses.
    private static string? NeighboursOf(JobSpec spec) => spec.Network is JoinedNetwork { Address: { } address } ? address[..(address.LastIndexOf('.') + 1)] + "0/24" : null;
}
