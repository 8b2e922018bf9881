using System.Buffers;
using ConsoleAppFramework;
using Sandbox.Execution;
using Sandbox.Images;
using Sandbox.Planning;

namespace Sandbox.Cli;

// Digests and lists go to stdout, everything that is only worth knowing to stderr, so that a script can use what is printed.
// rm frees what it can at once, as docker's users expect.

/// <summary><c>sandbox image</c>: the container images that jobs can have as their root.</summary>
internal static class ImageCommands
{
    /// <summary>Import a container image: an archive of docker save or docker export, or an OCI layout. Prints its digest.</summary>
    /// <param name="file">The archive (tar, perhaps gzip or zstd) or the folder; - reads an archive from stdin.</param>
    /// <param name="name">Name for the image, perhaps with a tag, instead of those in the archive, or of its file.</param>
    public static int Import([Argument] string file, string? name = null) => Guard(() =>
    {
        if (file == "-" && StandardStreams.IsClosed(0))
        {
            Diagnostics.Write("there is no stdin to read an image from: it is closed");
            return ExitStatus.Usage;
        }

        if (file.Length == 0)
        {
            Diagnostics.Write("image import: a file has a name, which is not empty");
            return ExitStatus.Usage;
        }

        var store = ImageStore.Of();
        var images = file == "-" ? store.Import(StandardStreams.Input, "<stdin>", name) : store.Import(file, name);
        foreach (var image in images)
        {
            StandardStreams.WriteOutput(image.Digest);
            Tell(image);
        }

        return ExitStatus.Ok;
    });

    /// <summary>List the images, those used last first.</summary>
    /// <param name="json">Print JSON.</param>
    /// <param name="names">Print the names only.</param>
    public static int List(bool json = false, bool names = false) => Guard(() =>
    {
        var images = ImageStore.Of().List();
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

    /// <summary>Remove images, by names or digests, and free what nothing else needs. An image that a job runs in stays.</summary>
    /// <param name="images">Names, or digests of at least eight digits.</param>
    public static int Remove([Argument] params string[] images)
    {
        if (images.Length == 0)
        {
            Diagnostics.Write("which image? \"sandbox image ls\" lists them");
            return ExitStatus.Usage;
        }

        var worst = ExitStatus.Ok;
        foreach (var image in images)
        {
            worst = Math.Max(worst, Guard(() => Remove(image)));
        }

        return Math.Max(worst, Guard(() =>
        {
            Tell(ImageStore.Of().Collect(), evenIfNothing: false);
            return ExitStatus.Ok;
        }));
    }

    /// <summary>Free what no image needs and what crashes have left; nothing that is in use or being imported.</summary>
    public static int Collect() => Guard(() =>
    {
        Tell(ImageStore.Of().Collect(), evenIfNothing: true);
        return ExitStatus.Ok;
    });

    private static int Remove(string image)
    {
        var removal = ImageStore.Of().Remove(image);
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
            Diagnostics.Write($"a name in the archive was left out, because no image can have it: {Words.Quote(name)}");
        }

        if (image.SkippedDevices > 0)
        {
            Diagnostics.Write($"{Count(image.SkippedDevices, "device node")} below /dev left out: a job gets a /dev of its own");
        }
    }

    private static void Tell(Collection freed, bool evenIfNothing)
    {
        if (freed.Layers + freed.Leftovers > 0 || evenIfNothing)
        {
            StandardStreams.WriteOutput($"freed {Amount.Bytes(freed.Bytes)} in {Count(freed.Layers, "layer")}, and {Count(freed.Leftovers, "leftover")} of interrupted imports");
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
