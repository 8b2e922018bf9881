using System.Net;

namespace Sandbox.Server.Listening;

/// <summary>Where the API of another judge is spoken, and who may come without a token. Many of its clients cannot send one.</summary>
internal sealed record FrontPlace
{
    private const string Allow = "allow=";
    private const string Host = "host=";
    private const int MostNames = 64;

    /// <summary>The API's name.</summary>
    public required string Api { get; init; }

    /// <summary>Where it listens.</summary>
    public required TcpAddress Address { get; init; }

    /// <summary>The networks whose machines are let in, without a token if there is a name, too; whoever is in none of them is not. Empty: everybody is.</summary>
    public IReadOnlyList<IPNetwork> Allowed { get; init; } = [];

    /// <summary>The names by which clients call it, beside those of the loopback.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Nobody has to show a token there: somebody has said who may come from elsewhere, and by which name. Networks alone only keep others out.</summary>
    public bool NeedsNoToken => Allowed.Count > 0 && Hosts.Count > 0;

    /// <summary>Reads <c>NAME=ADDRESS:PORT[,allow=CIDR…][,host=NAME…]</c>.</summary>
    /// <param name="text">As it was written.</param>
    /// <param name="known">The names of the APIs that there are.</param>
    /// <exception cref="FormatException">It is none; the message goes on after "it".</exception>
    public static FrontPlace Parse(string text, IReadOnlyCollection<string> known)
    {
        var words = text.Split(',');
        var equals = words[0].IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !known.Contains(words[0][..equals]))
        {
            throw new FormatException($"does not begin with the name of an API and =: {string.Join(", ", known)}");
        }

        var allowed = new List<IPNetwork>();
        var hosts = new List<string>();
        foreach (var word in words.Skip(1))
        {
            if (allowed.Count + hosts.Count == MostNames)
            {
                throw new FormatException($"has more than {MostNames} of allow= and host=");
            }

            if (word.StartsWith(Allow, StringComparison.Ordinal))
            {
                allowed.Add(IPNetwork.TryParse(word[Allow.Length..], out var network) ? network : throw new FormatException($"has allow= with what is no network, such as 10.0.0.0/8: {DisplayText.Quote(word)}"));
            }
            else if (word.StartsWith(Host, StringComparison.Ordinal) && word.Length > Host.Length && word[Host.Length..].All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_' or '[' or ']' or ':'))
            {
                hosts.Add(word[Host.Length..]);
            }
            else
            {
                throw new FormatException($"has, behind the address, what is neither allow=CIDR nor host=NAME: {DisplayText.Quote(word)}");
            }
        }

        return new() { Api = words[0][..equals], Address = TcpAddress.Parse(words[0][(equals + 1)..]), Allowed = allowed, Hosts = hosts };
    }

    /// <summary>Whether somebody at an address may connect.</summary>
    public bool LetsIn(IPAddress? address) => Allowed.Count == 0 || (address is not null && Allowed.Any(network => network.Contains(address)));

    /// <summary>Whether a Host header is one of the names, with whatever port: that may be another one outside of a container.</summary>
    public bool IsCalled(string? host)
    {
        var colon = host?.LastIndexOf(':') ?? -1;
        var name = colon > 0 && host![colon..].Skip(1).All(char.IsAsciiDigit) ? host[..colon] : host;
        return name is not null && Hosts.Contains(name, StringComparer.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Api}={Address.Text}{string.Concat(Allowed.Select(static network => "," + Allow + network))}{string.Concat(Hosts.Select(static host => "," + Host + host))}";
}
