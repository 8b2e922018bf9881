using System.Net;
using System.Net.Sockets;
using Sandbox.Egress;

namespace Sandbox.Jobs;

/// <summary>What the network of a job may be.</summary>
internal static class NetworkRules
{
    // Every connection is held against each of them.
    private const int MostRules = 1024;

    private const int LongestName = 63;
    private const string Egress = "/network/egress";

    /// <summary>What is wrong with the name of a network; null if nothing is.</summary>
    public static string? NameProblem(string? name) =>
        name is "" ? "must name a network that jobs share" : NetworkForm.Words.Append("egress").Contains(name) ? $"\"{name}\" is a word for another network" : LabelProblem(name);

    /// <summary>Notes what is wrong with it.</summary>
    public static void Check(Network? network, ProblemList problems)
    {
        if (network is null)
        {
            problems.Add("/network", "must not be null");
        }
        else if (network is EgressNetwork { Allow: var rules })
        {
            if (rules is null || rules.Count == 0)
            {
                problems.Add(Egress, "must name what the job may reach; without anything it is \"loopback\"");
            }
            else
            {
                CheckRules(rules, Egress, problems);
            }
        }
        else if (network is JoinedNetwork joined)
        {
            CheckJoined(joined, problems);
        }
        else if (network is ContainerNetwork other)
        {
            Note("/network/container", ContainerProblem(other.Container), problems);
        }
    }

    /// <summary>Notes what is wrong with the IPC namespace.</summary>
    public static void Check(IpcNamespace? ipc, Network? network, ProblemList problems)
    {
        if (ipc is null)
        {
            problems.Add("/ipc", "must not be null");
        }
        else if (ipc is { Shareable: true, Container: not null })
        {
            problems.Add("/ipc", "is either shared with others or that of another job: who has it shares it");
        }
        else if (ipc.Shareable && network is not JoinedNetwork)
        {
            problems.Add("/ipc", "can be shared by a job that joins a network only: the user namespace of the network's holder is what others can join it from");
        }
        else if (ipc.Container is not null)
        {
            Note("/ipc/container", ContainerProblem(ipc.Container) ?? (network is JoinedNetwork or ContainerNetwork ? null : "needs the same network, with \"join\" or \"container\": the user namespace of its holder is what the other job's can be joined from"), problems);
        }
    }

    // A name, or the digits of an id.
    private static string? ContainerProblem(string? container) => container is { Length: >= 1 and <= LongestName } && container.All(static letter => letter is > ' ' and < (char)127) ? null : "must be the name or id of a job that runs: 1 to 63 letters, digits and signs";

    private static void CheckJoined(JoinedNetwork network, ProblemList problems)
    {
        Note("/network/join", NameProblem(network.NetworkName), problems);
        Note("/network/name", network.Name is null ? null : LabelProblem(network.Name), problems);
        Note("/network/address", network.Address is null || IsAddress(network.Address) ? null : "must be \"auto\", or an address of the network such as \"10.89.0.7\"", problems);
        if (network.Allow is null)
        {
            problems.Add(Egress, "must not be null");
        }
        else
        {
            CheckRules(network.Allow, Egress, problems);
        }
    }

    private static void Note(string pointer, string? problem, ProblemList problems)
    {
        if (problem is not null)
        {
            problems.Add(pointer, problem);
        }
    }

    // A label of a host's name (RFC 1123), in the one case that names are compared in; it is a file's name, too.
    private static string? LabelProblem(string? name) =>
        name is { Length: >= 1 and <= LongestName } && name.All(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-') && name[0] != '-' && name[^1] != '-' && !name.All(char.IsAsciiDigit) && name != "localhost"
            ? null
            : "must be 1 to 63 lower-case letters, digits and hyphens, not all of them digits, and no hyphen at its ends";

    private static bool IsAddress(string text) => IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork && address.ToString() == text;

    private static void CheckRules(IReadOnlyList<string?> rules, string pointer, ProblemList problems)
    {
        if (rules.Count > MostRules)
        {
            problems.Add(pointer, $"must not have more than {MostRules} entries");
            return;
        }

        for (var index = 0; index < rules.Count; index++)
        {
            if ((rules[index] is { } rule ? EgressRule.Parse(rule, out _) : "must not be null") is { } problem)
            {
                problems.Add($"{pointer}/{index}", problem);
            }
        }
    }
}
