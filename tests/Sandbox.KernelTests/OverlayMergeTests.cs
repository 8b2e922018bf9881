using System.Runtime.InteropServices;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What is read of layers without mounting them is what the kernel shows of them.</summary>
public sealed partial class OverlayMergeTests : ImageTest
{
    private static readonly string[] s_kinds = ["nothing", "device", "device-above", "marked", "marked-said", "marked-full", "opaque", "opaque-else", "trusted", "file-above"];

    [KernelFact(tool: "busybox")]
    public async Task A_job_sees_what_the_host_reads_and_its_changes_are_of_what_it_saw()
    {
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base(), BusyboxImage.Layer(BusyboxImage.Text("merge/kind", "")));
        var kinds = s_kinds.Where(IsKnown).ToArray();
        string[] read;
        using (var image = Images.Open(Archive))
        {
            foreach (var kind in kinds)
            {
                Cover(kind, $"{image.Layers[0]}/merge/{kind}", $"{image.Layers[1]}/merge/{kind}");
            }

            read = [.. kinds.Where(kind => image.ReadFile($"/merge/{kind}/d/file") is not null).Order(StringComparer.Ordinal)];
        }

        var script = "cd /merge; for kind in *; do test -e $kind/d/file && echo $kind; (busybox mkdir -p $kind/d; echo new > $kind/d/file) 2>/dev/null; done; true";
        var result = await RunStoredAsync(Writable(Shell(Archive, script)) with { Diff = new DiffSpec() });

        AssertVerdict(Verdict.Ok, result);
        Assert.Equal(read, Out(result).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        Assert.Equal(read, kinds.Where(kind => ChangeOf(result, kind) == DiffChange.Changed).Order(StringComparer.Ordinal));
        Assert.Equal(kinds.Except(read).Except(["file-above"]), kinds.Where(kind => ChangeOf(result, kind) == DiffChange.Created));
        Assert.Contains("nothing", read);
        Assert.DoesNotContain("device", read);
    }

    private static DiffChange? ChangeOf(JobResult result, string kind) =>
        result.Diff!.Entries.FirstOrDefault(entry => entry.Path == $"/merge/{kind}/d/file")?.Change;

    // Files that stand for what is not there came with Linux 6.7; only real root may set an attribute of the trusted kind.
    private static bool IsKnown(string kind) => kind switch
    {
        "marked" or "marked-said" => Environment.OSVersion.Version >= new Version(6, 7),
        "trusted" => Libc.EffectiveUid() == 0,
        _ => true,
    };

    private static void Cover(string kind, string top, string low)
    {
        System.IO.Directory.CreateDirectory(low + "/d");
        File.WriteAllText(low + "/d/file", "low");
        System.IO.Directory.CreateDirectory(kind is "device-above" or "file-above" ? top : top + "/d");
        switch (kind)
        {
            case "device" or "device-above":
                Assert.Equal(0, MakeNode(top + (kind == "device" ? "/d/file" : "/d"), 0x2000, 0));
                break;
            case "marked" or "marked-said" or "marked-full":
                File.WriteAllText(top + "/d/file", kind == "marked-full" ? "top" : "");
                Mark(top + "/d/file", "user.overlay.whiteout", "y");
                if (kind == "marked-said")
                {
                    Mark(top + "/d", "user.overlay.opaque", "x");
                }

                break;
            case "opaque" or "opaque-else" or "trusted":
                Mark(top + "/d", kind == "trusted" ? "trusted.overlay.opaque" : "user.overlay.opaque", kind == "opaque-else" ? "n" : "y");
                break;
            case "file-above":
                File.WriteAllText(top + "/d", "");
                break;
        }
    }

    private static void Mark(string path, string name, string value) => Assert.Equal(0, SetAttribute(path, name, value, value.Length, 0));

    [LibraryImport("libc", EntryPoint = "mknod", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeNode(string path, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "setxattr", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetAttribute(string path, string name, string value, nint size, int flags);
}
