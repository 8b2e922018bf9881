using System.Globalization;
using ConsoleAppFramework;
using Sandbox.Planning;
using Sandbox.Store;

namespace Sandbox.Cli;

/// <summary><c>sandbox store</c>: the files that jobs name by their SHA-256.</summary>
internal static class StoreCommands
{
    /// <summary>Put files into the store and print their names; - is stdin.</summary>
    /// <param name="files">The files; - reads stdin.</param>
    /// <param name="maxSize">What the store may have; files not used for long make room. Default: SANDBOX_STORE_SIZE, else 10GiB.</param>
    public static int Put(string? maxSize = null, [Argument] params string[] files)
    {
        if (files.Length == 0)
        {
            Diagnostics.Write("store put: which file?");
            return ExitStatus.Usage;
        }

        if (Array.Exists(files, file => file.Length == 0))
        {
            Diagnostics.Write("store put: a file has a name, which is not empty");
            return ExitStatus.Usage;
        }

        // The framework takes everything after the first file for a file; one whose name begins with a dash comes as ./-name.
        if (Array.Find(files, file => file.Length > 1 && file[0] == '-') is { } option)
        {
            Diagnostics.Write($"store put: {Words.Quote(option)} must come before the files; a file of that name is written {Words.Quote("./" + option)}");
            return ExitStatus.Usage;
        }

        return Try(() =>
        {
            var size = StoreSize.Of(maxSize);
            var store = FileStore.Of(null);
            foreach (var file in files)
            {
                var stored = file == "-"
                    ? store.Put(StandardStreams.Input, "stdin", size, CancellationToken.None)
                    : store.Put(Path.GetFullPath(file), size, CancellationToken.None);
                StandardStreams.WriteOutput($"{ObjectName.Prefix}{stored.Sha256}  {Words.QuoteWhole(file)}");
            }

            _ = store.Collect(size);
            return ExitStatus.Ok;
        });
    }

    /// <summary>List the files of the store, the one used last at the end.</summary>
    /// <param name="json">Print JSON.</param>
    public static int List(bool json = false) => Try(() =>
    {
        var files = FileStore.Of(null).List();
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

    /// <summary>Remove the files that were used longest ago, until the store is small enough, and damaged ones; what running jobs use stays.</summary>
    /// <param name="maxSize">What the store may have. Default: SANDBOX_STORE_SIZE, else 10GiB.</param>
    public static int Collect(string? maxSize = null) => Try(() =>
    {
        var store = FileStore.Of(null);
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

    /// <summary>Remove files from the store.</summary>
    /// <param name="names">Their names, sha256:….</param>
    public static int Remove([Argument] params string[] names) => ForEach(names, (store, digest) => store.Remove(digest));

    /// <summary>Read files of the store and compare them with their names; without names, all of them.</summary>
    /// <param name="names">Their names, sha256:….</param>
    public static int Verify([Argument] params string[] names) => names.Length > 0
        ? ForEach(names, Check)
        : Try(() => ForEach([.. FileStore.Of(null).List().Select(file => ObjectName.Prefix + file.Sha256)], Check));

    private static void Check(FileStore store, string digest)
    {
        store.Verify(digest, CancellationToken.None);
        StandardStreams.WriteOutput($"{ObjectName.Prefix}{digest}: ok");
    }

    // One that fails does not keep the others from their turn.
    private static int ForEach(string[] names, Action<FileStore, string> action) => Try(() =>
    {
        var store = FileStore.Of(null);
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
