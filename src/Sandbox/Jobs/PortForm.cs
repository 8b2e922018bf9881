using System.Net;
using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>The member <c>ports</c>: ports of the host that lead to the job.</summary>
internal static class PortForm
{
    // Each is a listener of the process that runs the job.
    private const int Most = 64;

    private const int NameServer = 53;

    private const string Pointer = "/ports";

    /// <summary>Reads it.</summary>
    public static IReadOnlyList<PortMapping> Read(ref JsonCursor json)
    {
        var ports = new List<PortMapping>();
        if (!json.EnterArray("must be a list of ports, such as [\"127.0.0.1:8080:80\"]"))
        {
            return ports;
        }

        while (json.NextElement())
        {
            var text = json.Text("must be a string such as \"127.0.0.1:8080:80\"");
            try
            {
                ports.Add(text is null ? new() { JobPort = 1 } : PortMapping.Parse(text));
            }
            catch (FormatException problem)
            {
                json.Problem(problem.Message);
            }
        }

        return ports;
    }

    /// <summary>Writes it, unless there are none.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<PortMapping> ports)
    {
        if (ports.Count > 0)
        {
            ResultWriter.WriteTexts(json, "ports", [.. ports.Select(static port => port.ToString())]);
        }
    }

    /// <summary>Notes what is wrong with it.</summary>
    public static void Check(JobSpec spec, ProblemList problems)
    {
        if (spec.Ports is not { } ports)
        {
            problems.Add(Pointer, "must not be null");
            return;
        }

        if (ports.Count > Most)
        {
            problems.Add(Pointer, $"must not have more than {Most} entries");
            return;
        }

        if (ports.Count > 0 && spec.Network is NoNetwork or HostNetwork)
        {
            problems.Add(Pointer, spec.Network is HostNetwork
                ? "the job has the host's network, and listens there by itself"
                : "the job needs a network of its own to listen in: \"network\": \"loopback\", or one with \"egress\"");
        }

        for (var index = 0; index < ports.Count; index++)
        {
            if (Problem(ports, index, spec.Network) is { } problem)
            {
                problems.Add($"{Pointer}/{index}", problem);
            }
        }
    }

    private static string? Problem(IReadOnlyList<PortMapping> ports, int index, Network network)
    {
        if (ports[index] is not { } port || !PortMapping.IsAddress(port.Address))
        {
            return "must have an address of this host, such as 127.0.0.1 or ::1";
        }

        if (port.HostPort is < 0 or > IPEndPoint.MaxPort || port.JobPort is < 1 or > IPEndPoint.MaxPort)
        {
            return "a port of the job is from 1 to 65535, and one of the host from 0";
        }

        if (network is ContainerNetwork)
        {
            return "leads to the network of another job, which is the one to give it to";
        }

        if (network is EgressNetwork or JoinedNetwork && port.JobPort == NameServer)
        {
            return network is JoinedNetwork ? "port 53 of a job in a network of jobs is the sandbox's own" : "port 53 of a job with \"egress\" is the sandbox's own";
        }

        var same = port.HostPort == 0 ? index : ports.TakeWhile((_, place) => place < index).ToList().FindIndex(other => other?.HostPort == port.HostPort && port.Address == other.Address);
        return same >= 0 && same < index ? $"is the port of the host that {Pointer}/{same} is" : null;
    }
}
