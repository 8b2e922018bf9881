using System.Globalization;
using System.Text.Json;

namespace Sandbox.Cli;

/// <summary><c>sandbox network</c>: the networks that jobs join.</summary>
internal static class NetworkCommands
{
    private const string WhichNetwork = "which network? \"sandbox network ls\" lists them";

    public static IReadOnlyList<Command> All { get; } =
    [
        new()
        {
            Name = "network create",
            Arguments = "NAME",
            Fewest = 1,
            Most = 1,
            Question = "under which name?",
            Summary = "Make a network that jobs can join",
            Details = "Jobs of this user reach each other in it, by name and address, and nothing else. It needs no root.",
            Options =
            [
                new() { Name = "subnet", Value = "ADDRESS/24", Help = "its addresses, private ones; networks may have the same, for nothing leads from one to another (default 10.89.0.0/24)" },
                new() { Name = "mtu", Value = "BYTES", Help = "the largest packet, 576 to 65535 bytes (default 1500)" },
                new() { Name = "rm", Help = "remove it after its last job" },
            ],
            Examples = ["sandbox network create contest-net", "sandbox run --network contest-net --network-alias db -- ./server"],
            Run = arguments => Create(arguments.Words[0], arguments.Value("subnet"), arguments.Value("mtu"), arguments.Has("rm")),
        },
        new()
        {
            Name = "network ls",
            Summary = "List the networks of this user",
            Options = [CommandOption.Json],
            Examples = ["sandbox network ls"],
            Run = arguments => List(arguments.Has("json")),
        },
        new()
        {
            Name = "network inspect",
            Arguments = "NAME",
            ArgumentKind = ValueKind.Network,
            Fewest = 1,
            Most = 1,
            Question = WhichNetwork,
            Summary = "Print what a network is and which jobs are in it, as JSON",
            Examples = ["sandbox network inspect contest-net"],
            Run = arguments => Inspect(arguments.Words[0]),
        },
        new()
        {
            Name = "network rm",
            Arguments = "NAME...",
            ArgumentKind = ValueKind.Network,
            Fewest = 1,
            Most = int.MaxValue,
            Question = WhichNetwork,
            Summary = "Remove networks that have no jobs",
            Examples = ["sandbox network rm contest-net"],
            Run = arguments => NamedThings.ForEach(arguments.Words, SharedNetworks.Remove),
        },
    ];

    private static int Create(string name, string? subnet, string? mtu, bool endsWithLastJob) => NamedThings.Try(() =>
    {
        SharedNetworks.Create(
            name,
            string.IsNullOrEmpty(subnet) ? null : subnet,
            endsWithLastJob,
            string.IsNullOrEmpty(mtu) ? null : int.TryParse(mtu, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes : throw new FormatException($"--mtu {DisplayText.Quote(mtu)}: must be a number of bytes"));
        return ExitStatus.Ok;
    });

    private static int List(bool json) => NamedThings.Try(() =>
    {
        var networks = SharedNetworks.List();
        if (json)
        {
            StandardStreams.WriteOutput(NamedThings.Json(writer =>
            {
                writer.WriteStartArray();
                foreach (var network in networks)
                {
                    Write(writer, network);
                }

                writer.WriteEndArray();
            }));
            return ExitStatus.Ok;
        }

        foreach (var network in networks)
        {
            StandardStreams.WriteOutput(string.Create(
                CultureInfo.InvariantCulture,
                $"{network.Name} {network.Subnet} {network.CreatedAt:yyyy-MM-ddTHH:mm:ssZ} {network.Members.Count} {(network.Members.Count == 1 ? "job" : "jobs")}"));
        }

        return ExitStatus.Ok;
    });

    private static int Inspect(string name) => NamedThings.Try(() =>
    {
        if (SharedNetworks.Find(name) is not { } network)
        {
            Diagnostics.Write($"there is no network {DisplayText.Quote(name)}: \"sandbox network ls\" lists those that are there");
            return ExitStatus.NotOk;
        }

        StandardStreams.WriteOutput(NamedThings.Json(writer => Write(writer, network)));
        return ExitStatus.Ok;
    });

    private static void Write(Utf8JsonWriter json, SharedNetwork network)
    {
        json.WriteStartObject();
        json.WriteString("name", network.Name);
        json.WriteString("subnet", network.Subnet);
        json.WriteString("gateway", network.Gateway);
        json.WriteNumber("mtu", network.Mtu);
        json.WriteBoolean("endsWithLastJob", network.EndsWithLastJob);
        json.WriteString("createdAt", network.CreatedAt.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));
        json.WriteStartArray("members");
        foreach (var member in network.Members)
        {
            json.WriteStartObject();
            json.WriteString("name", member.Name);
            json.WriteString("address", member.Address);
            json.WriteBoolean("isolated", member.IsIsolated);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
