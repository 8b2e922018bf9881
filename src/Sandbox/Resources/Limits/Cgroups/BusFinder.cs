using System.Globalization;
using System.Text;
using Sandbox.Interop;

namespace Sandbox.Resources.Limits.Cgroups;

// The order is sd-bus's (sd_bus_open_user(3)), with one more place to look: a session that PAM did not open, such
// as one of sudo or cron, has neither variable, while the bus of the user may well be there.

/// <summary>Finds the caller's user bus. Looks at files only: connects to nothing, starts nothing.</summary>
internal sealed class BusFinder(Func<string, string?> variable, string runtimeFolders, uint caller)
{
    private const int LongestSocket = 107; // sizeof(sun_path) less the final NUL, unix(7)

    /// <summary>For this process.</summary>
    public BusFinder()
        : this(Environment.GetEnvironmentVariable, "/run/user", Libc.EffectiveUid())
    {
    }

    /// <summary>The first bus that is the caller's own; null without one, and the reason in words.</summary>
    public BusAddress? Find(out string reason)
    {
        var list = variable("DBUS_SESSION_BUS_ADDRESS") ?? "";
        var problems = new List<string>();
        reason = "";
        foreach (var address in list.Length > 0 ? BusAddress.ParseList(list, caller) : [InRuntimeFolder()])
        {
            var problem = Problem(address);
            if (problem.Length == 0)
                return address;

            problems.Add($"{address.Words} {problem}");
        }

        var origin = list.Length > 0 ? "of DBUS_SESSION_BUS_ADDRESS, " : "DBUS_SESSION_BUS_ADDRESS is not set and ";
        reason = $"no user bus: {origin}{string.Join("; ", problems)}";
        return null;
    }

    private BusAddress InRuntimeFolder()
    {
        var folder = variable("XDG_RUNTIME_DIR") is { Length: > 0 } given
            ? given
            : string.Create(CultureInfo.InvariantCulture, $"{runtimeFolders}/{caller}");
        return new BusAddress { Socket = $"{folder}/bus", Words = $"{folder}/bus", Owner = caller };
    }

    /// <summary>Why not this one; empty if nothing speaks against it.</summary>
    private static string Problem(BusAddress address)
    {
        if (address.Socket.Length == 0)
            return "is not a Unix socket, whose owner the kernel would vouch for";

        if (Encoding.UTF8.GetByteCount(address.Socket) > LongestSocket)
            return $"is longer than the {LongestSocket} bytes of a socket's name";

        // Whoever holds an abstract name is known only once it has been connected to: see BusOptions.
        if (address.IsAbstract)
            return "";

        var error = -Libc.StatusOf(address.Socket, out var status);
        if (error != 0)
            return error == Errno.Number("ENOENT") ? "does not exist" : $"cannot be looked at ({Errno.Name(error)})";

        if (status.Kind != FileKind.Socket)
            return "is not a socket";

        return status.Owner == address.Owner ? "" : $"belongs to uid {status.Owner}, which is not the caller";
    }
}
