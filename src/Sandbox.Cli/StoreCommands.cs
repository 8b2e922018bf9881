using System.Globalization;
using System.Text.Json;

namespace Sandbox.Cli;

/// <summary><c>sandbox store</c>: the files that jobs name by their SHA-256.</summary>
internal static class StoreCommands
{
    private static readonly CommandOption s_maxSize =
        new()
        {
            Name = "max-size",
            Value = "SIZE",
            Help = "the maximum size of the store; the files unused for longest make room (SANDBOX_STORE_SIZE, otherwise 10GiB)",
        };

    public static IReadOnlyList<Command> All { get; } =
    [
        new()
        {
            Name = "store put",
            Arguments = "FILE...",
            ArgumentKind = ValueKind.File,
            Fewest = 1,
            Most = int.MaxValue,
            Question = "which file?",
            Summary = "Put files into the store and print their names",
            Details = "FILE is a file of the host; \"-\" reads stdin.",
            Options = [s_maxSize],
            Examples = ["sandbox store put tests/*.in", "make-input | sandbox store put -"],
            Run = arguments => Put(arguments.Value("max-size"), arguments.Words),
        },
        new()
        {
            Name = "store ls",
            Summary = "List the files in the store, the most recently used last",
            Options = [CommandOption.Json],
            Examples = ["sandbox store ls"],
            Run = arguments => List(arguments.Has("json")),
        },
        new()
        {
            Name = "store gc",
            Summary = "Remove damaged files, and those unused for longest until the store is small enough",
            Details = "A file that a running job uses is not removed.",
            Options = [s_maxSize],
            Examples = ["sandbox store gc --max-size 1GiB"],
            Run = arguments => Collect(arguments.Value("max-size")),
        },
        new()
        {
            Name = "store rm",
            Arguments = "NAME...",
            ArgumentKind = ValueKind.Stored,
            Fewest = 1,
            Most = int.MaxValue,
            Question = "which file? \"sandbox store ls\" lists them",
            Summary = "Remove files from the store",
            Examples = ["sandbox store rm sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
            Run = arguments => ForEach(arguments.Words, (store, digest) => store.RemoveAsync(digest).Now()),
        },
        new()
        {
            Name = "store verify",
            Arguments = "[NAME]...",
            ArgumentKind = ValueKind.Stored,
            Most = int.MaxValue,
            Summary = "Read files, all of them by default, and compare their content with their names",
            Examples = ["sandbox store verify"],
            Run = arguments => Verify(arguments.Words),
        },
    ];

    private static int Put(string? maxSize, IReadOnlyList<string> files)
    {
        if (files.Contains(""))
        {
            Diagnostics.Write("store put: the name of the file must not be empty");
            return ExitStatus.Usage;
        }

        return NamedThings.Try(() =>
        {
            var store = Store(maxSize);
            foreach (var file in files)
            {
                if (file == "-")
                {
                    StandardStreams.TellIfTerminal("a file");
                }

                var stored = (file == "-" ? store.PutFromAsync(StandardStreams.Input, "stdin") : store.PutAsync(file)).Now();
                StandardStreams.WriteOutput($"{FileStore.NamePrefix}{stored.Sha256}  {DisplayText.QuoteWhole(file)}");
            }

            _ = store.PruneAsync().Now();
            return ExitStatus.Ok;
        });
    }

    private static int List(bool asJson) => NamedThings.Try(() =>
    {
        var files = new FileStore().ListAsync().Now();
        if (asJson)
        {
            StandardStreams.WriteOutput(NamedThings.Json(json => Write(json, files)));
            return ExitStatus.Ok;
        }

        foreach (var file in files)
        {
            StandardStreams.WriteOutput(string.Create(
                CultureInfo.InvariantCulture,
                $"{FileStore.NamePrefix}{file.Sha256} {file.Bytes,12} {file.UsedAt:yyyy-MM-ddTHH:mm:ssZ}{(file.InUse ? " in use" : "")}"));
        }

        return ExitStatus.Ok;
    });

    private static int Collect(string? maxSize) => NamedThings.Try(() =>
    {
        var store = Store(maxSize);
        foreach (var file in store.PruneAsync().Now())
        {
            StandardStreams.WriteOutput($"removed {FileStore.NamePrefix}{file.Sha256}");
        }

        if (store.RemoveDamagedAsync().Now() is > 0 and var damaged)
        {
            StandardStreams.WriteOutput($"removed {damaged} damaged");
        }

        return ExitStatus.Ok;
    });

    private static int Verify(IReadOnlyList<string> names) => names.Count > 0
        ? ForEach(names, Check)
        : NamedThings.Try(() => ForEach([.. new FileStore().ListAsync().Now().Select(file => FileStore.NamePrefix + file.Sha256)], Check));

    private static void Check(FileStore store, string digest)
    {
        store.VerifyAsync(digest).Now();
        StandardStreams.WriteOutput($"{FileStore.NamePrefix}{digest}: ok");
    }

    private static int ForEach(IReadOnlyList<string> names, Action<FileStore, string> action) =>
        NamedThings.ForEach(names, name => action(new FileStore(), Digest(name)));

    private static string Digest(string name)
    {
        try
        {
            return FileStore.DigestOf(name);
        }
        catch (FormatException problem)
        {
            throw new FormatException($"{DisplayText.Quote(name)}: {problem.Message}", problem);
        }
    }

    private static FileStore Store(string? maxSize) => new() { MaxBytes = string.IsNullOrEmpty(maxSize) ? null : Size(maxSize) };

    // As the variable SANDBOX_STORE_SIZE has it.
    private static long Size(string text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        try
        {
            return Quantities.ParseSize(text);
        }
        catch (FormatException problem)
        {
            throw new FormatException("--max-size " + problem.Message, problem);
        }
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<StoredFile> files)
    {
        json.WriteStartArray();
        foreach (var file in files)
        {
            json.WriteStartObject();
            json.WriteString("name", FileStore.NamePrefix + file.Sha256);
            json.WriteNumber("bytes", file.Bytes);
            json.WriteString("usedAt", file.UsedAt.UtcDateTime);
            json.WriteBoolean("inUse", file.InUse);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
