using System.Globalization;
using Sandbox.Hashing;
using Sandbox.Store;
using Sandbox.Text;

namespace Sandbox.Cli;

/// <summary><c>sandbox store</c>: the files that jobs name by their SHA-256.</summary>
internal static class StoreCommands
{
    private static readonly CommandOption s_maxSize =
        new("max-size", "SIZE", "what the store may have; files not used for long make room (SANDBOX_STORE_SIZE, else 10GiB)");

    public static IReadOnlyList<Command> All { get; } =
    [
        new()
        {
            Name = "store put",
            Arguments = "FILE...",
            Fewest = 1,
            Most = int.MaxValue,
            Question = "which file?",
            Summary = "Put files into the store and print their names",
            Details = "FILE is a file of the host; - reads stdin.",
            Options = [s_maxSize],
            Examples = ["sandbox store put tests/*.in", "make-input | sandbox store put -"],
            Run = arguments => Put(arguments.Value("max-size"), arguments.Words),
        },
        new()
        {
            Name = "store ls",
            Summary = "List the files of the store, the one used last at the end",
            Options = [new("json", null, "print JSON")],
            Examples = ["sandbox store ls"],
            Run = arguments => List(arguments.Has("json")),
        },
        new()
        {
            Name = "store gc",
            Summary = "Remove what was used longest ago until the store is small enough, and damaged files",
            Details = "What running jobs use stays.",
            Options = [s_maxSize],
            Examples = ["sandbox store gc --max-size 1GiB"],
            Run = arguments => Collect(arguments.Value("max-size")),
        },
        new()
        {
            Name = "store rm",
            Arguments = "NAME...",
            Fewest = 1,
            Most = int.MaxValue,
            Question = "which file? \"sandbox store ls\" lists them",
            Summary = "Remove files from the store",
            Examples = ["sandbox store rm sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
            Run = arguments => ForEach(arguments.Words, (store, digest) => store.Remove(digest)),
        },
        new()
        {
            Name = "store verify",
            Arguments = "[NAME...]",
            Most = int.MaxValue,
            Summary = "Read files and compare them with their names; without names, all of them",
            Examples = ["sandbox store verify"],
            Run = arguments => Verify(arguments.Words),
        },
    ];

    private static int Put(string? maxSize, IReadOnlyList<string> files)
    {
        if (files.Contains(""))
        {
            Diagnostics.Write("store put: a file has a name, which is not empty");
            return ExitStatus.Usage;
        }

        return Try(() =>
        {
            var size = StoreSize.Of(maxSize);
            var store = StoredFiles.Of(null);
            foreach (var file in files)
            {
                if (file == "-")
                {
                    StandardStreams.TellIfTerminal("a file");
                }

                var stored = file == "-"
                    ? store.Put(StandardStreams.Input, "stdin", size, CancellationToken.None)
                    : store.Put(Path.GetFullPath(file), size, CancellationToken.None);
                StandardStreams.WriteOutput($"{ObjectName.Prefix}{stored.Sha256}  {Words.QuoteWhole(file)}");
            }

            _ = store.Collect(size);
            return ExitStatus.Ok;
        });
    }

    private static int List(bool json) => Try(() =>
    {
        var files = StoredFiles.Of(null).List();
        if (json)
        {
            StandardStreams.WriteOutput(StoreJson.Write(files));
            return ExitStatus.Ok;
        }

        foreach (var file in files)
        {
            StandardStreams.WriteOutput(string.Create(
                CultureInfo.InvariantCulture,
                $"{ObjectName.Prefix}{file.Sha256} {file.Bytes,12} {file.UsedAt:yyyy-MM-ddTHH:mm:ssZ}{(file.InUse ? " in use" : "")}"));
        }

        return ExitStatus.Ok;
    });

    private static int Collect(string? maxSize) => Try(() =>
    {
        var store = StoredFiles.Of(null);
        foreach (var file in store.Collect(StoreSize.Of(maxSize)))
        {
            StandardStreams.WriteOutput($"removed {ObjectName.Prefix}{file.Sha256}");
        }

        if (store.RemoveDamaged() is > 0 and var damaged)
        {
            StandardStreams.WriteOutput($"removed {damaged} damaged");
        }

        return ExitStatus.Ok;
    });

    private static int Verify(IReadOnlyList<string> names) => names.Count > 0
        ? ForEach(names, Check)
        : Try(() => ForEach([.. StoredFiles.Of(null).List().Select(file => ObjectName.Prefix + file.Sha256)], Check));

    private static void Check(StoredFiles store, string digest)
    {
        store.Verify(digest, CancellationToken.None);
        StandardStreams.WriteOutput($"{ObjectName.Prefix}{digest}: ok");
    }

    // One that fails does not keep the others from their turn.
    private static int ForEach(IReadOnlyList<string> names, Action<StoredFiles, string> action) => Try(() =>
    {
        var store = StoredFiles.Of(null);
        var status = ExitStatus.Ok;
        foreach (var name in names)
        {
            var digest = name.StartsWith(ObjectName.Prefix, StringComparison.Ordinal) ? name[ObjectName.Prefix.Length..] : name;
            if (ObjectName.Problem(digest) is { } problem)
            {
                Diagnostics.Write($"{Words.Quote(name)}: {problem}");
                return ExitStatus.Usage;
            }

            try
            {
                action(store, digest);
            }
            catch (SandboxException failure)
            {
                Diagnostics.Write(failure);
                status = ExitStatus.NotOk;
            }
        }

        return status;
    });

    private static int Try(Func<int> action) => LastResort.Run(() =>
    {
        try
        {
            return action();
        }
        catch (ArgumentException misuse) when (misuse.ParamName is null && misuse.GetType() == typeof(ArgumentException))
        {
            Diagnostics.Write(misuse.Message);
            return ExitStatus.Usage;
        }
    });
}
