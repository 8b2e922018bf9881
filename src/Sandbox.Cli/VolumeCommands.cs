using System.Globalization;
using System.Text.Json;

namespace Sandbox.Cli;

/// <summary><c>sandbox volume</c>: directories that jobs name, and that stay for the next job.</summary>
internal static class VolumeCommands
{
    private const string WhichVolume = "which volume? \"sandbox volume ls\" lists them";

    public static IReadOnlyList<Command> All { get; } =
    [
        new()
        {
            Name = "volume create",
            Arguments = "NAME...",
            Fewest = 1,
            Most = int.MaxValue,
            Question = "under which name?",
            Summary = "Make empty volumes that jobs can write to",
            Details = "One that is there already stays as it is.",
            Examples = ["sandbox volume create cache", "sandbox run -v cache:/cache -- make"],
            Run = arguments => NamedThings.ForEach(arguments.Words, static name =>
            {
                _ = new VolumeStore().CreateAsync(name).Now();
                StandardStreams.WriteOutput(name);
            }),
        },
        new()
        {
            Name = "volume ls",
            Summary = "List the volumes of this user",
            Options = [CommandOption.Json],
            Examples = ["sandbox volume ls"],
            Run = arguments => List(arguments.Has("json")),
        },
        new()
        {
            Name = "volume inspect",
            Arguments = "NAME",
            ArgumentKind = ValueKind.Volume,
            Fewest = 1,
            Most = 1,
            Question = WhichVolume,
            Summary = "Print where a volume is and what it takes, as JSON",
            Examples = ["sandbox volume inspect cache"],
            Run = arguments => Inspect(arguments.Words[0]),
        },
        new()
        {
            Name = "volume rm",
            Arguments = "NAME...",
            ArgumentKind = ValueKind.Volume,
            Fewest = 1,
            Most = int.MaxValue,
            Question = WhichVolume,
            Summary = "Remove volumes with all that is in them",
            Details = "A volume that a job is using is not removed.",
            Examples = ["sandbox volume rm cache"],
            Run = arguments => NamedThings.ForEach(arguments.Words, static name => new VolumeStore().RemoveAsync(name).Now()),
        },
        new()
        {
            Name = "volume prune",
            Summary = "List the volumes that no job uses, or remove them with all that is in them",
            Options = [new() { Name = "force", Letter = 'f', Help = "remove them" }],
            Examples = ["sandbox volume prune", "sandbox volume prune --force"],
            Run = arguments => Prune(arguments.Has("force")),
        },
    ];

    private static int List(bool json) => NamedThings.Try(() =>
    {
        var volumes = new VolumeStore().ListAsync().Now();
        if (json)
        {
            StandardStreams.WriteOutput(NamedThings.Json(writer =>
            {
                writer.WriteStartArray();
                foreach (var volume in volumes)
                {
                    Write(writer, volume, null);
                }

                writer.WriteEndArray();
            }));
            return ExitStatus.Ok;
        }

        foreach (var volume in volumes)
        {
            StandardStreams.WriteOutput(string.Create(CultureInfo.InvariantCulture, $"{volume.Name} {volume.CreatedAt:yyyy-MM-ddTHH:mm:ssZ}{(volume.InUse ? " in use" : "")}"));
        }

        return ExitStatus.Ok;
    });

    private static int Inspect(string name) => NamedThings.Try(() =>
    {
        var store = new VolumeStore();
        if (store.FindAsync(name).Now() is not { } volume)
        {
            Diagnostics.Write($"there is no volume {DisplayText.Quote(name)}: \"sandbox volume ls\" lists those that are there");
            return ExitStatus.NotOk;
        }

        var size = store.MeasureAsync(name).Now();
        StandardStreams.WriteOutput(NamedThings.Json(writer => Write(writer, volume, size)));
        return ExitStatus.Ok;
    });

    private static int Prune(bool force) => NamedThings.Try(() =>
    {
        var store = new VolumeStore();
        var names = force ? store.PruneAsync().Now() : [.. store.ListAsync().Now().Where(static volume => !volume.InUse).Select(static volume => volume.Name)];
        foreach (var name in names)
        {
            StandardStreams.WriteOutput(force ? $"removed {name}" : name);
        }

        if (!force && names.Count > 0)
        {
            Diagnostics.Write("nothing was removed: --force removes these volumes with all that is in them");
        }

        return ExitStatus.Ok;
    });

    private static void Write(Utf8JsonWriter json, ListedVolume volume, VolumeSize? size)
    {
        json.WriteStartObject();
        json.WriteString("name", volume.Name);
        json.WriteString("path", volume.Path);
        json.WriteString("createdAt", volume.CreatedAt.UtcDateTime);
        json.WriteBoolean("inUse", volume.InUse);
        if (size is not null)
        {
            json.WriteNumber("bytes", size.Bytes);
            json.WriteNumber("files", size.Files);
            json.WriteBoolean("whole", size.IsWhole);
        }

        json.WriteEndObject();
    }
}
