using System.Buffers;

namespace Sandbox.Cli;

// Digests and lists go to stdout, everything that is only worth knowing to stderr, so that a script can use what is printed.
// rm frees what it can at once, as docker's users expect.

/// <summary><c>sandbox image</c>: the container images that jobs can have as their root.</summary>
internal static class ImageCommands
{
    public static IReadOnlyList<Command> All { get; } =
    [
        new()
        {
            Name = "image import",
            Arguments = "FILE",
            ArgumentKind = ValueKind.File,
            Fewest = 1,
            Most = 1,
            Question = "which archive?",
            Summary = "Import an image from an archive or a directory, and print its digest",
            Details = """
                FILE is an archive that "docker save", "docker export", "podman save" or "skopeo copy" wrote (tar, also compressed with gzip or
                zstd), or the directory of an OCI layout. "-" reads an archive from stdin. Nothing is fetched from a registry.
                """,
            Options = [new() { Name = "name", Value = "NAME[:TAG]", Help = "the name of the image, instead of those in the archive or of its file" }],
            Examples =
            [
                "docker save debian:12 | sandbox image import -",
                "skopeo copy docker://debian:12 docker-archive:debian.tar:debian:12 && sandbox image import debian.tar",
            ],
            Run = arguments => Import(arguments.Words[0], arguments.Value("name")),
        },
        new()
        {
            Name = "image ls",
            Summary = "List the images, the most recently used first",
            Options = [CommandOption.Json, new() { Name = "names", Help = "print only the names" }],
            Examples = ["sandbox image ls"],
            Run = arguments => List(arguments.Has("json"), arguments.Has("names")),
        },
        new()
        {
            Name = "image rm",
            Arguments = "IMAGE...",
            ArgumentKind = ValueKind.Image,
            Fewest = 1,
            Most = int.MaxValue,
            Question = "which image? \"sandbox image ls\" lists them",
            Summary = "Remove images, and the layers that no other image needs",
            Details = "IMAGE is a name, or at least eight digits of a digest. An image that a job is using is not removed.",
            Examples = ["sandbox image rm debian:12"],
            Run = arguments => Remove(arguments.Words),
        },
        new()
        {
            Name = "image gc",
            Summary = "Remove layers that no image needs, and what interrupted imports left behind",
            Details = "Nothing that is in use or being imported is removed.",
            Examples = ["sandbox image gc"],
            Run = _ => Collect(),
        },
    ];

    private static int Import(string file, string? name) => Guard(() =>
    {
        if (file == "-" && StandardStreams.IsClosed(0))
        {
            Diagnostics.Write("cannot read an image from stdin: it is closed");
            return ExitStatus.Usage;
        }

        if (file.Length == 0)
        {
            Diagnostics.Write("image import: the name of the file must not be empty");
            return ExitStatus.Usage;
        }

        if (file == "-")
        {
            StandardStreams.TellIfTerminal("an archive");
        }

        var store = new ImageStore();
        var images = (file == "-" ? store.ImportFromAsync(StandardStreams.Input, "<stdin>", name) : store.ImportAsync(file, name)).Now();
        foreach (var image in images)
        {
            StandardStreams.WriteOutput(image.Digest);
            Tell(image);
        }

        return ExitStatus.Ok;
    });

    private static int List(bool json, bool names) => Guard(() =>
    {
        var images = new ImageStore().ListAsync().Now();
        if (json)
        {
            var text = new ArrayBufferWriter<byte>();
            ImageTable.Write(text, images);
            StandardStreams.WriteOutput(text.WrittenSpan);
            return ExitStatus.Ok;
        }

        var lines = names ? images.SelectMany(image => image.Names) : ImageTable.Lines(images, TimeProvider.System.GetUtcNow());
        foreach (var line in lines)
        {
            StandardStreams.WriteOutput(line);
        }

        return ExitStatus.Ok;
    });

    private static int Remove(IReadOnlyList<string> images)
    {
        var worst = ExitStatus.Ok;
        foreach (var image in images)
        {
            worst = Math.Max(worst, Guard(() => Remove(image)));
        }

        return Math.Max(worst, Guard(() =>
        {
            Tell(new ImageStore().PruneAsync().Now(), evenIfNothing: false);
            return ExitStatus.Ok;
        }));
    }

    private static int Collect() => Guard(() =>
    {
        Tell(new ImageStore().PruneAsync().Now(), evenIfNothing: true);
        return ExitStatus.Ok;
    });

    private static int Remove(string image)
    {
        var removal = new ImageStore().RemoveAsync(image).Now();
        foreach (var name in removal.Names)
        {
            StandardStreams.WriteOutput("untagged " + name);
        }

        if (removal.Digest is { } digest)
        {
            StandardStreams.WriteOutput("removed " + digest);
        }

        return ExitStatus.Ok;
    }

    private static void Tell(ImportedImage image)
    {
        foreach (var name in image.RefusedNames)
        {
            Diagnostics.Write($"a name in the archive was left out, because no image can have it: {DisplayText.Quote(name)}");
        }

        if (image.SkippedDevices > 0)
        {
            Diagnostics.Write($"{Count(image.SkippedDevices, "device node")} below /dev left out: a job has its own /dev");
        }
    }

    private static void Tell(PrunedImages freed, bool evenIfNothing)
    {
        if (freed.Layers + freed.Leftovers > 0 || evenIfNothing)
        {
            StandardStreams.WriteOutput($"freed {DisplayText.Bytes(freed.Bytes)} in {Count(freed.Layers, "layer")}, and {Count(freed.Leftovers, "leftover")} of interrupted imports");
        }
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    // What was asked for is wrong: 2. What the host refuses: 3.
    private static int Guard(Func<int> command) => LastResort.Run(() =>
    {
        try
        {
            return command();
        }
        catch (SandboxException failure) when (failure is InvalidImageException or UnknownImageException)
        {
            Diagnostics.Write(failure);
            return ExitStatus.Usage;
        }
    });
}
