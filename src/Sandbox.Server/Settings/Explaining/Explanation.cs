namespace Sandbox.Server.Settings.Explaining;

/// <summary>What a setting of another judge becomes here.</summary>
internal sealed record Explanation
{
    /// <summary>The setting as it was given, without what is secret in it.</summary>
    public required string Given { get; init; }

    /// <summary>The options that stand for it, word by word; empty for none.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>The member of <c>limits</c> in a runtimes file that stands for it, and its value; null for none.</summary>
    public (string Member, string Value)? Limit { get; init; }

    /// <summary>What else is to be known, or why nothing stands for it.</summary>
    public string Note { get; init; } = "";
}

/// <summary>One setting of another judge.</summary>
/// <param name="Name">Its name, in the form of that judge.</param>
/// <param name="Explain">What a value of it becomes.</param>
internal sealed record ForeignSetting(string Name, Func<string, Explanation> Explain)
{
    /// <summary>It needs no value.</summary>
    public bool IsSwitch { get; init; }

    /// <summary>Its value is shown nowhere.</summary>
    public bool IsSecret { get; init; }

    /// <summary>One for which nothing stands.</summary>
    public static ForeignSetting Nothing(string name, string why, bool isSwitch = false) => new(name, _ => new() { Given = "", Note = why }) { IsSwitch = isSwitch };

    /// <summary>One for which an option stands.</summary>
    public static ForeignSetting Option(string name, Func<string, IReadOnlyList<string>> options, string note = "") => new(name, value => new() { Given = "", Options = options(value), Note = note });

    /// <summary>A place to listen: with nothing or everything before the colon, it is said who may come.</summary>
    /// <param name="api">The API.</param>
    /// <param name="address">As it was given.</param>
    public static Explanation Listening(string api, string address)
    {
        var colon = address.LastIndexOf(':');
        var (host, port) = colon < 0 ? (address, "") : (address[..colon], address[(colon + 1)..]);
        return host is "" or "0.0.0.0" or "[::]" or "::"
            ? new() { Given = "", Options = ["--api", $"{api}=127.0.0.1:{port}"], Note = $"others than this machine: {api}=0.0.0.0:{port},allow=CIDR,host=NAME, with the networks and the name by which clients come, or --token-file" }
            : new() { Given = "", Options = ["--api", $"{api}={(host == "localhost" ? "localhost" : host)}:{port}"], Note = host is "localhost" or "127.0.0.1" or "[::1]" ? "" : "an address, and no name; it needs ,allow=CIDR,host=NAME or --token-file" };
    }
}
