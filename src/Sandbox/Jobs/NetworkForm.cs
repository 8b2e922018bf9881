using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>The member <c>network</c>: a word, or an object with the list of what the job may reach, or the network of jobs that it joins.</summary>
internal static class NetworkForm
{
    private const string Any = "any";
    private const string Supported = "use \"none\", \"loopback\", \"host\", { \"egress\": [\"registry.example.org:443\"] }, { \"join\": \"NETWORK\" }, or { \"container\": \"ID\" }";
    private const string Automatic = "auto";

    private static readonly string[] s_members = ["egress", "join", "name", "address", "isolated", "shareable", "container"];

    /// <summary>Its words.</summary>
    public static readonly string[] Words = [.. Network.All.Select(network => network.ToString())];

    /// <summary>Reads it.</summary>
    public static Network Read(ref JsonCursor json)
    {
        if (json.Token == JsonTokenType.StartObject)
        {
            return ReadObject(ref json);
        }

        var text = json.Text("must be a string or an object: " + Supported);
        if (Network.TryParse(text, out var network))
        {
            return network;
        }

        if (text is not null)
        {
            json.Problem($"network \"{text}\" is not known: {Supported}", Suggestions.For(text, Words));
        }

        return Network.None;
    }

    /// <summary>Writes it, unless it is as usual.</summary>
    public static void Write(Utf8JsonWriter json, Network network)
    {
        if (network is EgressNetwork egress)
        {
            json.WriteStartObject("network");
            ResultWriter.WriteTexts(json, "egress", egress.Allow);
            json.WriteEndObject();
        }
        else if (network is JoinedNetwork joined)
        {
            json.WriteStartObject("network");
            WriteJoined(json, joined);
            json.WriteEndObject();
        }
        else if (network is ContainerNetwork shared)
        {
            json.WriteStartObject("network");
            json.WriteString("container", shared.Container);
            json.WriteEndObject();
        }
        else if (network is not NoNetwork)
        {
            json.WriteString("network", network.ToString());
        }
    }

    private static Network ReadObject(ref JsonCursor json)
    {
        var start = json.Offset;
        _ = json.EnterObject(Supported);
        IReadOnlyList<string>? allow = null;
        var joined = new JoinedNetwork { NetworkName = "" };
        var isJoined = false;
        string? only = null;
        string? container = null;
        while (json.NextMember(s_members) is { } member)
        {
            switch (member)
            {
                case "egress":
                    allow = json.IsText(Any) ? Single(ref json) : FieldReaders.Texts(ref json, "must be \"any\", or a list such as [\"registry.example.org:443\"]");
                    break;
                case "join":
                    joined = joined with { NetworkName = json.Text("must be the name of a network") ?? "" };
                    isJoined = true;
                    break;
                case "name":
                    joined = joined with { Name = json.Text("must be the name that other jobs find this one by") };
                    only = member;
                    break;
                case "address":
                    joined = joined with { Address = json.Text("must be \"auto\", or an address such as \"10.89.0.7\"") is var text && text == Automatic ? null : text };
                    only = member;
                    break;
                case "isolated":
                    joined = joined with { Isolated = json.Boolean() ?? false };
                    only = member;
                    break;
                case "shareable":
                    joined = joined with { Shareable = json.Boolean() ?? false };
                    only = member;
                    break;
                case "container":
                    container = json.Text("must be the name or id of a job") ?? "";
                    break;
            }
        }

        if (container is not null)
        {
            if (isJoined || only is not null || allow is not null)
            {
                json.ProblemAt(start, "has nothing beside \"container\": the network is that job's, as it is");
            }

            return Network.Of(container);
        }

        if (isJoined)
        {
            return joined with { Allow = allow ?? [] };
        }

        json.RequireMember(only is null ? "egress" : "join", only is null && allow is not null, start);
        return allow is null ? Network.None : Network.Egress(allow);
    }

    private static void WriteJoined(Utf8JsonWriter json, JoinedNetwork network)
    {
        json.WriteString("join", network.NetworkName);
        if (network.Name is { } name)
        {
            json.WriteString("name", name);
        }

        if (network.Address is { } address)
        {
            json.WriteString("address", address);
        }

        if (network.Isolated)
        {
            json.WriteBoolean("isolated", true);
        }

        if (network.Shareable)
        {
            json.WriteBoolean("shareable", true);
        }

        if (network.Allow.Count > 0)
        {
            ResultWriter.WriteTexts(json, "egress", network.Allow);
        }
    }

    private static List<string> Single(ref JsonCursor json) => [json.Text(Any)!];
}
