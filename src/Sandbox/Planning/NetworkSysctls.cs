using System.Globalization;
using Sandbox.Host;
using Sandbox.Planning.Steps;

namespace Sandbox.Planning;

/// <summary>What the kernel keeps for root in a network that others share, and a job's own has no reason to: ports below 1024, and ICMP echo without raw sockets.</summary>
internal static class NetworkSysctls
{
    public static void AddTo(MountTable table, Network network, PlanContext context)
    {
        // Where nothing is up there is nothing to listen on.
        if (network is LoopbackNetwork or EgressNetwork)
        {
            table.AddPlain(new CommonSysctlStep("net/ipv4/ip_unprivileged_port_start", "0", "/network"));
            table.AddPlain(new CommonSysctlStep("net/ipv4/ping_group_range", Groups(context.SubIds, context.HostGid), "/network"));
        }
    }

    // As the ids of the job's outer user namespace, which the kernel compares by what they are on the host (icmp(7); ipv4_ping_group_range, net/ipv4/sysctl_net_ipv4.c): a
    // range that ends below its begin there is nobody.
    private static string Groups(SubordinateIds? ids, uint hostGid) =>
        ids is null ? "0 0" : string.Create(CultureInfo.InvariantCulture, $"{(ids.FirstGid > hostGid ? 0 : 1)} {ids.Gids}");
}
