using System.Text.Json;
using Sandbox.Egress;

namespace Sandbox.Jobs;

/// <summary>The member <c>network</c>: a word, or an object with the list of what the job may reach.</summary>
internal static class NetworkForm
{
    // Every connection is held against each of them.
    private const int MostRules = 1024;

    private const string Any = "any";
    private const string Supported = "use \"none\", \"loopback\", \"host\", or { \"egress\": [\"registry.example.org:443\"] }";

    private static readonly string[] s_members = ["egress"];

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
        else if (network is not NoNetwork)
        {
            json.WriteString("network", network.ToString());
        }
    }

    /// <summary>Notes what is wrong with it.</summary>
    public static void Check(Network? network, ProblemList problems)
    {
        const string pointer = "/network/egress";
        if (network is null)
        {
            problems.Add("/network", "must not be null");
        }
        else if (network is EgressNetwork { Allow: var rules })
        {
            if (rules is null || rules.Count == 0)
            {
                problems.Add(pointer, "must name what the job may reach; without anything it is \"loopback\"");
            }
            else if (rules.Count > MostRules)
            {
                problems.Add(pointer, $"must not have more than {MostRules} entries");
            }
            else
            {
                CheckRules(rules, pointer, problems);
            }
        }
    }

    private static void CheckRules(IReadOnlyList<string?> rules, string pointer, ProblemList problems)
    {
        for (var index = 0; index < rules.Count; index++)
        {
            if ((rules[index] is { } rule ? EgressRule.Parse(rule, out _) : "must not be null") is { } problem)
            {
                problems.Add($"{pointer}/{index}", problem);
            }
        }
    }

    private static Network ReadObject(ref JsonCursor json)
    {
        var start = json.Offset;
        _ = json.EnterObject(Supported);
        Network? network = null;
        while (json.NextMember(s_members) is not null)
        {
            network = Network.Egress(json.IsText(Any) ? Single(ref json) : FieldReaders.Texts(ref json, "must be \"any\", or a list such as [\"registry.example.org:443\"]"));
        }

        json.RequireMember("egress", network is not null, start);
        return network ?? Network.None;
    }

    private static List<string> Single(ref JsonCursor json) => [json.Text(Any)!];
}
