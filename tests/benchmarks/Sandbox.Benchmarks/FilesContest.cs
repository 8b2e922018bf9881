using System.Diagnostics;
using System.Globalization;

namespace Sandbox.Benchmarks;

/// <summary>What it costs to give a job its files: an image as root, a thousand small files, a large one. Others do the same where they can.</summary>
internal static class FilesContest
{
    private const int SmallFiles = 1000;
    private const long LargeBytes = 1L << 30;
    private const string Image = "sandbox-bench:latest";

    /// <summary>Everybody that can take part here; why others cannot is among the problems.</summary>
    public static IReadOnlyList<Contender> Contenders(Bench bench, SandboxRunner runner, List<string> problems)
    {
        var tree = Unpack(bench);
        var large = LargeFile(bench);
        var digest = Output(bench.Sandbox, "store", "put", large).Split(' ')[0];
        Output(bench.Sandbox, "image", "import", bench.Path("image.tar"));
        var inImage = bench.Noop with { Command = ["/noop"], Mounts = [], Rootfs = new ImageRootfs { Reference = Image } };
        var texts = Enumerable.Range(0, SmallFiles).Select(number => Small(number, new InlineContent { Bytes = "1 2\n"u8.ToArray() }));
        var noDisk = bench.Noop.Limits with { DiskBytes = 2 * LargeBytes, FileSizeBytes = null, MemoryBytes = null };
        List<Contender> contenders =
        [
            new WarmContender("host root", "the default job", runner, bench.Noop),
            new WarmContender("image", "an image of five layers, read-only", runner, inImage),
            new WarmContender("image, writable", "the same, with changes in memory", runner, inImage with { Rootfs = new ImageRootfs { Reference = Image, Writable = true } }),
            new WarmContender("1,000 texts", "1,000 small files in the job", runner, bench.Noop with { Files = [.. texts] }),
            new WarmContender("1 GiB copied", "a file of the host, copied into the job", runner, bench.Noop with { Files = [Small(0, new FileContent { Path = large })], Limits = noDisk }),
            new WarmContender("1 GiB read-only", "the same, shown", runner, bench.Noop with { Files = [Small(0, new FileContent { Path = large }) with { ReadOnly = true }] }),
            new WarmContender("1 GiB stored", "the same from the store, checked once", runner, bench.Noop with { Files = [Small(0, new StoredContent { Sha256 = digest["sha256:".Length..] })] }),
            new CommandContender("exec, image", "a cold process per job, in the image",
                [bench.Path("measure"), CommandContender.CountWord, bench.Sandbox, "run", "--read-only", "--image", Image, "/noop"]),
            new CommandContender("bwrap, tree", "bubblewrap in the image's files, unpacked to a directory, no filter",
                [bench.Path("measure"), CommandContender.CountWord, "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv",
                    "--ro-bind", tree, "/", "/noop"]),
        ];
        if (Podman(bench, problems) is { } podman)
        {
            contenders.Add(podman);
        }

        return contenders;
    }

    private static InjectedFile Small(int number, Content content) =>
        new() { Path = string.Create(CultureInfo.InvariantCulture, $"/work/in/{number}"), Content = content };

    private static string Unpack(Bench bench)
    {
        var tree = bench.Path("tree");
        Directory.CreateDirectory(tree);
        for (var layer = 1; layer <= 5; layer++)
        {
            Output("sh", "-c", $"tar -xOf '{bench.Path("image.tar")}' layer{layer}.tar | tar -xC '{tree}'");
        }

        return tree;
    }

    private static string LargeFile(Bench bench)
    {
        var path = bench.Path("large");
        var block = new byte[1 << 20];
        new Random(1).NextBytes(block);
        using var file = File.Create(path);
        for (long written = 0; written < LargeBytes; written += block.Length)
        {
            file.Write(block);
        }

        return path;
    }

    // crun refuses where control groups of both versions are mounted, runc where there are none for the container.
    private static CommandContender? Podman(Bench bench, List<string> problems)
    {
        string[] image = ["--rm", "--network=none", "--read-only", "--pull=never", "localhost/" + Image, "/noop"];
        string[][] ways = [["run", "--cgroups=disabled", .. image], ["--runtime=runc", "run", .. image]];
        foreach (var way in ways)
        {
            try
            {
                if (way == ways[0])
                {
                    Output("podman", "load", "-q", "-i", bench.Path("image.tar"));
                }

                Output("podman", way);
                return new CommandContender("podman run", "rootless, the same image, no network, read-only", [bench.Path("measure"), CommandContender.CountWord, "podman", .. way]);
            }
            catch (Exception failure) when (failure is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                problems.Add($"podman {way[0]}: {failure.Message}");
            }
        }

        return null;
    }

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"cannot start {program}");
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {arguments[0]}: {errors.Result.Trim()}");
    }
}
