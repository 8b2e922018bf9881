namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>A Unix socket to talk D-Bus on.</summary>
internal sealed record BusAddress
{
    /// <summary>
    /// A path of the host, or a name in the abstract namespace that begins with NUL (unix(7)); empty if the address is
    /// of another kind.
    /// </summary>
    public required string Socket { get; init; }

    /// <summary>The address as its user knows it.</summary>
    public required string Words { get; init; }

    /// <summary>The user whose bus it must be.</summary>
    public required uint Owner { get; init; }

    /// <summary>The socket is no path, so no file tells whose it is.</summary>
    public bool IsAbstract => Socket.StartsWith('\0');

    /// <summary>The addresses in a list of the form <c>unix:path=/run/user/1000/bus,guid=…;tcp:…</c> (D-Bus Specification).</summary>
    public static IEnumerable<BusAddress> ParseList(string list, uint owner) =>
        list.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(address => Parse(address, owner));

    private static BusAddress Parse(string address, uint owner)
    {
        const string unix = "unix:";
        var socket = "";
        foreach (var pair in address.StartsWith(unix, StringComparison.Ordinal) ? address[unix.Length..].Split(',') : [])
        {
            var text = Uri.UnescapeDataString(pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            if (pair.StartsWith("path=", StringComparison.Ordinal))
                socket = text;
            else if (pair.StartsWith("abstract=", StringComparison.Ordinal))
                socket = $"\0{text}";
        }

        return new BusAddress { Socket = socket, Words = address, Owner = owner };
    }
}
