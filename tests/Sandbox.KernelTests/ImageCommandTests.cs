using System.Formats.Tar;
using Sandbox.Images;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>The store of images through the command, and its layers under the kernel's overlayfs.</summary>
public sealed class ImageCommandTests : KernelTest
{
    private string Archive => Directory + "/image.tar";

    private string Store => Directory + "/store";

    [KernelFact(tool: "busybox")]
    public async Task An_image_comes_is_listed_and_goes()
    {
        var digest = BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base());

        var import = await ImageAsync("import $JOB");
        var list = await ImageAsync("ls");
        var remove = await ImageAsync("rm box:1");
        var after = await ImageAsync("ls --names");

        Assert.Equal((0, digest + "\n", ""), (import.ExitStatus, import.Stdout, import.Stderr));
        Assert.Matches($"box:1 +{digest[7..19]} +1 +.*MiB", list.Stdout);
        Assert.Contains("untagged box:1\nremoved " + digest, remove.Stdout, StringComparison.Ordinal);
        Assert.Contains("in 1 layer,", remove.Stdout, StringComparison.Ordinal);
        Assert.Equal("", after.Stdout);
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(Store + "/images/layers"));
    }

    [KernelFact(tool: "busybox")]
    public async Task Eight_processes_import_one_image_at_once()
    {
        var digest = BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base());

        var run = await ImageAsync("import $JOB & for i in 1 2 3 4 5 6 7; do \"$SANDBOX\" image import $JOB & done; wait");

        Assert.Equal(string.Concat(Enumerable.Repeat(digest + "\n", 8)), run.Stdout);
        Assert.Equal("", run.Stderr);
        Assert.Single(System.IO.Directory.GetFileSystemEntries(Store + "/images/layers"));
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(Store + "/images/passing"));
    }

    [KernelFact(Needs.NativeKernel)]
    public async Task An_import_that_is_killed_leaves_what_gc_frees_and_nothing_else()
    {
        BusyboxImage.Save(Archive, "big:1", BusyboxImage.Layer(BusyboxImage.Text("first", "1"), BusyboxImage.Text("big", new string('x', 256 << 20))));

        var killed = await ImageAsync("import $JOB & until ls $SANDBOX_STORE/images/passing/*/tree/big 2>/dev/null; do :; done; kill -9 $!; wait $!");
        var freed = await ImageAsync("gc");
        var again = await ImageAsync("import $JOB");

        Assert.Equal(137, killed.ExitStatus);
        Assert.Equal("freed 0 bytes in 0 layers, and 1 leftover of interrupted imports\n", freed.Stdout);
        Assert.Equal(0, again.ExitStatus);
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(Store + "/images/passing"));
    }

    [KernelFact]
    public async Task What_is_wrong_with_an_image_is_status_2_and_what_the_host_refuses_3()
    {
        BusyboxImage.Save(Archive, "evil:1", BusyboxImage.Layer(new PaxTarEntry(TarEntryType.SymbolicLink, "etc") { LinkName = "/etc" }, BusyboxImage.Text("etc/passwd", "x")));

        var hostile = await ImageAsync("import $JOB");
        var unknown = await ImageAsync("rm nothing");
        var refused = await CommandRun.ShellAsync("SANDBOX_STORE=/proc/nowhere \"$SANDBOX\" image import $JOB", Archive, Cancellation);

        Assert.Equal((2, ""), (hostile.ExitStatus, hostile.Stdout));
        Assert.Contains("entry etc/passwd lies below etc, which is a symbolic link in this layer", hostile.Stderr, StringComparison.Ordinal);
        Assert.Equal(2, unknown.ExitStatus);
        Assert.Equal(3, refused.ExitStatus);
        Assert.Contains("/proc/nowhere", refused.Stderr, StringComparison.Ordinal);
    }

    [KernelFact(tool: "busybox")]
    public async Task The_kernel_shows_the_layers_as_the_image_means_them()
    {
        var top = BusyboxImage.Layer(BusyboxImage.Text("etc/.wh.gone", ""), BusyboxImage.Text("opt/.wh..wh..opq", ""), BusyboxImage.Text("opt/.wh.old", ""), BusyboxImage.Text("opt/new", "new\n"));
        BusyboxImage.Save(Archive, "box:1", BusyboxImage.Base(), top);
        using var image = new UnpackedImages(Store + "/images").Open(Archive);
        var mount = $"mount -t overlay overlay -o userxattr,lowerdir={string.Join(':', image.Layers)} {Directory}/root";
        System.IO.Directory.CreateDirectory(Directory + "/root");

        var run = await CommandRun.ShellAsync($"unshare --user --map-root-user --mount sh -c '{mount} && cd {Directory}/root && ls etc opt && bin/cat opt/new'", "", Cancellation);

        Assert.Equal("etc:\npasswd\n\nopt:\nnew\nnew\n", run.Stdout);
        Assert.Equal((1000U, 1000U), image.User());
    }

    private Task<CommandRun> ImageAsync(string arguments) =>
        CommandRun.ShellAsync($"export SANDBOX_STORE={Store}; \"$SANDBOX\" image {arguments}", Archive, Cancellation);
}
