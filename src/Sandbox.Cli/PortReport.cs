using System.Globalization;
using System.Net;

namespace Sandbox.Cli;

/// <summary>What a command says of the ports of this host that lead to a job that has started.</summary>
internal static class PortReport
{
    /// <summary>Tells them on standard error: whoever left the choice to the sandbox has to know before the job ends.</summary>
    public static void Tell(IReadOnlyList<PublishedPort> ports)
    {
        foreach (var port in ports)
        {
            Diagnostics.Write(string.Create(CultureInfo.InvariantCulture, $"{new IPEndPoint(IPAddress.Parse(port.Address), port.HostPort)} leads to port {port.JobPort} of the job"));
        }
    }
}
