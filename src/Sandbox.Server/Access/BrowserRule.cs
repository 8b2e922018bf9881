using System.Globalization;
using System.Net;
using Microsoft.Extensions.Primitives;

namespace Sandbox.Server.Access;

// Where nothing has to be shown, a web page that the user looks at could run jobs: its scripts run on this machine, and reach its loopback ports. A browser
// says where a script is from (Origin, Sec-Fetch-Site), but not in every request; and a page whose name was made to mean 127.0.0.1 after it was loaded
// is of the same origin as the server, to the browser. What gives that away is the name, which the browser sends as Host.

/// <summary>Refuses what a browser sends for a page that is not the server's own.</summary>
internal static class BrowserRule
{
    private static readonly string[] s_localNames = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Why a request is not for this server by its Host; null if it is.</summary>
    /// <param name="host">The header.</param>
    /// <param name="port">Where it came in.</param>
    /// <param name="scheme">http or https.</param>
    public static string? HostRefusal(StringValues host, IPEndPoint port, string scheme)
    {
        var usual = scheme == "https" ? 443 : 80;
        return host is [{ } name] && Names(port).Any(known => IsOf(name, known, port.Port, usual)) ? null
            : $"Host is not a name of this machine's loopback with the port {port.Port.ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>Why a request is not the server's own page's, nor a program's; null if it may be.</summary>
    /// <param name="headers">Of the request.</param>
    /// <param name="scheme">http or https.</param>
    public static string? OriginRefusal(IHeaderDictionary headers, string scheme)
    {
        // A browser sends "null" where it will not say.
        var origin = headers.Origin;
        if (origin.Count > 0 && !(origin is [{ } from] && headers.Host is [{ Length: > 0 } host] && from.Equals($"{scheme}://{host}", StringComparison.OrdinalIgnoreCase)))
        {
            return "Origin is another than this server";
        }

        var site = headers["Sec-Fetch-Site"];
        return site.Count == 0 || site is ["same-origin" or "none"] ? null : "Sec-Fetch-Site says that another site asks";
    }

    private static IEnumerable<string> Names(IPEndPoint port) =>
        s_localNames.Append(port.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{port.Address}]" : port.Address.ToString());

    private static bool IsOf(string host, string name, int port, int usual) =>
        host.Equals($"{name}:{port.ToString(CultureInfo.InvariantCulture)}", StringComparison.OrdinalIgnoreCase) || (port == usual && host.Equals(name, StringComparison.OrdinalIgnoreCase));
}
